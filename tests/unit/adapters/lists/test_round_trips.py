"""What a bank holds comes back from its tables as it was."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eikona.adapters.bank.additions import group_by_schema
from eikona.adapters.bank.column_chunks import of_entries_alike
from eikona.adapters.bank.contents import hash_keys
from eikona.adapters.lists.building import RawRows, build
from eikona.adapters.lists.entry_csv import read_entries, write_csv
from eikona.adapters.lists.ndjson import read_ndjson, write_ndjson
from eikona.adapters.lists.parquet import ParquetWriter, read_parquet
from tests.unit.adapters.lists.made_lists import CREATED, entries, read, unicode_texts

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def chunks(originals):
    return [of_entries_alike(group) for group in group_by_schema(originals)]


def keys(originals):
    return sorted({key for one in originals for key in hash_keys(one.fingerprint)})


def by_content(some):
    return sorted(some, key=repr)


@quick
@given(st.lists(entries(), max_size=4))
def test_ndjson(originals):
    file = io.StringIO(newline="")
    write_ndjson(chunks(originals), file)
    text = file.getvalue()
    assert text.isascii()
    assert text.count("\n") == len(originals)
    found = read(read_ndjson, text)
    assert found.bad == {}
    assert by_content(found.entries.values()) == by_content(originals)


@quick
@given(st.lists(entries(), max_size=4))
def test_parquet(originals):
    file = io.BytesIO()
    ParquetWriter(keys(originals)).write(chunks(originals), file)
    if not originals:
        return
    found = read(read_parquet, file.getvalue())
    assert found.bad == {}
    assert by_content(found.entries.values()) == by_content(originals)


@quick
@given(st.lists(entries(unicode_texts, greys=False), max_size=4))
def test_csv(originals):
    file = io.StringIO(newline="")
    write_csv(chunks(originals), keys(originals), file)
    if not originals:
        return
    found = read(read_entries, file.getvalue())
    assert found.bad == {}
    assert by_content(found.entries.values()) == by_content(originals)


def test_more_hashes_than_an_integer_has_bits_are_told_apart():
    rows = range(80)
    hashes = {
        f"theirs{label:02}@1": ["ab" * (label + 1) if row == label else None for row in rows]
        for label in rows
    }
    built = build(RawRows(rows, hashes), CREATED)
    assert [len(one.lines) for one in built.listed] == [1] * 80
    for one in built.listed:
        (key,) = one.columns.codes
        assert key.name == f"theirs{one.lines[0]:02}"
        assert one.columns.codes[key].tobytes() == b"\xab" * (one.lines[0] + 1)


@pytest.mark.parametrize("reader", [read_ndjson, read_entries, read_parquet])
def test_whatever_is_in_a_file_is_read_or_refused(reader):
    @quick
    @given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
    def check(data):
        try:
            read(reader, data)
        except Exception as error:  # noqa: BLE001  only those on purpose may come
            assert getattr(error, "code", None) == "invalid_table"  # noqa: PT017

    check()
