import dataclasses
import os
import subprocess
import sys

import pytest

import eikona as library
from eikona.apps.cli.options import amount, amount_text
from eikona.domain.limits import Limits
from tests.integration import bad_input
from tests.integration.command_line import COMMAND, ENVIRONMENT, eikona, eikona_json

COMMANDS = ["hash", "compare", "demo"]


def test_help_lists_the_commands():
    ended = eikona("--help")
    assert ended.status == 0
    for command in COMMANDS:
        assert command in ended.text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_has_an_example(command):
    ended = eikona(command, "--help")
    assert ended.status == 0
    assert f"Example: eikona {command} " in ended.text
    assert "--format" in ended.text


@pytest.mark.parametrize("command", ["hash", "compare"])
def test_every_limit_that_a_message_may_name_is_an_option(command):
    offered = eikona(command, "--help").text
    names = [field.name for field in dataclasses.fields(Limits)]
    for name in (*names, "timeout", "max_memory_mb"):
        assert f"--{name.replace('_', '-')} " in offered


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--max-bytes", "100", "too_many_bytes"),
        ("--max-pixels", "100", "too_many_pixels"),
        ("--max-frames", "2", "too_many_frames"),
        ("--max-animation-pixels", "1k", "animation_too_large"),
    ],
)
def test_limits_bind(tmp_path, option, value, code):
    first, *rest = (bad_input.picture(seed) for seed in range(4))
    path = tmp_path / "a.gif"
    first.save(path, save_all=True, append_images=rest, duration=40)
    _, (record,) = eikona_json("hash", path, "--frames", option, value)
    assert record["error"]["code"] == code
    if option != "--max-animation-pixels":  # compare reads one frame
        _, records = eikona_json("compare", path, path, option, value)
        assert [one["error"]["code"] for one in records] == [code, code]


NINES = "9" * 400


@pytest.mark.parametrize("command", ["hash", "compare"])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[
            ("--max-bytes", value)
            for value in (NINES, "9" * 19, "0", "-1", "nan", "_", "1__0", "1T")
        ],
        ("--max-pixels", NINES),
        ("--max-animation-pixels", NINES),
        *[("--timeout", value) for value in ("nan", "inf", "-inf", "1e999", "0", "-5", "soon")],
        *[("--max-memory-mb", value) for value in (NINES, "9" * 19, "nan", "255")],
        ("--max-frames", "0"),
        ("--jobs", "0"),
    ],
)
def test_limits_that_are_none_are_wrong_usage(tmp_path, command, option, value):
    picture = bad_input.save_picture(tmp_path / "a.png")
    assert eikona(command, picture, picture, f"{option}={value}").status == 2


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("50_000_000", 50_000_000),
        ("50MB", 50_000_000),
        ("1.5G", 1_500_000_000),
        (7, 7),
        ("2kpx", 2000),
    ],
)
def test_amounts(text, number):
    assert amount(text) == number
    assert amount(amount_text(number)) == number


def test_version():
    assert eikona("--version").text == f"eikona {library.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["dance"], ["--dance"]])
def test_wrong_usage(arguments):
    assert eikona(*arguments).status == 2


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], ("numpy", "PIL", "scipy", "multiprocessing.pool", "asyncio")),
        (["hash", "--help"], ("numpy", "PIL", "scipy", "asyncio")),
    ],
)
def test_nothing_heavy_is_imported_on_the_way(arguments, heavy):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:], *arguments],
        capture_output=True,
        env=ENVIRONMENT,
        text=True,
        check=True,
    )
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not imported & set(heavy)


def test_hashing_in_json_imports_no_rich(tmp_path):
    picture = bad_input.save_picture(tmp_path / "a.png")
    command = [*COMMAND[1:], "hash", str(picture), "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        capture_output=True,
        env=ENVIRONMENT,
        text=True,
        check=True,
    )
    assert "rich.console" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="closes streams in a POSIX shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_do_no_harm(tmp_path, closed):
    picture = bad_input.save_picture(tmp_path / "a.png")
    out = tmp_path / "out.jsonl"
    line = " ".join([*COMMAND, "hash", str(picture), "--output", str(out), closed])
    done = subprocess.run(
        ["/bin/sh", "-c", line], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert out.read_bytes().count(b"\n") == 1
    line = " ".join([*COMMAND, "hash", str(picture), closed])
    assert subprocess.run(["/bin/sh", "-c", line], env=ENVIRONMENT, check=False).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="asks a POSIX shell's completion")
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("eikona ha", {"hash"}),
        ("eikona hash --algorithm phash", {"phash", "phash256", "phash-mean"}),
        ("eikona compare --rule thr", {"threshold:"}),
        ("eikona hash --decode f", {"fast"}),
    ],
)
def test_shell_completion(typed, expected):
    words = typed.split()
    environment = {
        "_EIKONA_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
    }
    ended = eikona(environment=environment)
    assert set(ended.text.split()) == expected
