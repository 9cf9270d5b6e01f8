"""Tables as other programs write them, good and bad."""

import csv
import io

import pytest

from eikona.adapters.distance_csv import BadRow, open_table, own_column
from eikona.domain.errors import InvalidTableError, MissingColumnError
from eikona.hashing.registry import ALGORITHMS

FOUR = ("dhash256", "phash256", "whash256", "nmf-unihasher")
TABLE = "filename,dhash,phash,whash,nmfhash,isMatching\nx.jpg,0.5,0.25,0.125,0.75,True\n"


def read(text, names=FOUR):
    data = text if isinstance(text, bytes) else text.encode()
    with open_table(io.BytesIO(data)) as table:
        return list(table.pairs(names))


def distances(text, names=FOUR):
    (pair,) = read(text, names)
    return dict(pair.distances.by_name)


def test_published_columns_are_fractions_of_256_bits_and_a_correlation():
    (pair,) = read(TABLE)
    assert pair.distances.by_name == {
        "dhash256": 128,
        "phash256": 64,
        "whash256": 32,
        "nmf-unihasher": 0.25,
    }
    assert pair.distances.similarity_percent == {
        "dhash256": 50,
        "phash256": 75,
        "whash256": 87.5,
        "nmf-unihasher": 75,
    }
    assert pair.is_copy


def test_published_columns_serve_the_short_hashes_as_the_same_fraction():
    assert distances(TABLE, ["dhash", "phash"]) == {"dhash": 32, "phash": 16}


def test_our_own_column_goes_first():
    text = "dhash,dhash_bits,isMatching\n0.5,3,1\n"
    assert distances(text, ["dhash", "dhash256"]) == {"dhash": 3, "dhash256": 128}


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("\n", "\r\n"),
        "\ufeff" + TABLE,
        TABLE.replace(",", ";"),
        TABLE.replace(",", ";").replace("0.", "0,"),
        TABLE.replace(",", "\t"),
        TABLE.replace(",", " , "),
        TABLE.upper().replace("TRUE", "tRuE"),
        TABLE.replace("True", "1"),
        TABLE.replace("x.jpg", '"a ""b"",\nc.jpg"'),
        TABLE.replace("\n", "\n\n"),
        TABLE.rstrip("\n"),
        TABLE.encode().replace(b"x.jpg", b"\xff\xfe\xe4.jpg"),
    ],
)
def test_spellings_of_one_table(text):
    assert read(text) == read(TABLE)


@pytest.mark.parametrize(
    ("label", "expected"),
    [("True", True), ("FALSE", False), ("1", True), ("0", False), ("1.0", True), (" false", False)],
)
def test_labels(label, expected):
    (pair,) = read(f"dhash,isMatching\n0.5,{label}\n", ["dhash"])
    assert pair.is_copy is expected


def test_a_bad_row_has_its_line_and_reason_and_the_rest_is_read():
    text = (
        "note,dhash,quality,isMatching\n"
        '"two\nlines",0.5,50,1\n'
        "\n"
        "b,many,50,1\n"
        "c,1.5,50,1\n"
        "d,nan,50,1\n"
        "e,0.5,50,maybe\n"
        "f,0.5,50\n"
        "g,0.5,101,1\n"
        "h,,50,1\n"
        "i,0.5,99,0\n"
    )
    first, *bad, last = read(text, ["dhash"])
    assert (first.distances.quality, last.distances.quality) == (50, 99)
    assert all(isinstance(row, BadRow) for row in bad)
    assert [row.line for row in bad] == [5, 6, 7, 8, 9, 10, 11]
    words = ["many", "1.5", "nan", "maybe", "3 cells", "quality", "no number"]
    assert all(word in row.reason for word, row in zip(words, bad, strict=True))


@pytest.mark.parametrize("text", ["", "\n", "\ufeff", " \n0.5\n"])
def test_an_empty_table(text):
    with pytest.raises(InvalidTableError, match="empty"):
        read(text)


def test_a_header_alone_has_no_pairs():
    assert read(TABLE.splitlines()[0]) == []


def test_other_encodings_are_refused():
    with pytest.raises(InvalidTableError, match="UTF-8"):
        read(TABLE.encode("utf-16"))


def test_a_table_without_labels_says_what_it_has():
    with pytest.raises(MissingColumnError, match=r"isMatching.*there are: dhash, phash"):
        read("dhash,phash\n0,0\n")


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(InvalidTableError, match="two columns"):
        read("dhash,DHash,isMatching\n0,0,1\n")


def test_cells_beyond_what_csv_takes_are_an_error_of_ours():
    before = csv.field_size_limit(131_072)  # of the whole process: readers of lists raise it
    try:
        with pytest.raises(InvalidTableError, match="line 2"):
            read("dhash,isMatching\n" + "0" * 200_000 + ",1\n", ["dhash"])
    finally:
        csv.field_size_limit(before)


def test_what_columns_are_missing():
    with open_table(io.BytesIO(TABLE.encode())) as table:
        assert table.missing(FOUR) == []
        assert table.missing(["pdq", "nmf", "phash"]) == ["pdq_bits", "nmf_correlation"]
    with open_table(io.BytesIO(b"pdq_bits,isMatching\n")) as other:
        assert other.missing(["pdq", "dhash256"]) == ["dhash256_bits or dhash"]


def test_a_weighted_distance_may_be_missing_and_the_correlation_overshoot_by_rounding():
    text = "forbild_bits,forbild_weighted,nmf_correlation,isMatching\n9,,1.0000000000000002,1\n"
    names = ["forbild", "forbild-weighted", "nmf"]
    assert distances(text, names) == {"forbild": 9, "nmf": 0}
    assert distances(text.replace(",,", ",2.5,"), names)["forbild-weighted"] == 2.5


def test_own_columns_are_told_apart():
    columns = [own_column(name) for name in (*ALGORITHMS, "forbild-weighted")]
    assert len(set(columns)) == len(columns)
    assert own_column("phash-mean") == "phash_mean_bits"
    assert own_column("nmf") == "nmf_correlation"
