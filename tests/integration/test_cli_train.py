import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image

from eikona.deciding.trees.tree_file import read_tree
from tests.integration.command_line import eikona, eikona_json

PUBLISHED = Path(__file__).parents[2] / "vectors" / "unihasher_pairs.csv"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A part of the published table: every tenth pair, as fractions under that project's names."""
    path = tmp_path_factory.mktemp("tables") / "pairs.csv"
    lines = PUBLISHED.read_text().splitlines()[1::10]
    rows = ["original,dhash,phash,whash,nmfhash,isMatching"]
    for number, line in enumerate(lines):
        *bits, correlation, label = line.split(",")
        fractions = ",".join(str(int(one) / 256) for one in bits)
        rows.append(f"{number % 97}.jpg,{fractions},{correlation},{label}")
    path.write_text("\n".join(rows))
    return path


def test_a_tree_is_trained_shown_and_is_a_rule_then(table, tmp_path):
    tree, picture = tmp_path / "my.tree", tmp_path / "my.png"
    ended = eikona("train", "--distances", table, "-o", tree, "--show", picture)
    assert ended.status == 0, ended.stderr
    assert "dhash256 at most" in ended.text
    assert "└ no:" in ended.text
    assert "no column original" not in ended.stderr
    with Image.open(io.BytesIO(picture.read_bytes())) as drawn:
        assert drawn.width > 400
    status, records = eikona_json(
        *("evaluate", "--rule", f"tree:{tree}", "--rule", "unihasher-tree", "--distances", table)
    )
    assert status == 0
    ours, theirs = records
    assert ours["rule"] == f"tree:{tree}"
    assert ours["accuracy"] > theirs["accuracy"] > 0.9
    assert ours["fpr"] < theirs["fpr"]


def test_options_settle_what_is_asked_and_how_often_it_may_be_wrong(table, tmp_path):
    tree, picture = tmp_path / "my.tree", tmp_path / "my.svg"
    status, records = eikona_json(
        *("train", "--distances", table, "-o", tree, "--hashes", "phash,nmfhash"),
        *("--hashes", "whash256", "--depth", "2", "--target-fpr", "0.06", "--show", picture),
    )
    assert status == 0
    (record,) = records
    assert set(record) == {
        *("output", "copies", "others", "too_plain", "distances", "depth", "answers", "folds"),
        *("recall", "fpr"),
    }
    assert record["copies"] + record["others"] == 1000
    assert set(record["distances"]) <= {"phash256", "nmf-unihasher", "whash256"}
    assert record["depth"] <= 2
    assert record["fpr"] <= 0.06
    assert read_tree(str(tree)).notes["target false-positive rate"] == 0.06
    texts = [one.text for one in ET.parse(picture).iter() if one.tag.endswith("text")]
    assert sum(text in ("block", "review", "clear") for text in texts) == record["answers"]


def test_the_same_table_gives_the_same_file(table, tmp_path):
    for name in ("one", "two"):
        assert eikona("train", "--distances", table, "-o", tmp_path / name).status == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_inliers_and_a_column_that_says_how_plain_pictures_are_count(tmp_path):
    table, tree = tmp_path / "pairs.csv", tmp_path / "my.tree"
    rows = ["pdq_bits,inliers,quality,isMatching"]
    for number in range(400):
        copy = number % 2
        far = 100 + number % 13
        rows.append(f"{far},{number % 4 + 9 * copy if number % 7 else ''},100,{copy}")
    rows.append("0,,49,0")
    table.write_text("\n".join(rows))
    status, (record,) = eikona_json("train", "--distances", table, "-o", tree)
    assert status == 0
    assert record["too_plain"] == 1
    assert record["distances"] == ["inliers"]
    status, (scores,) = eikona_json("evaluate", "--rule", f"tree:{tree}", "--distances", table)
    assert (status, scores["fp"], scores["precision"]) == (0, 0, 1.0)
    assert scores["recall"] == pytest.approx(6 / 7, abs=0.01)


def test_what_cannot_be_is_said(table, tmp_path):
    out = tmp_path / "my.tree"
    few = tmp_path / "few.csv"
    few.write_text("pdq_bits,isMatching\n1,1\n120,0\n")
    bare = tmp_path / "bare.csv"
    bare.write_text("name,isMatching\n1,1\n120,0\n")
    for options, status, words in (
        (("--distances", few), 1, "(untrainable)"),
        (("--distances", bare), 1, "the table has no distances"),
        (("--distances", tmp_path / "none"), 1, "(file_not_found)"),
        (("--distances", table, "--hashes", "pdq"), 1, "no distance 'pdq'; there are: dhash256"),
        (("--distances", table, "--show", "tree.jpg"), 2, ".svg or .png"),
        (("--distances", table, "--depth", "17"), 2, "--depth"),
        (("--distances", table, "--prior", "1"), 2, "--prior"),
    ):
        ended = eikona("train", *options, "-o", out)
        assert ended.status == status, ended.stderr
        assert words in " ".join(ended.stderr.replace("│", " ").split())
        assert not out.exists()
    ended = eikona("train", "--distances", table, "-o", tmp_path / "none" / "my.tree")
    assert ended.status == 2


def test_rows_that_cannot_be_read_are_left_out(table, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text(table.read_text() + "\nx.jpg,2,0,0,0,True\n")
    ended = eikona("train", "--distances", bad, "-o", tmp_path / "my.tree")
    assert ended.status == 1
    assert "line 1002: '2' under dhash is not within 0 and 1" in ended.stderr
    assert (tmp_path / "my.tree").exists()


def test_a_damaged_tree_is_refused_wherever_it_is_named(table, tmp_path):
    tree = tmp_path / "my.tree"
    assert eikona("train", "--distances", table, "-o", tree).status == 0
    tree.write_text(tree.read_text().replace('"match": true', '"match": 1'))
    ended = eikona("evaluate", "--rule", f"tree:{tree}", "--distances", table)
    assert ended.status == 1
    assert "is no tree of Eikona: an answer says" in ended.stderr
    ended = eikona("evaluate", "--rule", f"tree:{tmp_path / 'none'}", "--distances", table)
    assert ended.status == 2
    assert "no tree can be read from" in " ".join(ended.stderr.replace("│", " ").split())


def test_pictures_are_compared_by_a_tree(table, tmp_path):
    tree = tmp_path / "my.tree"
    assert eikona("train", "--distances", table, "-o", tree, "--hashes", "dhash").status == 0
    for name, seed in (("a.png", 3), ("b.png", 3), ("c.png", 8)):
        noise = Image.effect_noise((9, 9), 60 + seed).resize((90, 80), Image.Resampling.BICUBIC)
        noise.save(tmp_path / name)
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    status, records = eikona_json(
        *("compare", "--rule", f"tree:{tree}"), *(tmp_path / name for name in ("a.png", "b.png"))
    )
    assert status == 0
    assert records[0]["match"] is True
    assert 0.5 < records[0]["confidence"] < 1
    assert json.dumps(records[0]["rule"]) == json.dumps(f"tree:{tree}")


def test_a_tree_does_not_take_the_place_of_its_table(table, tmp_path):
    mine = tmp_path / "pairs.csv"
    mine.write_bytes(table.read_bytes())
    ended = eikona("train", "--distances", mine, "-o", mine)
    assert ended.status == 2
    assert "which is read" in " ".join(ended.stderr.replace("│", " ").split())  # it is wrapped
    assert mine.read_bytes() == table.read_bytes()
