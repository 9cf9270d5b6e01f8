import pytest
from PIL import Image

from tests.integration.command_line import eikona, eikona_json


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    return data, eikona("demo", "--data", data)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    status, records = eikona_json("demo", "--data", tmp_path_factory.mktemp("data"))
    assert status == 0
    assert len(records) == 36
    return records


def test_tells_copies_from_look_alikes(records):
    for record in records:
        is_copy = "/copies/" in record["b"]
        assert record["match"] == is_copy
        if is_copy:
            scene = record["b"].rsplit("/", 1)[1].split("-")[0]
            assert record["a"].endswith(f"/originals/{scene}.jpg")


def test_finds_how_a_copy_lies(records):
    for record in records:
        if "mirrored" in record["b"]:
            assert record["transform"] == {"orientation": "flip-left-right"}
        if "rotated" in record["b"]:
            assert record["transform"] == {"orientation": "rotate-90"}


def test_says_what_to_try_next_and_draws_a_sheet(shown):
    data, ended = shown
    assert ended.status == 0
    assert "30 of these 36 pictures are copies" in ended.text
    assert f"eikona hash {data}/samples --format json" in ended.text
    with Image.open(data / "samples" / "contact-sheet.png") as sheet:
        assert sheet.width > 800


def test_what_it_says_to_try_works(shown):
    _, ended = shown
    (line,) = (line for line in ended.text.splitlines() if " compare " in line)
    assert eikona(*line.split()[1:], "--fail-on-match").status == 3


def test_goes_to_the_users_data_folder(tmp_path):
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    assert eikona("demo", environment=environment).status == 0
    assert (tmp_path / "eikona" / "samples" / "originals" / "dunes.jpg").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").touch()
    ended = eikona("demo", "--data", tmp_path / "file")
    assert ended.status == 1
    assert "file" in ended.stderr
