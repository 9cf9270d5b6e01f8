"""``eikona bank`` and ``eikona search`` as processes."""

import os
import shutil
import signal
from dataclasses import replace

import pytest
from PIL import ImageOps

import eikona as library
from tests.integration import bad_input
from tests.integration.command_line import eikona, eikona_json, moved, started

MATCH_FIELDS = {
    "entry",
    "outcome",
    "expected_false_matches",
    "distance",
    "inliers",
    "transform",
    "orientation",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("work")
    (root / "originals" / "deep").mkdir(parents=True)
    for number in range(4):
        place = root / "originals" / ("deep" if number % 2 else ".")
        bad_input.save_picture(place / f"{number}.png", number, (320, 240))
    picture = bad_input.picture(1, (320, 240))
    picture.save(root / "copy.jpg", quality=40)
    ImageOps.mirror(picture).save(root / "mirrored.jpg")
    bad_input.save_picture(root / "other.png", 99, (320, 240))
    (root / "empty.jpg").touch()
    return root


@pytest.fixture(scope="module")
def environment(folder):
    return {"XDG_CACHE_HOME": str(folder / "cache")}


@pytest.fixture
def bank(folder, environment):
    """Return a bank with the originals, relative to the folder."""
    shutil.rmtree(folder / "a.bank", ignore_errors=True)
    assert eikona("bank", "create", "a.bank", cwd=folder).status == 0
    added = eikona("bank", "add", "a.bank", "originals", cwd=folder, environment=environment)
    assert added.status == 0
    assert added.text == ""
    assert "4 added; a.bank has 4 entries" in added.stderr
    return "a.bank"


def test_copies_are_found_under_the_paths_as_added(folder, bank, environment):
    status, records = eikona_json(
        *("search", "copy.jpg", "mirrored.jpg", "other.png", "--bank", bank),
        cwd=folder,
        environment=environment,
    )
    assert status == 0
    assert [record["file"] for record in records] == ["copy.jpg", "mirrored.jpg", "other.png"]
    for record, orientation in zip(records, ("original", "flip-left-right"), strict=False):
        (match,) = record["matches"]
        assert match.keys() >= MATCH_FIELDS
        assert match["entry"] == "originals/deep/1.png"
        assert match["source"] == str(folder / "originals/deep/1.png")
        assert match["orientation"] == orientation
        assert match["inliers"] > 8
        left = 20 if orientation == "original" else 300
        assert moved(match["transform"], 20, 10) == pytest.approx((left, 10), abs=3)
        assert match["outcome"] in {"block", "review"}
        expected = library.compare(folder / record["file"], folder / match["entry"])
        assert match["distance"] == expected.distances.by_name["pdq"]
        assert match["distances"] == expected.distances.by_name
    assert records[2]["matches"] == []


def test_text_has_a_head_and_says_how_many_places_agree(folder, bank):
    ended = eikona("search", "other.png", "copy.jpg", "mirrored.jpg", "--bank", bank, cwd=folder)
    lines = [line.split() for line in ended.text.splitlines()]
    assert lines[0] == ["other.png:", "no", "match"]
    assert lines[1] == ["outcome", "distance", "places", "entry"]
    assert lines[2] == ["copy.jpg:"]
    assert lines[3][0] == "block"
    assert int(lines[3][2]) > 8
    assert lines[4] == ["mirrored.jpg:"]
    assert len(lines) == 6


def test_fail_on_match_and_failures(folder, bank):
    def status(*paths):
        return eikona("search", *paths, "--bank", bank, "--fail-on-match", cwd=folder).status

    assert status("copy.jpg") == 3
    assert status("other.png") == 0
    assert status("other.png", "empty.jpg") == 1
    assert status("copy.jpg", "empty.jpg") == 3


def test_radius_and_top(folder, bank):
    eikona("bank", "add", bank, "copy.jpg", "--name", "the copy", cwd=folder)
    command = ("search", "originals/deep/1.png", "--bank", bank, "--radius", "31")
    _, (record,) = eikona_json(*command, cwd=folder)
    assert [match["entry"] for match in record["matches"]] == ["originals/deep/1.png", "the copy"]
    assert [match["rule"] for match in record["matches"]] == ["eikona"] * 2
    _, (record,) = eikona_json(*command, "--top", "1", cwd=folder)
    assert [match["distance"] for match in record["matches"]] == [0]
    wide = eikona(*command[:-1], "256", "--fail-on-match", cwd=folder)  # looks around
    assert [line.split()[0] for line in wide.text.splitlines()[2:]] == ["block"] * 2 + ["clear"] * 3
    assert "1 of them copies" in wide.stderr
    other = eikona("search", "other.png", *command[2:-1], "256", "--fail-on-match", cwd=folder)
    assert other.status == 0  # what is far is no copy


def test_bad_files_are_reported_and_the_rest_is_added(folder, bank):
    status, records = eikona_json("bank", "add", bank, "empty.jpg", "other.png", cwd=folder)
    assert status == 1
    assert records[0] == {"file": "empty.jpg", "error": records[0]["error"]}
    assert records[0]["error"]["code"] == "empty_file"
    assert records[1] == {"file": "other.png", "entry": "other.png", "result": "added"}
    assert eikona("bank", "list", bank, cwd=folder).text.splitlines()[-1].startswith("other.png  (")


def test_the_same_folder_spelled_otherwise_is_the_same(folder, bank, environment):
    again = eikona("bank", "add", bank, "./originals", cwd=folder, environment=environment)
    assert "4 unchanged; a.bank has 4 entries" in again.stderr
    other = folder / "elsewhere"
    shutil.copytree(folder / "originals", other / "originals", dirs_exist_ok=True)
    more = eikona("bank", "add", "../a.bank", "./originals", cwd=other, environment=environment)
    assert "4 added; ../a.bank has 8 entries" in more.stderr  # other files, though of equal names


def test_adding_again_changes_nothing_and_a_changed_picture_is_replaced(folder, bank):
    changing = folder / "changing.png"
    results = []
    for seed in (1, 1, 2):
        bad_input.save_picture(changing, seed, (320, 240))
        _, (record,) = eikona_json("bank", "add", bank, "changing.png", "--no-cache", cwd=folder)
        results.append(record["result"])
    assert results == ["added", "unchanged", "replaced"]
    _, (record,) = eikona_json("bank", "info", bank, cwd=folder)
    assert record["entries"] == 5
    assert " kB in " in eikona("bank", "info", bank, cwd=folder).text


def test_hashes_that_a_rule_needs_can_be_added_later(folder, bank):
    command = ("search", "copy.jpg", "--bank", bank, "--rule", "threshold:nmf=0.3")
    lacking = eikona(*command, cwd=folder)
    assert lacking.status == 2
    assert "--algorithm nmf" in " ".join(lacking.stderr.replace("│", " ").split())
    one = ("bank", "add", bank, "originals/deep", "--algorithm", "nmf")
    assert "2 replaced" in eikona(*one, cwd=folder).stderr
    found = eikona(*command, "--format", "json", cwd=folder)
    assert found.status == 0
    assert found.records[0]["matches"][0]["entry"] == "originals/deep/1.png"
    assert "2 of 4 entries passed by" in found.stderr
    usual = eikona("search", "copy.jpg", "--bank", bank, "--format", "json", cwd=folder)
    assert usual.records[0]["matches"]
    assert "passed by" not in usual.stderr


def test_a_picture_from_standard_input_needs_a_name(folder, bank):
    data = (folder / "other.png").read_bytes()
    assert eikona("bank", "add", bank, "-", stdin=data, cwd=folder).status == 2
    assert eikona("bank", "add", bank, "-", "--name", "x\ny", stdin=data, cwd=folder).status == 0
    _, (record,) = eikona_json("search", "-", "--bank", bank, stdin=data, cwd=folder)
    assert record["file"] == "-"
    assert record["matches"][0]["entry"] == "x\ny"
    assert "x\\x0ay  (320 x 240" in eikona("bank", "list", bank, cwd=folder).text
    assert eikona("bank", "remove", bank, "x\\x0ay", cwd=folder).status == 0  # as list shows it
    assert "0ay" not in eikona("bank", "list", bank, cwd=folder).text
    assert eikona("bank", "add", bank, "originals", "--name", "x", cwd=folder).status == 2


def test_a_name_that_is_no_text_is_found_and_removed(folder, bank):
    name = os.fsdecode(b"no \xff text.png")
    shutil.copy(folder / "other.png", folder / name)
    try:
        assert eikona("bank", "add", bank, name, cwd=folder).status == 0
        _, (record,) = eikona_json("search", name, "--bank", bank, cwd=folder)
    finally:
        (folder / name).unlink()
    assert record["file"] == record["matches"][0]["entry"] == name
    status, records = eikona_json("bank", "remove", bank, name, "nobody", cwd=folder)
    assert status == 1
    assert {"entry": name, "removed": True} in records
    assert [one["error"]["code"] for one in records if "error" in one] == ["entry_not_found"]
    _, (record,) = eikona_json("bank", "info", bank, cwd=folder)
    assert record["entries"] == 4


def test_list_tells_all_there_is(folder, bank):
    status, records = eikona_json("bank", "list", bank, cwd=folder)
    assert status == 0
    paths = ["originals/0.png", "originals/2.png", "originals/deep/1.png", "originals/deep/3.png"]
    assert sorted(record["entry"] for record in records) == paths
    for record in records:
        of = library.fingerprint(folder / record["entry"])
        assert record["hashes"] == of.hex
        assert (record["width"], record["format"], record["state"]) == (320, "png", "active")


def test_damage_is_said_and_repaired(folder, bank):
    (path,) = (folder / bank).glob("segment-*.eik")
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    for command in (("search", "copy.jpg", "--bank", bank), ("bank", "list", bank)):
        ended = eikona(*command, cwd=folder)
        assert ended.status == 1
        assert "bank_damaged" in ended.stderr
    assert path.read_bytes() == data
    status, (record,) = eikona_json("bank", "verify", bank, cwd=folder)
    assert (status, record["sound"]) == (1, False)
    assert record["damages"][0]["file"] == path.name
    status, (record,) = eikona_json("bank", "repair", bank, cwd=folder)
    assert status == 0
    assert record["kept"] + record["lost"] == 4
    assert (folder / record["copies"][0]).read_bytes() == data
    assert eikona("bank", "verify", bank, cwd=folder).text == "a.bank: sound\n"


@pytest.mark.parametrize(
    ("name", "code"), [("nowhere", "bank_not_found"), ("originals", "not_a_bank")]
)
def test_what_is_no_bank_is_said(folder, name, code):
    for command in (("search", "copy.jpg", "--bank", name), ("bank", "info", name)):
        ended = eikona(*command, cwd=folder)
        assert (ended.status, code in ended.stderr) == (1, True)
        assert ended.text == ""
    assert eikona("bank", "create", "originals", cwd=folder).status == 2


def test_a_second_writer_is_told_to_wait(folder, bank):
    with library.Bank.open(folder / bank, writable=True):
        ended = eikona("bank", "add", bank, "other.png", cwd=folder)
        assert (ended.status, "bank_in_use" in ended.stderr) == (1, True)
        assert eikona("search", "copy.jpg", "--bank", bank, cwd=folder).status == 0


@pytest.mark.slow
def test_an_interrupted_run_keeps_what_it_did(folder, tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    for number in range(700):
        os.link(folder / "other.png", many / f"{number:03}.png")
    bank = tmp_path / "a.bank"
    eikona("bank", "create", bank, "--no-local-features")
    command = ("bank", "add", bank, many, "--jobs", "1", "--no-cache", "--format", "json")
    process = started(*command)
    process.stdout.readline()  # the first hundreds are in the bank
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    held = len(library.Bank.open(bank))
    assert 0 < held < 700
    assert f"Interrupted: {held} are in the bank, the same command goes on".encode() in said
    assert eikona("bank", "verify", bank).status == 0
    again = eikona("bank", "add", bank, many, "--no-cache")
    assert again.status == 0
    assert f"{700 - held} added, {held} unchanged" in again.stderr
    assert len(library.Bank.open(bank)) == 700


def test_searches_among_entries_by_tag_owner_and_state(folder, bank):
    with library.Bank.open(folder / bank) as opened:
        (match,) = opened.search(folder / "copy.jpg")
        opened.add_entries([replace(match.entry, tags=("sea",), owner="Anna")])
    for options, found in (
        (["--tag", "sea", "--owner", "Anna"], 1),
        (["--state", "active", "--state", "review"], 1),
        (["--tag", "sea", "--tag", "old"], 0),
        (["--owner", "Bert"], 0),
        (["--state", "contested"], 0),
    ):
        status, (record,) = eikona_json("search", "copy.jpg", "--bank", bank, *options, cwd=folder)
        assert (status, len(record["matches"])) == (0, found)
    assert eikona("search", "copy.jpg", "--bank", bank, "--state", "lost", cwd=folder).status == 2
    ended = eikona("search", "copy.jpg", "--bank", bank, "--tag", "meme", cwd=folder)
    assert "No entry has what --tag, --owner and --state ask for." in ended.stderr
    ended = eikona("search", "other.png", "--bank", bank, "--tag", "sea", cwd=folder)
    assert "No entry has" not in ended.stderr
    assert (
        eikona("search", "copy.jpg", "--bank", bank, "--state", "withdrawn", cwd=folder).status == 2
    )


def test_entries_are_tagged_when_they_are_added_and_later(folder, bank):
    def noted(record):
        return [record[name] for name in ("tags", "owner", "note", "state")]

    def listed():
        entries = eikona_json("bank", "list", bank, cwd=folder)[1]
        return {entry["entry"]: noted(entry) for entry in entries}

    options = ("--tag", "sea", "--tag", "old", "--owner", "Anna", "--note", "hers")
    assert eikona("bank", "add", bank, "other.png", *options, cwd=folder).status == 0
    assert listed()["other.png"] == [["sea", "old"], "Anna", "hers", "active"]
    again = eikona("bank", "add", bank, "other.png", "--tag", "sky", cwd=folder)
    assert "1 replaced" in again.stderr
    assert listed()["other.png"] == [["sea", "old", "sky"], "Anna", "hers", "active"]
    known = "originals/deep/1.png"
    status, records = eikona_json(
        *("bank", "edit", bank, known, "gone", "other.png"),
        *("--without-tag", "old", "--tag", "new", "--state", "review", "--owner", ""),
        cwd=folder,
    )
    assert status == 1
    assert records[0]["error"]["code"] == "entry_not_found"
    assert [record["entry"] for record in records[1:]] == [known, "other.png"]
    assert listed()["other.png"] == [["sea", "sky", "new"], "", "hers", "review"]
    assert listed()[known] == [["new"], "", "", "review"]
    _, (record,) = eikona_json("search", "copy.jpg", "--bank", bank, "--tag", "new", cwd=folder)
    assert [(one["entry"], one["outcome"]) for one in record["matches"]] == [(known, "review")]
    assert record["matches"][0]["inliers"] > 8  # its local features are kept
    assert eikona("bank", "edit", bank, known, cwd=folder).status == 2
