"""Tables of entries: ours come back as they were, others' are read as far as they go."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eikona.adapters.bank.additions import bare_fingerprint
from eikona.adapters.entry_csv import is_entry_csv, read_entries, write_entries
from eikona.adapters.hash_lists import BadLine
from eikona.adapters.list_import import _fingerprint
from eikona.domain.bank import Entry, EntryState
from eikona.domain.errors import InvalidTableError
from eikona.domain.fingerprint import DecodeMode
from eikona.services.ports import HashKey

SHORT = "0123456789abcdef"
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
keys = (HashKey("phash", 1, 8), HashKey("dhash", 7, 8))


@st.composite
def entries(draw):
    hashes = {"phash": draw(st.binary(min_size=8, max_size=8))}
    versions = {"phash": 1}
    if draw(st.booleans()):
        hashes["dhash"], versions["dhash"] = draw(st.binary(min_size=8, max_size=8)), 7
    return Entry(
        name=draw(texts.filter(bool)),
        fingerprint=replace(
            bare_fingerprint(hashes, versions),
            width=draw(st.integers(0, 9999)),
            quality=draw(st.integers(0, 100)),
            decode=draw(st.sampled_from(DecodeMode)),
            image_format=draw(st.sampled_from(["", "jpeg"])),
        ),
        created=draw(st.datetimes(timezones=st.just(UTC))),
        state=draw(st.sampled_from(EntryState)),
        tags=tuple(draw(st.lists(texts.filter(bool), max_size=3))),
        owner=draw(texts),
        note=draw(texts),
        source=draw(texts),
    )


def read(text):
    return list(read_entries(io.StringIO(text, newline="")))


@settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # drawing many texts takes its time
@given(st.lists(entries(), max_size=3))
def test_what_is_written_comes_back(originals):
    file = io.StringIO(newline="")
    write_entries(originals, keys, file)
    back = []
    for line in read(file.getvalue()):
        facts = {name: line.facts[name] for name in ("state", "tags", "owner", "note", "source")}
        empty = bare_fingerprint({}, {})
        back.append(
            Entry(
                name=line.name,
                fingerprint=_fingerprint(empty, line),
                created=line.facts["created"],
                **facts,
            )
        )
    assert back == originals


@pytest.mark.parametrize(
    "text",
    [
        f"name,phash\nx,{SHORT}\n",
        f"name;phash\r\nx;{SHORT}\r\n",
        f"colour,phash,name\nred,{SHORT},x\n",
        f'name,phash,pdq\n"x",{SHORT.upper()},\n',
    ],
)
def test_other_tables_say_less(text):
    (line,) = read(text)
    assert (line.line, line.name) == (2, "x")
    assert line.hashes == {HashKey("phash", 1, 8): bytes.fromhex(SHORT)}
    assert line.facts == {}


def test_a_row_without_a_name_is_called_like_its_hash():
    assert [line.name for line in read(f"phash\n{SHORT}\n")] == [f"phash:{SHORT}"]
    assert [line.name for line in read(f"name,phash\n,{SHORT}\n")] == [f"phash:{SHORT}"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"x,{SHORT[:-1]},active,9,2026-01-01", "hexadecimal"),
        (f"x,{SHORT}00,active,9,2026-01-01", "16 hex digits"),
        ("x,,active,9,2026-01-01", "no hash"),
        (f"x,{SHORT},gone,9,2026-01-01", "gone"),
        (f"x,{SHORT},active,-9,2026-01-01", "below zero"),
        (f"x,{SHORT},active,9,yesterday", "yesterday"),
        (f"x,{SHORT}", "2 cells"),
    ],
)
def test_a_bad_row_says_why_and_the_rest_is_read(row, said):
    good = f"y,{SHORT},active,9,2026-01-01"
    first, bad, last = read(f"name,phash,state,width,created\n{good}\n{row}\n{good}\n")
    assert isinstance(bad, BadLine)
    assert bad.line == 3
    assert said in bad.reason
    assert first.facts == last.facts
    assert first.facts["created"] == datetime(2026, 1, 1, tzinfo=UTC)


def test_tables_without_hashes_are_refused():
    assert not is_entry_csv("name,colour\n")
    assert is_entry_csv("name;imagehash-phash;dhash@7\n")
    with pytest.raises(InvalidTableError, match="name, colour"):
        read("name,colour\nx,red\n")
    with pytest.raises(InvalidTableError, match="one name"):
        read("phash,phash\n")
