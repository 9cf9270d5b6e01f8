import os
import sys
import time
from pathlib import Path

import pytest

from eikona.apps.cli.browser import open_in_browser
from tests.integration.command_line import eikona, eikona_json

SCENES = 6
ALTERATIONS = 5
_BROWSER_WITHIN_S = 60.0  # of the end of the demo, on a busy machine


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    return data, eikona("demo", "--data", data, "--no-browser")


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    status, records = eikona_json("demo", "--data", tmp_path_factory.mktemp("data"))
    assert status == 0
    assert len(records) == SCENES * (ALTERATIONS + 1)
    return records


def test_tells_copies_from_look_alikes(records):
    for record in records:
        entries = [match["entry"] for match in record["matches"]]
        if record["file"].startswith("copies/"):
            scene = Path(record["file"]).name.split("-")[0]
            assert entries == [f"originals/{scene}.jpg"]
            assert record["matches"][0]["match"]
        else:
            assert entries == []


def test_finds_how_a_copy_lies(records):
    for record in records:
        for match in record["matches"]:
            if "mirrored" in record["file"]:
                assert match["orientation"] == "flip-left-right"
            if "rotated" in record["file"]:
                assert match["orientation"] == "rotate-270"


def test_says_what_to_try_next_and_writes_a_report(shown):
    data, ended = shown
    assert ended.status == 0
    assert "30 of these 36 pictures are copies" in ended.text
    report = data / "samples" / "report.html"
    assert str(report) in ended.text
    assert "aurora-mirrored.jpg" in report.read_text()
    assert (data / "samples" / "report.csv").read_text().count("\n") == 31


def test_what_it_says_to_try_works(shown):
    _, ended = shown
    (line,) = (line for line in ended.text.splitlines() if " compare " in line)
    assert eikona(*line.split()[1:], "--fail-on-match").status == 3
    (line,) = (line for line in ended.text.splitlines() if " scan PICTURES" in line)
    words = line.split()[1:]
    words[words.index("PICTURES")] = str(shown[0] / "samples" / "others")
    words = words[: words.index("--report")]
    assert eikona(*words, "--fail-on-match").status == 0


def test_a_second_start_makes_nothing_anew(shown):
    data, first = shown
    samples = sorted((data / "samples").rglob("*.jpg"))
    before = [path.stat().st_mtime_ns for path in samples]
    again = eikona("demo", "--data", data, "--no-browser")
    assert again.status == 0
    assert again.stdout == first.stdout
    assert "Making sample pictures" in first.stderr
    assert "Making sample pictures" not in again.stderr
    assert [path.stat().st_mtime_ns for path in samples] == before


def test_what_was_left_half_made_is_made_anew(tmp_path):
    assert eikona("demo", "--data", tmp_path, "--no-browser").status == 0
    (tmp_path / "samples" / "recipe.txt").unlink()
    (tmp_path / "samples" / "copies" / "dunes-mirrored.jpg").write_bytes(b"torn")
    for path in (tmp_path / "samples" / "originals.bank").iterdir():
        if path.is_file():
            path.write_bytes(b"torn")
    ended = eikona("demo", "--data", tmp_path, "--no-browser")
    assert ended.status == 0, ended.stderr
    assert "30 of these 36 pictures are copies" in ended.text


def test_goes_to_the_users_data_folder(tmp_path):
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    assert eikona("demo", "--no-browser", environment=environment).status == 0
    assert (tmp_path / "eikona" / "samples" / "originals" / "dunes.jpg").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").touch()
    ended = eikona("demo", "--data", tmp_path / "file", "--no-browser")
    assert ended.status == 1
    assert "file" in ended.stderr


# the browser


@pytest.fixture
def spawned(monkeypatch):
    """What would have been started."""
    commands = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "posix_spawn", lambda _, command, *__, **___: commands.append(command))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return commands


def test_no_browser_is_opened_where_there_is_no_screen(spawned, tmp_path):
    assert not open_in_browser(tmp_path / "report.html")
    assert spawned == []


@pytest.mark.parametrize("display", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_the_browser_is_given_the_page_as_an_address(spawned, tmp_path, monkeypatch, display):
    monkeypatch.setenv(display, ":0")
    assert open_in_browser(tmp_path / "my report.html")
    ((*_, address),) = spawned
    assert address == f"file://{tmp_path}/my%20report.html"


def test_a_browser_that_cannot_be_started_is_no_failure(spawned, tmp_path, monkeypatch):
    def refused(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(os, "posix_spawn", refused)
    assert not open_in_browser(tmp_path / "report.html")


@pytest.mark.skipif(os.name == "nt", reason="the browser is named by a script of POSIX")
def test_the_report_is_opened_and_not_waited_for(tmp_path):
    """A browser that never ends, named as the webbrowser module takes it."""
    opened, held = tmp_path / "opened", tmp_path / "held"
    os.mkfifo(held)
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho "$1" > {opened}.part\nmv {opened}.part {opened}\nread forever < {held}\n'
    )
    browser.chmod(0o755)
    holder = os.open(held, os.O_RDWR)
    try:
        environment = {"DISPLAY": ":0", "BROWSER": f"{browser} %s"}
        ended = eikona("demo", "--data", tmp_path, environment=environment)
        assert ended.status == 0
        until = time.monotonic() + _BROWSER_WITHIN_S
        while not opened.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert opened.read_text().endswith("/samples/report.html\n")
    finally:
        os.write(holder, b"end\n")
        os.close(holder)
