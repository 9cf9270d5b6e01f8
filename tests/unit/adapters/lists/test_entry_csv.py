"""Tables of entries: others' are read as far as they go, and hostile ones row by row."""

import io
from datetime import UTC, datetime

import pytest

from eikona.adapters.lists import entry_csv
from eikona.adapters.lists.entry_csv import is_entry_csv, read_entries
from eikona.adapters.lists.line_blocks import MOST_LINE_BYTES
from eikona.domain.errors import InvalidTableError
from tests.unit.adapters.lists.made_lists import CREATED, SHORT, read


@pytest.mark.parametrize(
    "text",
    [
        f"name,phash\nx,{SHORT}\n",
        f"\ufeffname;phash\r\nx;{SHORT}\r\n",
        f"colour,phash,name\nred,{SHORT},x\n",
        f'name,phash,pdq\n"x", {SHORT.upper()},',
    ],
)
def test_other_tables_say_less(text):
    found = read(read_entries, text)
    assert list(found.entries) == [2]
    assert found.one.name == "x"
    assert found.one.fingerprint.hex == {"phash": SHORT}
    assert found.given == set()


def test_a_row_without_a_name_is_called_like_its_hash():
    for text in (f"phash\n{SHORT}\n", f"name,phash\n,{SHORT}\n"):
        assert read(read_entries, text).one.name == f"phash:{SHORT}"


def test_empty_cells_say_nothing_except_of_text():
    header = "name,phash,state,width,note"
    assert read(read_entries, f"{header}\nx,{SHORT},,,\n").given == {"note"}
    assert read(read_entries, f"{header}\nx,{SHORT},review,3,\n").given == {
        "state",
        "width",
        "note",
    }


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"x,{SHORT[:-1]},active,9,2026-01-01", "hexadecimal"),
        (f"x,{SHORT}00,active,9,2026-01-01", "16 hex digits"),
        ("x,,active,9,2026-01-01", "no hash"),
        (f"x,{SHORT},gone,9,2026-01-01", "gone"),
        (f"x,{SHORT},active,-9,2026-01-01", "below zero"),
        (f"x,{SHORT},active,{1 << 32},2026-01-01", "above"),
        (f"x,{SHORT},active,{'9' * 5000},2026-01-01", "makes no sense"),
        (f"x,{SHORT},active,9,yesterday", "yesterday"),
        (f"x,{SHORT}", "2 cells"),
        (f'"{"n" * 140_000}",{SHORT},active,9,2026-01-01', "65535 bytes"),
        (f"{'n' * MOST_LINE_BYTES},{SHORT},active,9,2026-01-01", "longer than 4 MiB"),
        (f"{'n' * 70_000},{SHORT},active,9,2026-01-01", "a name has"),
    ],
)
def test_a_bad_row_says_why_and_the_rest_is_read(row, said):
    good = f"y,{SHORT},active,9,2026-01-01"
    found = read(read_entries, f"name,phash,state,width,created\n{good}\n{row}\n{good}\n")
    assert list(found.bad) == [3]
    assert said in found.bad[3]
    assert sorted(found.entries) == [2, 4]
    assert found.entries[2] == found.entries[4]
    assert found.entries[2].created == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_quote_that_is_never_closed_costs_what_follows_and_is_said():
    text = f'name,phash\ny,{SHORT}\n"x,{SHORT}\nz,{SHORT}\n'
    found = read(read_entries, text)
    assert list(found.entries) == [2]
    assert list(found.bad) == [4]


def test_tables_without_hashes_are_refused():
    assert not is_entry_csv("name,colour\n")
    assert is_entry_csv("name;imagehash-phash;dhash@7\n")
    with pytest.raises(InvalidTableError, match="name, colour"):
        read(read_entries, "name,colour\nx,red\n")
    with pytest.raises(InvalidTableError, match="one name"):
        read(read_entries, "phash,phash\n")


def test_more_hashes_than_a_list_may_have_are_refused():
    header = ",".join(f"h{number}@1" for number in range(65))
    with pytest.raises(InvalidTableError, match="65 columns are hashes'"):
        read(read_entries, f"{header}\n")


def test_long_rows_are_parted_into_more_chunks(monkeypatch):
    monkeypatch.setattr(entry_csv, "BYTES_AT_ONCE", 1000)
    rows = [f"{number},{SHORT},{'n' * 400}" for number in range(9)]
    text = "\n".join(["name,phash,note", *rows])
    chunks = list(read_entries(io.BytesIO(text.encode()), CREATED))
    assert [chunk.rows for chunk in chunks] == [3, 3, 3, 0]


def test_a_quote_that_is_missing_is_told_with_all_lines_that_it_takes():
    rows = "\n".join(f"{number},{SHORT}" for number in range(5))
    found = read(read_entries, f'name,phash\nfirst,{SHORT}\n"second,{SHORT}\n{rows}\n')
    assert list(found.entries) == [2]
    said = "has 1 cells where the header has 2; lines 3 to 8 are one row: is a quote missing?"
    assert found.bad == {8: said}


def test_a_cell_may_be_as_long_as_in_other_lists():
    note = "n" * 200_000
    assert read(read_entries, f"phash,note\n{SHORT},{note}\n").one.note == note


def test_a_cell_that_never_ends_is_refused():
    text = f'phash,note\n{SHORT},"' + "n\n" * (MOST_LINE_BYTES // 2 + 10)
    assert "field larger" in next(iter(read(read_entries, text).bad.values()))
