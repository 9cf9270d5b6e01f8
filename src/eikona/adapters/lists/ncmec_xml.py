"""Hashes as NCMEC's hash sharing gives them: pages of images and videos with their fingerprints.

Source: ``queryResult`` holds ``images`` and ``videos``, these ``image``, ``video`` and, where one
is gone, ``deletedImage`` and ``deletedVideo``, each with ``member``, ``id``, ``classification``,
``fingerprints`` (``md5``, ``sha1``, ``pdna``, ``pdq`` …) and ``feedback`` with
``affirmativeFeedback`` and ``negativeFeedback`` of a fingerprint's ``type``; what is gone has no
fingerprints (facebook/ThreatExchange, ``python-threatexchange/threatexchange/exchanges/clients/
ncmec/hash_api.py`` and its tests). Every entry is a report, so a positive opinion.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO
from xml.parsers import expat  # a document type is refused, so nothing can expand

from eikona.adapters.lists.building import build
from eikona.adapters.lists.listed import ROWS_AT_ONCE, BadLine, Chunk
from eikona.adapters.lists.opinion_rows import OpinionRows
from eikona.adapters.lists.opinions import NEGATIVE, NO_OPINION, POSITIVE, state_of
from eikona.domain.errors import InvalidTableError

ROOT = "queryResult"
_ENTRIES = ("image", "video")
_GONE = ("deletedImage", "deletedVideo")
_PDQ = "pdq"
_OF_FEEDBACK = {"affirmativeFeedback": POSITIVE, "negativeFeedback": NEGATIVE}
_READ_BYTES = 1 << 16
_MOST_LETTERS = 1 << 20  # of one text
_MOST_DEPTH = 64


def read_ncmec(file: BinaryIO, created: datetime) -> Iterator[Chunk]:
    """Yield what the entries say; pages may follow each other only in files of their own.

    Args:
        file: one page.
        created: when entries come into their bank.

    Raises:
        InvalidTableError: it declares a document type, which no page does.
    """
    page = _Page()
    while not page.is_over:
        page.read(file)
        if page.count >= ROWS_AT_ONCE or page.is_over:
            yield page.chunk(created)


class _Page:
    """Entries until they are many."""

    def __init__(self) -> None:
        self.count = 0
        self.is_over = False
        self._path: list[str] = []
        self._text: list[str] = []
        self._letters = 0
        self._line = 0
        self._entry: dict[str, str] = {}
        self._opinion = NO_OPINION
        self._begin()
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._take
        self._parser.StartDoctypeDeclHandler = _refuse

    def _begin(self) -> None:
        self.count = 0
        self._bad: list[BadLine] = []
        self._foreign: Counter[str] = Counter()
        self._rows = OpinionRows(self._foreign)

    def read(self, file: BinaryIO) -> None:
        """Read on."""
        data = file.read(_READ_BYTES)
        try:
            self._parser.Parse(data, not data)
        except expat.ExpatError as error:
            said = f"is no XML, and what follows cannot be read: {error}"
            self._bad.append(BadLine(max(error.lineno, 1), said))
            self.is_over = True
        self.is_over |= not data

    def chunk(self, created: datetime) -> Chunk:
        """Return what was read, and begin anew."""
        built = [build(one, created) for one in self._rows.raw()]
        bad = [*self._bad, *(bad for one in built for bad in one.bad)]
        listed = tuple(listed for one in built for listed in one.listed)
        done = Chunk(listed, tuple(sorted(bad)), self._foreign, self.count)
        self._begin()
        return done

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > _MOST_DEPTH:
            raise InvalidTableError("this XML is nested too deep: no page of hashes is")
        self._text.clear()
        self._letters = 0
        if name in _ENTRIES or name in _GONE:
            self._line = self._parser.CurrentLineNumber
            self._entry, self._opinion = {}, POSITIVE
        elif name in _OF_FEEDBACK and attributes.get("type", "").lower() == _PDQ:
            self._opinion |= _OF_FEEDBACK[name]

    def _take(self, text: str) -> None:
        self._letters += len(text)
        if self._letters > _MOST_LETTERS:
            raise InvalidTableError("a text of this XML is too long: no page of hashes has it")
        self._text.append(text)

    def _end(self, name: str) -> None:
        self._path.pop()
        within = self._path[-1] if self._path else ""
        if within == "fingerprints":
            self._entry[name] = "".join(self._text).strip()
        elif within in (*_ENTRIES, *_GONE) and name in ("id", "classification"):
            self._entry[f"/{name}"] = "".join(self._text).strip()
        elif name in _ENTRIES:
            self._finish()
        elif name in _GONE:
            self.count += 1
            said = f"NCMEC's entry {self._entry.get('/id', '')} is gone: withdraw what came from it"
            self._bad.append(BadLine(self._line, said))
        self._text.clear()

    def _finish(self) -> None:
        self.count += 1
        number = self._entry.pop("/id", "")
        kind = self._entry.pop("/classification", "")
        for name, code in self._entry.items():
            if name != _PDQ:
                self._foreign[name] += 1
                continue
            self._rows.add(
                self._line,
                _PDQ,
                code,
                state=state_of(self._opinion),
                tags=(kind,) if kind else (),
                source=f"ncmec:{number}" if number else None,
            )


def _refuse(*_: object) -> None:
    raise InvalidTableError("this XML declares a document type: no page of hashes does")
