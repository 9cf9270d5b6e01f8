import csv
from pathlib import Path

import pytest

from tests.integration.command_line import eikona, eikona_json

VECTORS = Path(__file__).parents[2] / "vectors"
FIELDS = {"rule", "accuracy", "precision", "recall", "f1", "fpr", "tp", "fp", "tn", "fn"}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The table as the Unihasher project publishes it: fractions, and columns besides."""
    path = tmp_path_factory.mktemp("tables") / "data_people.csv"
    with (VECTORS / "unihasher_pairs.csv").open() as source, path.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["filename", "dhash", "phash", "whash", "nmfhash", "isMatching"])
        for number, row in enumerate(csv.reader(source)):
            if number:
                fractions = [int(bits) / 256 for bits in row[:3]]
                writer.writerow([f"{number}.jpg", *fractions, row[3], row[4] == "1"])
    return path


def test_the_published_figures_come_from_the_published_table(published):
    status, (record,) = eikona_json(
        "evaluate", "--rule", "unihasher-tree", "--distances", published
    )
    assert status == 0
    assert set(record) == FIELDS
    assert record["rule"] == "unihasher-tree"
    assert [record[name] for name in ("tp", "fp", "tn", "fn")] == [4295, 370, 4899, 436]
    assert round(record["accuracy"], 4) == 0.9194
    assert round(record["f1"], 4) == 0.9142


def test_without_a_rule_hashes_majority_and_tree_are_compared(published):
    status, records = eikona_json("evaluate", "--distances", published)
    assert status == 0
    assert [record["rule"] for record in records] == [
        "threshold:dhash256=0.334",
        "threshold:phash256=0.348",
        "threshold:whash256=0.191",
        "threshold:nmf-unihasher=0.048",
        "majority",
        "unihasher-tree",
    ]
    assert max(records, key=lambda record: record["accuracy"])["rule"] == "unihasher-tree"


def test_thresholds_and_both_work_on_the_published_table(published):
    short, long, both = (
        eikona_json("evaluate", "--rule", rule, "--distances", published)[1][0]
        for rule in ("threshold:dhash=0.334", "threshold:dhash256=0.334", "both:phash,dhash=65.2")
    )
    assert {**short, "rule": ""} == {**long, "rule": ""}
    assert both["tp"] < short["tp"]
    assert both["precision"] > short["precision"]


def test_a_table_for_people(published):
    ended = eikona("evaluate", "--distances", published)
    assert ended.status == 0
    assert "unihasher-tree" in ended.text
    assert "0.9194" in ended.text


def test_standard_input_is_a_table_too(published):
    ended = eikona("evaluate", "--distances", "-", stdin=published.read_bytes())
    assert ended.status == 0
    assert "0.9194" in ended.text


def test_a_rule_without_its_columns_fails_and_the_others_are_scored(published):
    status, records = eikona_json(
        *("evaluate", "--rule", "eikona", "--rule", "majority", "--distances", published)
    )
    assert status == 1
    assert records[0]["rule"] == "eikona"
    assert records[0]["error"]["code"] == "missing_column"
    assert "pdq_bits" in records[0]["error"]["message"]
    assert records[1]["rule"] == "majority"


def test_bad_rows_are_named_by_line_and_left_out(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("dhash,isMatching\n0.1,1\nmany,1\n0.9,0\n")
    ended = eikona(
        *("evaluate", "--rule", "threshold:dhash=0.334", "--distances", path, "--format", "json")
    )
    assert ended.status == 1
    (record,) = ended.records
    assert (record["tp"], record["tn"], record["accuracy"]) == (1, 1, 1)
    assert "line 3: 'many' under dhash is no number" in ended.stderr
    assert "1 row left out" in ended.stderr


def test_a_thousand_bad_rows_do_not_flood_the_terminal(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("dhash,isMatching\n0.1,1\n" + "x,1\n" * 1000)
    ended = eikona("evaluate", "--rule", "threshold:dhash=0.334", "--distances", path)
    assert ended.status == 1
    assert "1000 rows left out" in ended.stderr
    assert len(ended.stderr.splitlines()) < 20


def test_fractions_of_nothing_are_null(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("dhash,isMatching\n0.9,0\n")
    status, (record,) = eikona_json(
        "evaluate", "--rule", "threshold:dhash=0.1", "--distances", path
    )
    assert status == 0
    assert (record["accuracy"], record["fpr"]) == (1, 0)
    assert record["precision"] is record["recall"] is record["f1"] is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("dhash,isMatching\n", "nothing to score"),
        ("dhash,isMatching\nx,1\n", "nothing to score"),
        ("dhash,phash\n0,0\n", "isMatching"),
        ("colour,isMatching\n0,1\n", "the columns of no rule"),
    ],
)
def test_tables_that_cannot_be_scored_say_why(tmp_path, content, said):
    path = tmp_path / "pairs.csv"
    path.write_text(content)
    ended = eikona("evaluate", "--distances", path)
    assert ended.status == 1
    assert ended.stdout == b""
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_missing_file_is_named(tmp_path):
    ended = eikona("evaluate", "--distances", tmp_path / "none.csv")
    assert ended.status == 1
    assert "none.csv" in ended.stderr
    assert "file_not_found" in ended.stderr


def test_wrong_usage_is_said(published):
    assert eikona("evaluate").status == 2
    ended = eikona("evaluate", "--rule", "best", "--distances", published)
    assert ended.status == 2
    assert "unihasher-tree" in ended.stderr
