"""``./eikona``: a copy of it in a tiny project, with real interpreters, real pip and no network.

The project has a build backend of its own and its only dependency, ``brick``, is a wheel made here.
"""

import ast
import errno
import hashlib
import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "eikona"
version = "1"
"""

BACKEND = """
import pathlib, zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "eikona-1-py3-none-any.whl"
    files = {
        "eikona-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: eikona\\nVersion: 1\\n",
        "eikona-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nTag: py3-none-any\\n",
        "eikona-1.dist-info/entry_points.txt": "[console_scripts]\\neikona = program:main\\n",
        "eikona.pth": str(pathlib.Path("src").resolve()),
    }
    record = "".join(f"{path},,\\n" for path in [*files, "eikona-1.dist-info/RECORD"])
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        for path, text in {**files, "eikona-1.dist-info/RECORD": record}.items():
            wheel.writestr(path, text)
    return name
"""

PROGRAM = """
import json, os, sys
from importlib.metadata import version

def main():
    print(json.dumps({"arguments": sys.argv[1:], "cwd": os.getcwd(), "brick": version("brick")}))
    return int(sys.argv[2]) if sys.argv[2:] and sys.argv[2].isdigit() else 0
"""


@dataclass
class Project:
    """A checkout with the real bootstrap and a program that tells what reached it."""

    root: Path
    wheels: Path
    environment: dict[str, str] = field(default_factory=dict)

    def pin(self, version: str, *, digest: str | None = None) -> None:
        """Pin ``brick`` at ``version`` in both lists of packages, making its wheel."""
        wheel = self.wheels / f"brick-{version}-py3-none-any.whl"
        info = f"brick-{version}.dist-info"
        files = {
            f"brick_{version}.py": "",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: brick\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
        line = f"brick=={version} \\\n    --hash=sha256:{digest}\n"
        for level in ("run", "test"):
            (self.root / "requirements" / f"{level}.lock").write_text(line)

    def start(self, *arguments: str, **options) -> subprocess.Popen[str]:
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(
            [BASE_PYTHON, str(options.pop("script", self.root / "eikona")), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.environment, **options.pop("env", {})},
            cwd=options.pop("cwd", self.root),
            **options,
        )

    def run(
        self, *arguments: str, answer: str | None = None, **options
    ) -> subprocess.CompletedProcess[str]:
        if answer is not None:
            options["stdin"] = subprocess.PIPE
        with self.start(*arguments, **options) as process:
            out, err = process.communicate(answer, timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    @property
    def stamp(self) -> Path:
        return self.root / ".venv" / "eikona.stamp"

    @property
    def log(self) -> str:
        return (self.root / ".venv-setup.log").read_text()


def make_project(folder: Path) -> Project:
    root, wheels = folder / "checkout", folder / "wheels"
    for made in (root / "requirements", root / "src", wheels):
        made.mkdir(parents=True)
    shutil.copy2(ROOT / "eikona", root)
    shutil.copytree(
        ROOT / "tools" / "bootstrap",
        root / "tools" / "bootstrap",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "backend.py").write_text(BACKEND)
    (root / "src" / "program.py").write_text(PROGRAM)
    project = Project(root.resolve(), wheels)
    project.environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }
    project.pin("1")
    return project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that is set up; its tests leave it so."""
    project = make_project(tmp_path_factory.mktemp("ready"))
    done = project.run("hash")
    assert done.returncode == 0, done.stderr
    return project


def load_script() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("eikona_script", str(ROOT / "eikona"))
    spec = importlib.util.spec_from_loader("eikona_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("bootstrap.failures")


@pytest.fixture
def usage(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("bootstrap.usage")


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("bootstrap.checkout")


# the first run and those after it


def test_first_run_sets_up_and_hands_over(project: Project, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"  # settings that must not lead packages or modules astray
    elsewhere.mkdir()
    (elsewhere / "pip.py").write_text("raise SystemExit('not the pip that is meant')")
    astray = {"PIP_USER": "1", "PIP_TARGET": str(elsewhere), "PYTHONPATH": str(elsewhere)}

    done = project.run("hash", "3", "--flag", env=astray)

    assert done.returncode == 3
    said = json.loads(done.stdout)  # stdout is the program's alone
    assert said == {
        "arguments": ["hash", "3", "--flag"],
        "cwd": str(project.root),
        "brick": "1",
    }
    steps = [line for line in done.stderr.splitlines() if line.startswith("[")]
    assert steps == [
        "[1/3] Making the environment",
        "[2/3] Installing 1 packages",
        "[3/3] Installing Eikona",
    ]
    assert "--require-hashes" in project.log
    assert "Collecting" not in done.stderr
    assert [path.name for path in elsewhere.iterdir()] == ["pip.py"]


def test_second_run_touches_nothing(ready: Project) -> None:
    before = ready.log
    done = ready.run("hash", "4")
    assert (done.returncode, done.stderr) == (4, "")
    assert ready.log == before


def test_works_from_elsewhere_and_through_a_link(ready: Project, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(ready.root / "eikona")
    done = ready.run("hash", cwd=tmp_path, script=link)
    assert json.loads(done.stdout)["cwd"] == str(tmp_path.resolve())
    assert done.stderr == ""


def test_files_in_the_current_folder_do_not_pass_for_modules(
    ready: Project, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('hijacked')")
    assert ready.run("hash", cwd=tmp_path).returncode == 0


def test_up_runs_the_demonstration(ready: Project) -> None:
    done = ready.run("up", "--quick")
    assert json.loads(done.stdout)["arguments"] == ["demo", "--quick"]


def test_help_names_the_commands_and_those_of_the_program(ready: Project) -> None:
    done = ready.run()
    assert done.stdout.startswith("usage: ./eikona")
    assert json.loads(done.stdout.splitlines()[-1])["arguments"] == ["--help"]


def test_help_before_set_up_sets_nothing_up(project: Project) -> None:
    done = project.run("--help")
    assert done.returncode == 0
    assert "uninstall" in done.stdout
    assert not (project.root / ".venv").exists()


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["up", "--help"], "usage: ./eikona up "),
        (["up", "-h"], "usage: ./eikona up "),
        (["test", "--help"], "usage: ./eikona test "),
        (["check", "--help"], "usage: ./eikona check\n"),
        (["uninstall", "--help"], "usage: ./eikona uninstall "),
        (["--version"], "eikona 1\n"),
    ],
)
def test_asking_sets_nothing_up(project: Project, arguments: list[str], says: str) -> None:
    before = files(project.root)
    done = project.run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(says)
    assert files(project.root) == before


def test_help_of_up_is_its_own_when_ready_too(ready: Project) -> None:
    assert ready.run("up", "--help").stdout.startswith("usage: ./eikona up ")
    assert json.loads(ready.run("--version").stdout)["arguments"] == ["--version"]


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["hash", "--help"], ["--install-completion"], ["exit", "--now"]]
)
def test_what_needs_the_program_is_told_how_to_get_it(
    project: Project, arguments: list[str]
) -> None:
    before = files(project.root)
    done = project.run(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    asked = " ".join(arguments)
    said = f"eikona: {asked} needs the installed program, which ./eikona up sets up.\n"
    assert done.stderr == said
    assert files(project.root) == before


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("chek", "check"),
        ("tests", "test"),
        ("unistall", "uninstall"),
        ("hsah", "hash"),
        ("install", "up"),  # and not the nearest word, uninstall
    ],
)
def test_mistyped_commands_get_a_suggestion(project: Project, word: str, command: str) -> None:
    done = project.run(word)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"did you mean ./eikona {command}?\n")
    assert not (project.root / ".venv").exists()


def test_check_refuses_arguments_before_it_sets_up(project: Project) -> None:
    done = project.run("check", "src")
    assert (done.returncode, done.stderr[:22]) == (2, "usage: ./eikona check\n")
    assert not (project.root / ".venv").exists()


def test_the_program_has_the_commands_that_may_set_up(usage: ModuleType) -> None:
    commands = importlib.import_module("eikona.apps.cli.commands")
    names = [command.name for command in commands.app.registered_commands]
    names += [group.typer_instance.info.name for group in commands.app.registered_groups]
    assert sorted(names) == sorted(usage.PROGRAM_COMMANDS)


# shell completion


def completing(line: str, shell: str = "complete_bash") -> dict[str, str]:
    """Return what a shell's completion function sets at the end of ``line``."""
    words = line.split(" ")
    return {
        "_EIKONA_COMPLETE": shell,
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("./eikona ", ["up", "test", "check", "uninstall"]),
        ("./eikona u", ["up", "uninstall"]),
        ("./eikona hash --f", []),
        ("./eikona test ", []),
    ],
)
def test_completion_sets_nothing_up(project: Project, line: str, candidates: list[str]) -> None:
    before = files(project.root)
    for arguments in ([], ["hash"]):  # the variable decides, not the arguments
        done = project.run(*arguments, env=completing(line))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == candidates
    assert project.run(env=completing(line, "complete_zsh")).stdout == ""
    (project.root / "requirements" / "run.lock").unlink()
    done = project.run(env=completing(line))
    assert (done.returncode, done.stderr) == (0, "")
    assert files(project.root) == before - {project.root / "requirements" / "run.lock"}


def test_completion_passes_through(ready: Project) -> None:
    program = ready.root / "src" / "program.py"
    program.write_text(
        "import os\ndef main(): print(os.environ.get('COMP_WORDS', '').split(), end='')\n"
    )
    try:
        first = ready.run(env=completing("./eikona c"))
        assert (first.stdout, first.stderr) == ("check\n['./eikona', 'c']", "")
        option = ready.run(env=completing("./eikona hash --f"))
        assert (option.stdout, option.stderr) == ("['./eikona', 'hash', '--f']", "")
        # the program knows up by another name, and the other words not at all
        assert ready.run(env=completing("./up/eikona up --d")).stdout == (
            "['./up/eikona', 'demo', '--d']"
        )
        assert ready.run(env=completing("./eikona test ")).stdout == ""
        by_hand = ready.run(env={"_EIKONA_COMPLETE": "complete_bash"})
        assert (by_hand.returncode, by_hand.stdout, by_hand.stderr) == (0, "", "")
        zsh = ready.run(env={"_EIKONA_COMPLETE": "complete_zsh"})
        assert (zsh.stdout, zsh.stderr) == ("[]", "")
    finally:
        program.write_text(PROGRAM)


def test_old_python_completes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("_EIKONA_COMPLETE", "complete_bash")
    assert load_script().main([], version=(3, 9, 2)) == 0
    assert capsys.readouterr() == ("", "")


# processes


def test_signals_end_the_program_itself(ready: Project) -> None:
    (ready.root / "src" / "asleep.py").write_text(
        "import time\nprint('up', flush=True)\ntime.sleep(60)\n"
    )
    program = ready.root / "src" / "program.py"
    program.write_text(
        PROGRAM.replace(
            "def main():", "def main():\n    if sys.argv[1:] == ['linger']: import asleep"
        )
    )
    try:
        with ready.start("linger") as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            process.terminate()
            assert process.wait(timeout=10) == -signal.SIGTERM
    finally:
        program.write_text(PROGRAM)


# what makes set-up run again


def test_tests_get_their_packages_and_a_changed_lock_updates_all(ready: Project) -> None:
    (ready.root / "tools" / "checks.py").write_text("import sys; print(sys.argv[1:])")
    done = ready.run("test", "-k", "one", cwd=ready.wheels)
    assert done.stdout == "['test', '-k', 'one']\n"
    assert "test.lock" in ready.log
    assert done.stderr.startswith("Checks and tests need the development packages")
    assert ready.run("hash").stderr == ""  # an environment for tests serves the program too

    ready.pin("2")
    done = ready.run("hash")
    assert json.loads(done.stdout)["brick"] == "2", done.stderr
    modules = {path.name for path in (ready.root / ".venv").rglob("brick_*.py")}
    assert modules == {"brick_2.py"}  # what is pinned no more is gone
    assert ready.run("check").stderr == ""  # the update brought what the tests need


def test_changed_project_is_installed_again_without_its_packages(ready: Project) -> None:
    pyproject = ready.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + "\n# changed\n")
    assert "[1/1] Installing Eikona" in ready.run("hash").stderr
    assert ready.run("hash").stderr == ""


def test_moved_checkout_is_made_anew(ready: Project, tmp_path: Path) -> None:
    moved = Project(tmp_path.resolve() / "moved", ready.wheels, ready.environment)
    shutil.copytree(ready.root, moved.root, symlinks=True)

    done = moved.run("hash")
    assert done.returncode == 0
    assert "[1/3]" in done.stderr
    program = (moved.root / ".venv" / "bin" / "eikona").read_text()
    assert program.startswith(f"#!{moved.root}")


def test_environment_without_its_python_is_not_ready(checkout: ModuleType, tmp_path: Path) -> None:
    place = checkout.Checkout(tmp_path)
    place.bin.mkdir(parents=True)
    place.write_stamp(frozenset({"run:1"}))
    place.python.symlink_to(sys.executable)
    assert place.read_stamp() == {"run:1"}

    place.python.unlink()
    place.python.symlink_to(tmp_path / "gone")  # as when the system's Python was replaced
    assert place.read_stamp() == frozenset()


# half-made environments


@contextmanager
def hanging_index() -> Iterator[tuple[str, socket.socket]]:
    """A package index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple", server


def test_killed_set_up_is_repaired(project: Project) -> None:
    with hanging_index() as (address, server):
        nothing = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": address}
        with project.start("hash", env=nothing, start_new_session=True) as process:
            connection, _ = server.accept()  # pip is at work now
            process.kill()
        assert not project.stamp.exists()

        waiting = project.start("hash")
        assert waiting.stderr is not None
        assert "waiting" in waiting.stderr.readline()  # for the orphaned pip
        server.close()
        connection.close()
    out, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, err
    assert json.loads(out)["brick"] == "1"
    assert project.stamp.exists()


def kill_group(process: subprocess.Popen[str], after_s: float) -> None:
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.slow
def test_killed_at_any_time_is_repaired(project: Project) -> None:
    """Set-up is killed with all its children: making the environment, and installing into it."""
    for tenths in (3, 15, 30):
        process = project.start("hash", start_new_session=True)
        kill_group(process, tenths / 10)
    assert json.loads(project.run("hash").stdout)["brick"] == "1"


def test_two_first_runs_at_once(project: Project) -> None:
    with project.start("hash") as one, project.start("hash") as two:
        said = [process.communicate(timeout=60) for process in (one, two)]
    assert [one.returncode, two.returncode] == [0, 0], said
    errors = [err for _, err in said]
    assert sum("[1/3]" in err for err in errors) == 1
    assert sum("waiting" in err for err in errors) == 1


def test_interrupt_is_said_in_one_line(project: Project) -> None:
    with hanging_index() as (address, server):
        nothing = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": address}
        with project.start("hash", env=nothing, start_new_session=True) as process:
            connection, _ = server.accept()
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=20)
        connection.close()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "interrupted" in err.splitlines()[-1]


# what is missing, and what to do about it


def test_script_can_be_read_by_old_pythons() -> None:
    ast.parse((ROOT / "eikona").read_text(), feature_version=(3, 6))


def test_old_python_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert load_script().main(["up"], version=(3, 9, 2)) == 1
    said = capsys.readouterr().err
    assert "Python 3.11 or newer is needed, and this is 3.9" in said
    assert f"python3.11 {ROOT / 'eikona'}" in said


def test_old_python_hands_over_to_a_newer_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, code in (("python3.13", 1), ("python3.12", 0)):  # the first one starts nothing
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    class Replaced(Exception):  # noqa: N818 - no error
        pass

    def execv(path: str, arguments: list[str]) -> None:
        raise Replaced(path, arguments)

    monkeypatch.setattr(os, "execv", execv)
    with pytest.raises(Replaced) as replaced:
        load_script().main(["up", "--port", "1"], version=(3, 9, 2))
    newer = str(tmp_path / "python3.12")
    assert replaced.value.args == (newer, [newer, str(ROOT / "eikona"), "up", "--port", "1"])


def test_python_without_venv_is_told_what_to_install(project: Project, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['ensurepip'] = None\n")
    done = project.run("hash", env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1
    assert "comes without ensurepip" in done.stderr
    assert "apt install python3-venv" in done.stderr
    assert not (project.root / ".venv").exists()


def test_unreachable_index_is_said(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    nowhere = {
        "PIP_NO_INDEX": "0",
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": f"http://127.0.0.1:{port}/simple",
    }
    done = project.run("hash", env=nowhere)
    assert done.returncode == 1
    assert "eikona: The package index cannot be reached.\nCheck the network" in done.stderr
    assert str(project.root / ".venv-setup.log") in done.stderr
    assert len(done.stderr.splitlines()) < 20


def test_package_that_differs_from_the_pinned_one_is_refused(project: Project) -> None:
    project.pin("1", digest="0" * 64)
    done = project.run("hash")
    assert done.returncode == 1
    assert "not the one that was pinned" in done.stderr
    assert not project.stamp.exists()


def test_incomplete_checkout_is_said(project: Project) -> None:
    (project.root / "requirements" / "run.lock").unlink()
    done = project.run("hash")
    assert done.returncode == 1
    assert "run.lock" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full."),
        (
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))",
            "certificate",
        ),
        ("WARNING: Retrying (Retry(total=2)) ... NewConnectionError", "cannot be reached"),
        ("ERROR: No matching distribution found for brick==1", "no build"),
        ("Segmentation fault", "Set-up failed."),
    ],
)
def test_known_failures_have_a_remedy(failures: ModuleType, line: str, cause: str) -> None:
    said = str(failures.failed_command([line, "ERROR: No matching x"], Path("the.log")))
    assert cause in said.splitlines()[0]
    assert "again" in said.splitlines()[1] or "CPython" in said.splitlines()[1]
    assert line in said


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.EACCES, "cannot be written"),
        (errno.EROFS, "cannot be written"),
        (errno.ENOSPC, "The disk is full."),
        (errno.EIO, "Set-up failed"),
    ],
)
def test_failures_of_files_have_a_cause(failures: ModuleType, number: int, told: str) -> None:
    error = OSError(number, os.strerror(number), "/the/file")
    assert told in str(failures.failed_file(error, Path("/root")))


# taking it away


def test_uninstall_asks_and_keeps_data(project: Project) -> None:
    made = [".venv/eikona.stamp", ".venv/bin/python", ".venv-setup.log", ".mypy_cache/x"]
    made += ["src/__pycache__/program.pyc"]
    for name in [*made, "data/bank.eik"]:
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_bytes(b"mine")

    no = project.run("uninstall", answer="n\n")
    assert (no.returncode, project.stamp.exists()) == (1, True)
    assert "[y/N]" in no.stderr
    assert project.run("uninstall").returncode == 1  # nobody there to answer
    assert project.run("uninstall", "--all").returncode == 2
    assert project.stamp.exists()

    yes = project.run("uninstall", answer="y\n")
    assert yes.returncode == 0
    assert (project.root / "data" / "bank.eik").read_bytes() == b"mine"
    left = {path.name for path in project.root.iterdir()}
    kept = {"backend.py", "data", "eikona", "pyproject.toml", "requirements", "src", "tools"}
    assert left == kept
    assert not (project.root / "src" / "__pycache__").exists()


def test_uninstall_says_when_there_is_nothing_to_remove(project: Project) -> None:
    shutil.rmtree(project.root / "tools" / "bootstrap" / "__pycache__", ignore_errors=True)
    for arguments in ([], ["--yes"]):  # and asks nothing
        done = project.run("uninstall", *arguments)
        assert (done.returncode, done.stderr) == (0, "Nothing to remove.\n")


@pytest.mark.parametrize("named", [True, False])
def test_uninstall_names_the_folder_where_data_stays(
    project: Project, tmp_path: Path, named: bool
) -> None:
    place = tmp_path / ("data" if named else ".local/share") / "eikona"
    base = {"XDG_DATA_HOME": str(tmp_path / "data") if named else "relative"}
    (project.root / ".venv-setup.log").touch()
    said = project.run("uninstall", "--yes", env=base).stderr
    assert said == f"Removed. To be rid of Eikona, delete {project.root} too.\n"

    (place / "samples").mkdir(parents=True)
    (project.root / ".venv-setup.log").touch()
    assert f"Your data stays in {place}." in project.run("uninstall", answer="n", env=base).stderr
    assert project.run("uninstall", "--yes", env=base).stderr == (
        f"Removed. Your data stays in {place}.\n"
        f"To be rid of Eikona, delete that folder and {project.root} too.\n"
    )
    again = project.run("uninstall", env=base).stderr
    assert again == f"Nothing to remove. Your data stays in {place}.\n"

    cache = tmp_path / ".cache" / "eikona"
    cache.mkdir(parents=True)
    (project.root / ".venv-setup.log").touch()
    assert project.run("uninstall", "--yes", env=base).stderr == (
        f"Removed. Your data stays in {place}. What was read of pictures stays in {cache}.\n"
        f"To be rid of Eikona, delete those folders and {project.root} too.\n"
    )
    assert (place / "samples").exists()


def test_launcher_and_program_mean_the_same_data_folder(
    checkout: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = importlib.import_module("eikona.apps.cli.demo_command")
    for base in ("/somewhere", "", "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", base)
        assert checkout.data_folder() == demo.default_data_folder()
