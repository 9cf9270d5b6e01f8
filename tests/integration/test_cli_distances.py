"""Tables of distances from folders, and what evaluate makes of them."""

import csv

import pytest
from PIL import Image, ImageOps

import eikona as library
from eikona.hashing.registry import OWN_ALGORITHMS
from tests.integration import bad_input
from tests.integration.command_line import eikona, eikona_json

NUMBER = 4


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    (root / "in").mkdir()
    (root / "out" / "turned").mkdir(parents=True)
    for number in range(NUMBER):
        picture = bad_input.picture(number, (320, 240))
        picture.save(root / "in" / f"photo{number}.png")
        picture.save(root / "out" / f"photo{number}-jpeg.jpg", quality=50)
        ImageOps.mirror(picture).save(root / "out" / "turned" / f"mirrored_photo{number}.png")
    return root


@pytest.fixture(scope="module")
def table(folders):
    path = folders / "pairs.csv"
    status, records = eikona_json("distances", "in", "out", "-o", path, cwd=folders)
    assert status == 0
    assert records == [{"output": str(path), "pairs": 16, "copies": 8, "failed": 0}]
    return path


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_altered_picture_stands_with_its_own_and_one_other(table):
    rows = rows_of(table)
    assert list(rows[0])[:7] == [
        *("original", "altered", "dhash", "phash", "whash", "nmfhash", "isMatching")
    ]
    for own, other in zip(rows[::2], rows[1::2], strict=True):
        assert own["altered"] == other["altered"]
        assert (own["isMatching"], other["isMatching"]) == ("True", "False")
        number = own["original"].removeprefix("in/photo")[0]
        assert f"photo{number}" in own["altered"]
        assert own["original"] != other["original"]


def test_distances_are_those_of_compare(table, folders):
    for row in rows_of(table)[1::5]:
        pair = [
            library.fingerprint(
                folders / row[name], algorithms=list(OWN_ALGORITHMS), local_features=True
            )
            for name in ("altered", "original")
        ]
        found = library.compare(*pair).distances
        assert float(row["dhash"]) == found.by_name["dhash256"] / 256
        assert float(row["whash"]) == found.by_name["whash256"] / 256
        assert float(row["nmfhash"]) == pytest.approx(1 - found.by_name["nmf-unihasher"])
        assert int(row["pdq_bits"]) == found.by_name["pdq"]
        assert int(row["phash_mean_bits"]) == found.by_name["phash-mean"]
        assert float(row["nmf_correlation"]) == pytest.approx(1 - found.by_name["nmf"])
        assert float(row["forbild_weighted"]) == found.by_name["forbild-weighted"]
        assert (int(row["inliers"]), float(row["reach"])) == (
            found.alignment.inliers,
            found.alignment.reach,
        )
        assert (int(row["quality"]), row["orientation"]) == (found.quality, found.orientation)
    mirrored = {r["orientation"] for r in rows_of(table) if "mirrored" in r["altered"]}
    assert "flip-left-right" in mirrored


def test_every_rule_can_be_scored_on_the_table(table):
    status, records = eikona_json("evaluate", "--distances", table)
    assert status == 0
    scores = {record["rule"]: record for record in records}
    assert {"majority", "unihasher-tree", "forbild", "eikona"} <= set(scores)
    assert len(scores) == 9
    assert scores["eikona"]["accuracy"] == 1
    assert all(record["tp"] + record["fn"] == 8 for record in records)
    one = eikona_json("evaluate", "--distances", table, "--rule", "both:pdq,nmf,phash-mean=75")[1]
    assert one[0]["tn"] == 8


def test_all_pairs(folders, tmp_path):
    path = tmp_path / "pairs.csv"
    _, (record,) = eikona_json(
        *("distances", "in", "out", "-o", path, "--all-pairs", "--no-cache"),
        "--no-local-features",
        cwd=folders,
    )
    assert (record["pairs"], record["copies"]) == (8 * NUMBER, 8)
    assert len(rows_of(path)) == 8 * NUMBER
    assert {row["inliers"] for row in rows_of(path)} == {""}


def test_labels_name_the_originals(folders, tmp_path):
    labels, path = tmp_path / "labels.csv", tmp_path / "pairs.csv"
    labels.write_text(
        "altered,original\nphoto0-jpeg.jpg,photo3.png\nturned/mirrored_photo1.png,in/photo1.png\n"
        "missing.jpg,photo0.png\nphoto2-jpeg.jpg,missing.png\n"
    )
    status, records = eikona_json(
        "distances", "in", "out", "-o", path, "--labels", labels, cwd=folders
    )
    assert status == 1
    assert [record["file"] for record in records[:-1]] == ["missing.jpg", "photo2-jpeg.jpg"]
    assert {record["error"]["code"] for record in records[:-1]} == {"unlabelled"}
    own = {row["altered"]: row["original"] for row in rows_of(path) if row["isMatching"] == "True"}
    assert own == {
        "out/photo0-jpeg.jpg": "in/photo3.png",
        "out/turned/mirrored_photo1.png": "in/photo1.png",
    }


def test_bad_pictures_are_said_and_the_rest_is_measured(tmp_path):
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    for number in range(3):
        bad_input.save_picture(tmp_path / "in" / f"p{number}.png", number, (96, 96))
        Image.open(tmp_path / "in" / f"p{number}.png").save(tmp_path / "out" / f"p{number}.jpg")
    (tmp_path / "in" / "p1.png").write_bytes(b"")
    (tmp_path / "out" / "p2.jpg").write_bytes(b"no picture")
    (tmp_path / "out" / "stray.png").write_bytes((tmp_path / "in" / "p0.png").read_bytes())
    status, records = eikona_json("distances", "in", "out", "-o", "pairs.csv", cwd=tmp_path)
    assert status == 1
    codes = {record["file"]: record["error"]["code"] for record in records[:-1]}
    assert codes == {
        "in/p1.png": "empty_file",
        "out/p2.jpg": "not_an_image",
        "out/p1.jpg": "unlabelled",
        "out/stray.png": "unlabelled",
    }
    assert records[-1] == {"output": "pairs.csv", "pairs": 2, "copies": 1, "failed": 4}


def test_nothing_to_pair_writes_nothing(tmp_path):
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    ended = eikona("distances", "in", "out", "-o", "pairs.csv", cwd=tmp_path)
    assert ended.status == 1
    assert "no pair" in ended.stderr
    assert not (tmp_path / "pairs.csv").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["in", "out"],
        ["in", "in", "-o", "x.csv"],
        [".", "out", "-o", "x.csv"],
        ["in", "missing", "-o", "x.csv"],
        ["in", "out", "-o", "no/such/folder/x.csv"],
    ],
)
def test_wrong_usage_is_said(folders, arguments):
    ended = eikona("distances", *arguments, cwd=folders)
    assert ended.status == 2
    assert "Traceback" not in ended.stderr


def test_a_table_of_labels_without_its_columns_is_said(folders, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("copy,original\n")
    ended = eikona("distances", "in", "out", "-o", "x.csv", "--labels", labels, cwd=folders)
    assert ended.status == 1
    assert "no column altered" in ended.stderr
    labels.unlink()
    ended = eikona("distances", "in", "out", "-o", "x.csv", "--labels", labels, cwd=folders)
    assert ended.status == 1
    assert f"{labels}: no such file" in ended.stderr
    assert not (folders / "x.csv").exists()
