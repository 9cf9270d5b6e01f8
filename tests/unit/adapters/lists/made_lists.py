"""Entries made up for tests of lists, and lists read as a test sees them."""

import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from eikona.adapters.bank.additions import bare_fingerprint
from eikona.adapters.lists.listed import BadLine
from eikona.domain.bank import Entry, EntryState
from eikona.domain.fingerprint import DecodeMode

CREATED = datetime(2026, 11, 21, 12, 30, 15, 123456, tzinfo=UTC)
PDQ = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"
SHORT = "0123456789abcdef"

unicode_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
# Names of files may hold bytes that are no UTF-8: Python has them as these surrogates.
any_texts = st.text(
    st.one_of(
        st.characters(codec="utf-8"), st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)
    ),
    max_size=12,
).filter(
    lambda text: text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == text
)


@st.composite
def entries(draw, texts=any_texts, greys=True):
    hashes, versions = {"phash": draw(st.binary(min_size=8, max_size=8))}, {"phash": 1}
    if draw(st.booleans()):
        hashes["dhash"], versions["dhash"] = draw(st.binary(min_size=8, max_size=8)), 7
    if draw(st.booleans()):
        hashes["theirs"], versions["theirs"] = draw(st.binary(min_size=3, max_size=3)), 2
    grey = b""
    if greys and draw(st.booleans()):
        hashes["forbild"], versions["forbild"] = draw(st.binary(min_size=32, max_size=32)), 1
        grey = draw(st.binary(min_size=8, max_size=8)) * 32
    return Entry(
        name=draw(texts.filter(bool)),
        fingerprint=replace(
            bare_fingerprint(hashes, versions),
            width=draw(st.integers(0, 9999)),
            frames=draw(st.integers(0, 99)),
            quality=draw(st.integers(0, 100)),
            decode=draw(st.sampled_from(DecodeMode)),
            image_format=draw(st.sampled_from(["", "jpeg"])),
            forbild_grey=grey,
        ),
        created=draw(st.datetimes(timezones=st.just(UTC))),
        state=draw(st.sampled_from(EntryState)),
        tags=tuple(draw(st.lists(texts.filter(bool), max_size=3))),
        owner=draw(texts),
        note=draw(texts),
        source=draw(texts),
    )


@dataclass
class Read:
    """What a list said: entries and bad lines by line, hashes of foreign types by type."""

    entries: dict[int, Entry]
    bad: dict[int, str]
    foreign: dict[str, int]
    given: set[str]

    @property
    def one(self):
        (entry,) = self.entries.values()
        return entry


def read(reader, data, *more):
    """Read a list of bytes or text with a reader, its further arguments before the time."""
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogateescape")
    found = Read({}, {}, {}, set())
    for chunk in reader(io.BytesIO(data), *more, CREATED):
        for listed in chunk.listed:
            for place, line in enumerate(listed.lines.tolist()):
                assert line not in found.entries
                found.entries[line] = listed.columns.entry(place)
            found.given |= listed.columns.given
        for bad in chunk.bad:
            assert isinstance(bad, BadLine)
            assert bad.line not in found.bad
            assert len(bad.reason) < 300
            found.bad[bad.line] = bad.reason
        for kind, number in chunk.foreign.items():
            found.foreign[kind] = found.foreign.get(kind, 0) + number
    found.entries = dict(sorted(found.entries.items()))
    return found
