"""Results that cannot be written are told of at the start, in words; banks of others likewise."""

import os
import shutil
from pathlib import Path

import pytest

import eikona as library
from tests.integration import bad_input
from tests.integration.command_line import eikona, eikona_json, without_root_rights

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes bind on POSIX")
_DENIED = "not permitted; check owner and mode"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Pictures, a bank of one, and a folder of somebody else, where nothing may be written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "found").mkdir()
    for number in range(2):
        bad_input.save_picture(tmp_path / "found" / f"{number}.png", number, (200, 150))
    with library.Bank.create("works.bank", local_features=False) as bank:
        bank.add("found/0.png")
    (tmp_path / "theirs").mkdir(mode=0o500)
    yield tmp_path
    for path in ("theirs", "theirs.bank", "other.bank"):
        if Path(path).exists():
            Path(path).chmod(0o700)


def _bound(*arguments, **options):
    return eikona(*arguments, before=without_root_rights, **options)


@pytest.mark.parametrize(
    "command",
    [
        "scan found --bank works.bank --report theirs/x.html",
        "dedupe found --report theirs/x.html",
        "distances found theirs -o theirs/x.html",
        "bank export works.bank --as csv -o theirs/x.html",
        "hash found -o theirs/x.html",
    ],
)
def test_a_result_that_cannot_be_written_is_told_of_before_the_work(folder, command):
    ended = _bound(*command.split())
    assert ended.status == 1
    assert ended.text == ""
    assert ended.stderr == (f"eikona: theirs/x.html cannot be written: {_DENIED} (unwritable)\n")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("bank create theirs/x.bank", f"theirs/x.bank: {_DENIED} (not_permitted)"),
        ("bank remove read.bank a", f"read.bank cannot be written: {_DENIED} (bank_denied)"),
        ("bank info theirs.bank", f"theirs.bank cannot be read: {_DENIED} (bank_denied)"),
        ("search found/0.png --bank theirs.bank", "theirs.bank cannot be read"),
    ],
)
def test_a_bank_of_somebody_else_is_told_of_in_words(folder, command, said):
    shutil.copytree("works.bank", "theirs.bank")
    shutil.copytree("works.bank", "read.bank")
    Path("theirs.bank").chmod(0)
    for name in os.listdir("read.bank"):
        Path(f"read.bank/{name}").chmod(0o400)
    Path("read.bank").chmod(0o500)
    ended = _bound(*command.split())
    Path("read.bank").chmod(0o700)
    assert ended.status == 1
    assert ended.stderr.startswith(f"eikona: {said}")


def test_among_several_banks_one_that_may_not_be_read_hides_nothing(folder):
    shutil.copytree("works.bank", "theirs.bank")
    Path("theirs.bank").chmod(0)
    status, records = eikona_json(
        *("search", "found/0.png", "--bank", "theirs.bank", "--bank", "works.bank"),
        before=without_root_rights,
    )
    assert status == 1
    assert records[0]["bank"] == "theirs.bank"
    assert records[0]["error"]["code"] == "bank_denied"
    assert [match["entry"] for match in records[1]["matches"]] == ["found/0.png"]


def test_a_report_takes_the_place_of_no_file_that_is_not_named(folder):
    mine = folder / "x.csv"
    mine.write_text("name,birthday\n")
    command = ("scan", "found", "--bank", "works.bank", "--report", "x.html")
    ended = eikona(*command)
    assert ended.status == 2
    assert "x.csv is another file" in ended.stderr
    assert mine.read_text() == "name,birthday\n"
    assert eikona(*command, "--report", "x.csv").status == 0
    assert eikona(*command).status == 0  # the table of the time before is no loss
    assert mine.read_text().startswith("file,entry,outcome")


def test_a_bank_is_exported_to_standard_output(folder):
    written = eikona("bank", "export", "works.bank", "--as", "csv", "-o", "table.csv")
    assert written.status == 0
    ended = eikona("bank", "export", "works.bank", "--as", "csv", "-o", "-")
    assert ended.status == 0
    assert ended.stdout == (folder / "table.csv").read_bytes()
    assert "1 entry written to standard output, as csv" in ended.stderr
    assert not (folder / "-").exists()
    both = eikona("bank", "export", "works.bank", "-o", "-", "--format", "json")
    assert both.status == 2
