"""One sealed segment, mapped into memory: checked when opened, read where it is needed."""

import mmap
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from eikona.adapters.bank import layout
from eikona.adapters.bank.feature_sections import POSTINGS, read_postings
from eikona.adapters.bank.features import (
    FEATURE_OFFSETS,
    FEATURES,
    FEATURES_OF,
    unpack_features,
)
from eikona.adapters.bank.layout import Head, Section
from eikona.adapters.bank.name_table import NameTable
from eikona.adapters.bank.names import decode_name
from eikona.adapters.bank.ragged import Ragged
from eikona.adapters.bank.records import RECORD, Facts, unpack_record, unpack_text
from eikona.adapters.bank.tables import BAND_IDS, BAND_OFFSETS, read_tables
from eikona.domain.bank import Entry
from eikona.domain.errors import BankDamagedError, BankFormatError
from eikona.domain.fingerprint import Fingerprint
from eikona.matching.bands import BandTables
from eikona.matching.linear import WORD_BYTES, Words
from eikona.matching.shortlist.postings import PostingTable
from eikona.services.ports import HashKey

CODES, VECTORS, GREY = "codes", "vectors", "grey"
RECORDS = "records"
NAME_OFFSETS, NAME_TEXT = "name-offsets", "name-text"
NAME_DIGESTS, NAME_ROWS = "name-digests", "name-rows"
TEXT_OFFSETS, TEXT = "text-offsets", "text"
REPLACES = "replaces"
_KINDS = frozenset(
    {
        *(CODES, VECTORS, GREY, RECORDS, NAME_OFFSETS, NAME_TEXT, NAME_DIGESTS, NAME_ROWS),
        *(TEXT_OFFSETS, TEXT, REPLACES, BAND_OFFSETS, BAND_IDS, FEATURE_OFFSETS, FEATURES),
        *POSTINGS,
    }
)
CHECKED_WHOLE = 1 << 25  # bytes: a segment up to this long is checked in full when it is opened
_OFFSET = np.dtype("<u8")


class Segment:
    """A segment that can be read; the arrays it gives are views of the file."""

    def __init__(self, number: int, head: Head, checksum: int, data: memoryview) -> None:
        """Look at a segment whose head is checked.

        Raises:
            BankFormatError: it has a section that must be understood and is not.
            BankDamagedError: a section is missing or not as long as its entries need.
        """
        self.number = number
        self.head = head
        self.checksum = checksum
        self.rows = head.rows
        self.data = data
        self._values: dict[HashKey, NDArray[Any]] = {}
        self.hashes: Mapping[HashKey, Section] = self._hash_sections()
        self.grey = self._grey_section()
        self.records = self._fixed(RECORDS, RECORD)
        self.digests: NDArray[np.uint64] = self._fixed(NAME_DIGESTS, "<u8")
        self.digest_rows: NDArray[np.uint32] = self._fixed(NAME_ROWS, "<u4")
        self.names = self._ragged(NAME_OFFSETS, NAME_TEXT)
        self.by_name = NameTable(self.names, self.digests, self.digest_rows)
        self.texts = self._ragged_if_there(TEXT_OFFSETS, TEXT)
        self.features = self._ragged_if_there(FEATURE_OFFSETS, FEATURES, FEATURES_OF)

    @classmethod
    def open(cls, path: Path, number: int) -> "Segment":
        """Open a segment file and check it: all of it, or head and footer where it is long.

        Raises:
            FileNotFoundError: it does not exist.
            BankDamagedError: it is torn, changed or something else.
            BankFormatError: it needs a newer version.
        """
        data = map_file(path)
        head, checksum = layout.parse_head(data, path.name)
        layout.check_footer(data, head, checksum, path.name)
        if len(data) <= CHECKED_WHOLE and (damaged := layout.damaged_blocks(data, head)):
            first, end = head.block(damaged[0])
            raise BankDamagedError(f"{path.name} is damaged, first between bytes {first} and {end}")
        return cls(number, head, checksum, data)

    @cached_property
    def is_whole(self) -> bool:
        """Whether all bytes are those that were written; reads every one."""
        return not layout.damaged_blocks(self.data, self.head)

    @property
    def schema(self) -> tuple[frozenset[HashKey], bool]:
        """Which hashes every entry has, and whether ForBild's grey values are there."""
        return frozenset(self.hashes), self.grey is not None

    def columns(self, key: HashKey) -> Words:
        """Return codes as columns of words, shape (words, rows)."""
        if key not in self._values:
            words = word_bytes(key.size) // WORD_BYTES
            values = self._array(self.hashes[key], "<u8").reshape(words, self.rows)
            self._values[key] = values.astype(np.uint64, copy=False)
        return self._values[key]

    def vectors(self, key: HashKey) -> NDArray[np.uint8]:
        """Return hashes that are compared by correlation, shape (rows, bytes)."""
        if key not in self._values:
            values = self._array(self.hashes[key], np.uint8)
            self._values[key] = values.reshape(self.rows, key.size)
        return self._values[key]

    def tables(self, key: HashKey) -> BandTables | None:
        """Return the band tables of a hash; None where there are none.

        Raises:
            BankDamagedError: their sizes make no sense.
        """
        algorithm = self.hashes[key].algorithm
        offsets = self._sections.get((BAND_OFFSETS, algorithm))
        ids = self._sections.get((BAND_IDS, algorithm))
        if offsets is None or ids is None:
            return None
        bits = 8 * word_bytes(key.size)
        found = read_tables(offsets, ids, self.rows, bits, lambda one: self._array(one, "<u4"))
        if found is None:
            raise self._makes_no_sense(BAND_IDS)
        return found

    @cached_property
    def postings(self) -> PostingTable | None:
        """What the shortlist knows of the entries; None where no entry has local features.

        Raises:
            BankDamagedError: its sizes make no sense.
        """
        return read_postings(self._sections, self.rows, self._array)

    def is_vector(self, key: HashKey) -> bool:
        """Whether a hash is stored for comparison by correlation."""
        return self.hashes[key].kind == VECTORS

    @cached_property
    def greys(self) -> NDArray[np.uint8] | None:
        """ForBild's grey values, shape (rows, 256)."""
        if self.grey is None:
            return None
        return self._array(self.grey, np.uint8).reshape(self.rows, self.grey.element)

    @cached_property
    def replaces(self) -> tuple[int, ...]:
        """Numbers of the segments whose entries were merged into this one."""
        section = self._sections.get((REPLACES, ""))
        return () if section is None else tuple(map(int, self._array(section, "<u8")))

    def name(self, row: int) -> str:
        """Return the name of one entry."""
        return decode_name(self.names.at(row))

    def fingerprint(self, row: int) -> Fingerprint:
        """Return the fingerprint of one entry, without PDQ codes of other orientations."""
        return self._fingerprint(unpack_record(self.records[row]), row)

    def entry(self, row: int) -> Entry:
        """Return one entry.

        Raises:
            BankDamagedError: what is stored of it makes no sense.
        """
        facts = unpack_record(self.records[row])
        text = b"" if self.texts is None else self.texts.at(row)
        return Entry(
            name=self.name(row),
            fingerprint=self._fingerprint(facts, row),
            created=facts.created,
            state=facts.state,
            **unpack_text(text),
        )

    def _fingerprint(self, facts: Facts, row: int) -> Fingerprint:
        return facts.fingerprint(
            {key.name: self._code(key, row) for key in self.hashes},
            {key.name: key.version for key in self.hashes},
            b"" if self.greys is None else self.greys[row].tobytes(),
            None if self.features is None else unpack_features(self.features.at(row)),
        )

    def _code(self, key: HashKey, row: int) -> bytes:
        if self.is_vector(key):
            return bytes(self.vectors(key)[row])
        words = self.columns(key)[:, row].astype("<u8")
        return bytes(words.tobytes()[: key.size])

    @cached_property
    def _sections(self) -> Mapping[tuple[str, str], Section]:
        unknown = [
            one.kind
            for one in self.head.sections
            if one.kind not in _KINDS and one.flags & layout.MUST_UNDERSTAND
        ]
        if unknown:
            raise BankFormatError(
                f"segment {self.number} has sections of a newer kind ({unknown[0]}): update Eikona"
            )
        return {(one.kind, one.algorithm): one for one in self.head.sections}

    def _hash_sections(self) -> Mapping[HashKey, Section]:
        found = {}
        for (kind, algorithm), section in self._sections.items():
            if kind not in (CODES, VECTORS):
                continue
            name, _, version = algorithm.partition("@")
            if not name or not version.isdecimal() or section.element == 0:
                raise self._makes_no_sense(kind)
            each = section.element if kind == VECTORS else word_bytes(section.element)
            if section.length != each * self.rows:
                raise self._makes_no_sense(kind)
            found[HashKey(name, int(version), section.element)] = section
        return found

    def _grey_section(self) -> Section | None:
        found = [section for (kind, _), section in self._sections.items() if kind == GREY]
        if found and found[0].length != found[0].element * self.rows:
            raise self._makes_no_sense(GREY)
        return found[0] if found else None

    def _fixed(self, kind: str, dtype: DTypeLike) -> NDArray[Any]:
        section = self._sections.get((kind, ""))
        if section is None or section.length != np.dtype(dtype).itemsize * self.rows:
            raise self._makes_no_sense(kind)
        return self._array(section, dtype)

    def _ragged_if_there(self, offsets: str, text: str, algorithm: str = "") -> Ragged | None:
        there = (offsets, algorithm) in self._sections
        return self._ragged(offsets, text, algorithm) if there else None

    def _ragged(self, offsets: str, text: str, algorithm: str = "") -> Ragged:
        places, letters = (self._sections.get((kind, algorithm)) for kind in (offsets, text))
        if places is None or letters is None or places.length != 8 * (self.rows + 1):
            raise self._makes_no_sense(text)
        found = self._array(places, _OFFSET)
        return Ragged(found, self.data[letters.offset : letters.offset + letters.length])

    def _array(self, section: Section, dtype: DTypeLike) -> NDArray[Any]:
        kind = np.dtype(dtype)
        return np.frombuffer(self.data, kind, section.length // kind.itemsize, section.offset)

    def _makes_no_sense(self, kind: str) -> BankDamagedError:
        return BankDamagedError(f"segment {self.number}: its section {kind} makes no sense")


def word_bytes(size: int) -> int:
    """Return how many bytes a code of ``size`` bytes takes as whole words."""
    return -(-size // WORD_BYTES) * WORD_BYTES


def map_file(path: Path) -> memoryview:
    """Return a file's bytes without reading them; an empty file's too.

    Raises:
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        try:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:  # an empty file cannot be mapped
            return memoryview(b"")
