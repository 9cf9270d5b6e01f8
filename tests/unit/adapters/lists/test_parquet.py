"""Parquet that other programs wrote, damaged files, and what is said without pyarrow."""

import io
import sys
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eikona.adapters.bank.column_chunks import of_entries_alike
from eikona.adapters.lists import parquet as parquet_lists
from eikona.adapters.lists.parquet import ParquetWriter, read_parquet
from eikona.domain.errors import InvalidTableError, MissingExtraError
from tests.unit.adapters.bank.made import entry
from tests.unit.adapters.lists.made_lists import PDQ, SHORT, read


def parquet(columns, **options):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "codes",
    [
        pa.array([PDQ, None], pa.string()),
        pa.array([bytes.fromhex(PDQ), None], pa.binary()),
        pa.array([bytes.fromhex(PDQ), None], pa.binary(32)),
        pa.array([PDQ, None]).dictionary_encode(),
        pa.array([bytes.fromhex(PDQ), None], pa.large_binary()),
    ],
)
def test_hashes_may_be_bytes_or_hex(codes):
    found = read(read_parquet, parquet({"pdq": codes, "phash": [None, SHORT], "colour": [1, 2]}))
    assert found.entries[1].fingerprint.hex == {"pdq": PDQ}
    assert found.entries[2].name == f"phash:{SHORT}"


def test_a_slice_of_a_table_is_read_at_its_place():
    whole = pa.table({"pdq": pa.array([bytes([n]) * 32 for n in range(9)], pa.binary(32))})
    file = io.BytesIO()
    pq.write_table(whole.slice(5), file, row_group_size=2)
    found = read(read_parquet, file.getvalue())
    assert [found.entries[row].fingerprint.hashes["pdq"][0] for row in (1, 2, 3, 4)] == [5, 6, 7, 8]


def test_bad_rows_are_told_by_their_number():
    columns = {
        "name": ["a", "b", "c"],
        "pdq": [PDQ, PDQ[:-2], PDQ],
        "width": [1, 2, -3],
        "exact": [None, None, None],
    }
    found = read(read_parquet, parquet(columns))
    assert list(found.entries) == [1]
    assert "64 hex digits" in found.bad[2]
    assert "below zero" in found.bad[3]


@pytest.mark.parametrize(
    "created",
    [
        pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns")),
        pa.array([1_700_000_000_123_456, None], pa.timestamp("us", tz="Europe/Berlin")),
        pa.array([1_700_000_000_123_456, None], pa.timestamp("us", tz="Mars/Olympus")),
        pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns")).dictionary_encode(),
    ],
)
def test_times_are_read_in_any_unit_and_zone(created):
    found = read(read_parquet, parquet({"pdq": [PDQ, PDQ[::-1]], "created": created}))
    assert found.bad == {}
    assert found.entries[1].created == datetime(2023, 11, 14, 22, 13, 20, 123456, UTC)


@pytest.mark.parametrize("ticks", [pa.timestamp("s"), pa.timestamp("ms"), pa.date32(), pa.date64()])
def test_coarse_times_are_read(ticks):
    when = pa.array([datetime(2023, 11, 14, tzinfo=UTC).replace(tzinfo=None)]).cast(ticks)
    found = read(read_parquet, parquet({"pdq": [PDQ], "created": when}))
    assert found.entries[1].created == datetime(2023, 11, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("created", pa.array([2**62, 0], pa.timestamp("us", tz="UTC"))),
        ("created", pa.array([2**62, 0], pa.timestamp("ms"))),
        ("created", pa.array([2**31 - 1, 0], pa.date32())),
        ("owner", pa.StringArray.from_buffers(2, *pa.array([b"\xff", b"x"]).buffers()[1:])),
        ("name", pa.StringArray.from_buffers(2, *pa.array([b"\xff", b"x"]).buffers()[1:])),
        ("note", pa.array([7, None], pa.duration("ns"))),
        ("pdq", pa.StringArray.from_buffers(2, *pa.array([b"\xff", PDQ]).buffers()[1:])),
    ],
)
def test_what_python_cannot_hold_costs_its_row_only(name, values):
    columns = {"pdq": [PDQ, PDQ]} | {name: values}
    found = read(read_parquet, parquet(columns))
    assert list(found.bad) == [1]
    assert list(found.entries) == [2]


@pytest.mark.parametrize("exact", ["{", "[]", '{"name": [7]}', '{"tags": 7}'])
def test_texts_that_cannot_be_read_are_told(exact):
    columns = {
        "name": ["a", "b"],
        "pdq": [PDQ, PDQ],
        "tags": [["x"], ["y"]],
        "exact": [exact, None],
    }
    found = read(read_parquet, parquet(columns))
    assert list(found.bad) == [1]
    assert list(found.entries) == [2]


def test_a_damaged_row_group_costs_its_rows_only():
    names = [f"{number:06}" for number in range(6)]
    data = bytearray(
        parquet({"name": names, "pdq": [PDQ] * 6}, row_group_size=2, compression="zstd")
    )
    table = pq.ParquetFile(io.BytesIO(data))
    column = table.metadata.row_group(1).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    data[start : start + column.total_compressed_size] = bytes(column.total_compressed_size)
    found = read(read_parquet, bytes(data))
    assert sorted(found.entries) == [1, 2, 5, 6]
    assert list(found.bad) == [3]
    assert "1 after it" in found.bad[3]


def test_a_text_that_a_short_file_repeats_is_not_held_at_once(monkeypatch):
    monkeypatch.setattr(parquet_lists, "BYTES_AT_ONCE", 1 << 20)
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 40, pa.int32()), ["x" * (1 << 18)])
    data = parquet({"name": [f"{n:02}" for n in range(40)], "pdq": [PDQ] * 40, "owner": long})
    assert len(data) < 1 << 20
    chunks = list(read_parquet(io.BytesIO(data), datetime.now(UTC)))
    assert [chunk.rows for chunk in chunks] == [3] * 13 + [1]
    lines = [line for chunk in chunks for one in chunk.listed for line in one.lines.tolist()]
    assert lines == list(range(1, 41))


def test_more_hashes_than_a_list_may_have_are_refused():
    with pytest.raises(InvalidTableError, match="65 columns are hashes'"):
        read(read_parquet, parquet({f"theirs{n}@1": ["ab"] for n in range(65)}))


def test_what_is_no_parquet_or_has_no_hash_is_refused():
    with pytest.raises(InvalidTableError, match="no Parquet"):
        read(read_parquet, b"PAR1 and nothing more")
    with pytest.raises(InvalidTableError, match="name, colour"):
        read(read_parquet, parquet({"name": ["a"], "colour": ["red"]}))


def test_each_chunk_is_a_row_group_with_the_columns_that_are_described():
    file, some = io.BytesIO(), [of_entries_alike([entry("a")]), of_entries_alike([entry("b")])]
    ParquetWriter(sorted(some[0].codes)).write(some, file)
    table = pq.ParquetFile(file)
    assert table.num_row_groups == 2
    kinds = {field.name: str(field.type) for field in table.schema_arrow}
    assert kinds["name"] == "string"
    assert kinds["pdq"] == "fixed_size_binary[32]"
    assert kinds["created"] == "timestamp[us, tz=UTC]"
    assert kinds["tags"].startswith("list<")


def test_without_pyarrow_the_remedy_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"-m pip install pyarrow"):
        read(read_parquet, b"")
