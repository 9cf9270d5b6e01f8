import os

import pytest
from PIL import Image, ImageOps

import eikona as library
from eikona.apps.cli.records import json_line
from tests.integration import bad_input
from tests.integration.command_line import eikona, eikona_json, moved

FIELDS = {
    "a",
    "b",
    "match",
    "outcome",
    "expected_false_matches",
    "rule",
    "reason",
    "distances",
    "similarity_percent",
    "inliers",
    "transform",
    "orientation",
    "confidence",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    picture = bad_input.picture(1, (640, 480))
    picture.save(root / "original.png")
    picture.save(root / "copy.jpg", quality=40)
    ImageOps.mirror(picture).save(root / "mirrored.jpg")
    bad_input.save_picture(root / "other.png", 2, (640, 480))
    (root / "empty.jpg").touch()
    return root


def test_every_pair_is_judged_as_the_library_judges_it(folder):
    names = ["original.png", "copy.jpg", "mirrored.jpg", "other.png"]
    status, records = eikona_json("compare", *names, cwd=folder)
    assert status == 0
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    assert [(record["a"], record["b"]) for record in records] == pairs
    for record in records:
        expected = library.compare(folder / record["a"], folder / record["b"])
        assert set(record) == FIELDS
        assert record["match"] == expected.verdict.match
        assert record["outcome"] == expected.verdict.outcome
        assert record["reason"] == expected.verdict.reason
        assert record["distances"] == expected.distances.by_name
        assert record["similarity_percent"] == expected.distances.similarity_percent
        assert record["rule"] == "eikona"
        assert record["inliers"] == expected.distances.alignment.inliers


def test_a_match_comes_with_how_the_copy_lies(folder):
    _, (record,) = eikona_json("compare", "original.png", "mirrored.jpg", cwd=folder)
    assert record["match"]
    assert record["orientation"] == "flip-left-right"
    assert moved(record["transform"], 20, 10) == pytest.approx((620, 10), abs=3)
    _, (record,) = eikona_json("compare", "original.png", "other.png", cwd=folder)
    assert not record["match"]
    assert (record["transform"], record["orientation"]) == (None, None)


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["original.png", "copy.jpg"], 3),
        (["original.png", "other.png"], 0),
        (["original.png", "other.png", "empty.jpg"], 1),
        (["original.png", "copy.jpg", "empty.jpg"], 3),
    ],
)
def test_fail_on_match(folder, names, status):
    assert eikona("compare", *names, "--fail-on-match", cwd=folder).status == status


def test_fail_on_match_counts_a_review_that_matches_and_says_so(tmp_path):
    picture = bad_input.picture(1, (640, 480))
    picture.save(tmp_path / "a.png")
    picture.crop((0, 0, 616, 462)).save(tmp_path / "b.png")
    names = [tmp_path / "a.png", tmp_path / "b.png", "--rule", "eikona-hashes"]
    _, (record,) = eikona_json("compare", *names)
    assert (record["outcome"], record["match"]) == ("review", True)
    assert eikona("compare", *names, "--fail-on-match").status == 3
    said = " ".join(eikona("compare", "--help").text.replace("│", " ").split())
    assert "the outcome block always is and the outcome review may be" in said


def test_a_match_alone_is_no_failure(folder):
    assert eikona("compare", "original.png", "copy.jpg", cwd=folder).status == 0


def test_bad_inputs_are_reported_and_the_other_pairs_go_on(folder):
    status, records = eikona_json(
        "compare", "original.png", "empty.jpg", "copy.jpg", "gone.png", ".", cwd=folder
    )
    assert status == 1
    assert [(r["file"], r["error"]["code"]) for r in records[:-1]] == [
        ("empty.jpg", "empty_file"),
        ("gone.png", "file_not_found"),
        (".", "is_a_folder"),
    ]
    assert (records[-1]["a"], records[-1]["b"]) == ("original.png", "copy.jpg")


def test_the_rule_may_need_a_hash_of_its_own(folder):
    status, (record,) = eikona_json(
        "compare", "original.png", "copy.jpg", "--rule", "threshold:nmf=0.1", cwd=folder
    )
    assert status == 0
    assert record["rule"] == "threshold:nmf=0.1"
    assert "nmf" in record["distances"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["original.png"],
        [],
        ["original.png", "copy.jpg", "--rule", "guess"],
        ["original.png", "copy.jpg", "--rule", "threshold:pdq=many"],
        ["original.png", "copy.jpg", "--decode", "half"],
    ],
)
def test_wrong_usage(folder, arguments):
    ended = eikona("compare", *arguments, cwd=folder)
    assert (ended.status, ended.stdout) == (2, b"")
    assert ended.stderr


def test_text_is_an_aligned_table(folder):
    ended = eikona("compare", "original.png", "copy.jpg", "other.png", "empty.jpg", cwd=folder)
    head, *rows = ended.text.splitlines()
    assert head.split()[:4] == ["a", "b", "outcome", "pdq"]
    assert len(rows) == 3
    at = head.index("outcome")
    assert [row[at:].split()[0] for row in rows] == ["block", "clear", "clear"]
    assert "empty.jpg: " in ended.stderr


def test_standard_input_is_a_picture_like_any_other(folder):
    data = (folder / "copy.jpg").read_bytes()
    _, (record,) = eikona_json("compare", "original.png", "-", stdin=data, cwd=folder)
    assert (record["b"], record["match"]) == ("-", True)


def test_names_that_are_no_text_survive(folder):
    name = os.fsdecode(b"\xff.png")
    bad_input.picture(1, (640, 480)).save(folder / name)
    _, (record,) = eikona_json("compare", "original.png", name, cwd=folder)
    assert os.fsencode(record["b"]) == b"\xff.png"


@pytest.mark.parametrize("rule", ["eikona", "forbild"])
def test_a_flat_picture_has_no_weighted_distance_and_the_json_is_valid(tmp_path, rule):
    Image.new("RGB", (300, 300), "grey").save(tmp_path / "flat.png")
    bad_input.save_picture(tmp_path / "other.png", 2, (640, 480))
    status, (record,) = eikona_json(
        "compare", "flat.png", "other.png", "--rule", rule, cwd=tmp_path
    )
    assert status == 0
    assert record["outcome"] == "clear"
    assert record["distances"]["forbild"] > 8
    assert "forbild-weighted" not in record["distances"]


def test_json_lines_refuse_what_json_has_no_number_for():
    for value in (float("inf"), float("nan")):
        with pytest.raises(ValueError, match="JSON"):
            json_line({"file": "\udcff", "distance": value})
