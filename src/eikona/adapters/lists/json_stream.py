"""Reads the records of JSON documents one by one, however long the documents are.

A document may be a record, an array of records, or a page: an object with records in an array
under a known key. Documents may follow each other, as NDJSON and as pages do.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from eikona.adapters.lists.listed import BadLine

MOST_RECORD_LETTERS = 1 << 24  # of one record; more is no record
_READ_BYTES = 1 << 20
_BLANKS_AND_COMMAS = re.compile(r"[ \t\n\r,\ufeff]*")
_NEXT_RECORD = re.compile(r"\n[ \t\r,\[]*(?=\{)")
_SCAN = json.JSONDecoder().raw_decode


_PAGE = object()


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        line: where it begins, from 1.
        value: what it is.
        number: which of the file's it is, from 1.
    """

    line: int
    value: Any
    number: int


def read_records(file: BinaryIO, pages: Collection[str]) -> Iterator[Record | BadLine]:
    """Yield the records of a file, and places where it is no JSON.

    After such a place reading goes on at the next line that begins an object.

    Args:
        file: UTF-8.
        pages: keys of an object under which an array of records stands.
    """
    text = _Text(file)
    in_page = in_array = False
    number = 0
    while (letter := text.peek()) is not None:
        line = text.line
        try:
            if letter in "[]}":
                text.skip(1)
                in_array, in_page = letter == "[", in_page and letter != "}"
            elif letter == '"' and in_page and not in_array:
                in_array = text.pass_member(pages)
            elif letter == "{" and not in_array and (found := text.object_or_page(pages)) is _PAGE:
                in_page = in_array = True
            else:
                value = text.value() if in_array or letter != "{" else found
                number += 1
                yield Record(line, value, number)
        except _NoJsonError as error:
            yield BadLine(text.line, f"is no JSON: {error}")
            if not text.skip_to(_NEXT_RECORD):
                return


class _NoJsonError(Exception):
    """What is in the file is no JSON."""


class _Text:
    """A window of the file's text that moves on, and grows where a record needs it."""

    def __init__(self, file: BinaryIO) -> None:
        self.line = 1
        self._file = file
        self._decoder = _decoder()
        self._text = ""
        self._at = 0
        self._counted = 0  # up to where line ends are counted
        self._is_over = False

    def peek(self) -> str | None:
        """Pass over blanks and commas, and return the next letter; None at the end."""
        while True:
            found = _BLANKS_AND_COMMAS.match(self._text, self._at)
            self._at = self._at if found is None else found.end()
            if self._at < len(self._text):
                self._count()
                return self._text[self._at]
            if not self._more():
                return None

    def skip(self, letters: int) -> None:
        """Pass over letters."""
        self._at += letters

    def value(self) -> Any:  # noqa: ANN401  any JSON
        """Return the value that begins here, and pass over it."""
        while True:
            try:
                value, end = _SCAN(self._text, self._at)
            except RecursionError as error:
                raise _NoJsonError("it is nested too deep") from error
            except ValueError as error:
                if len(self._text) - self._at > MOST_RECORD_LETTERS or not self._more():
                    raise _NoJsonError(str(error)) from error
                continue
            if end == len(self._text) and not self._is_over and self._more():
                continue  # a number may go on
            self._at = end
            return value

    def object_or_page(self, pages: Collection[str]) -> Any:  # noqa: ANN401
        """Return the object that begins here; of a page pass over what is before its records.

        Returns:
            The object, or ``_PAGE`` where records of it follow.
        """
        while len(self._text) - self._at < _READ_BYTES and self._more():
            pass
        said = "an object of more than a megabyte has no list of records"
        try:
            value, end = _SCAN(self._text, self._at)
        except RecursionError as error:
            raise _NoJsonError("it is nested too deep") from error
        except ValueError as error:
            if self._is_over and len(self._text) - self._at < _READ_BYTES:
                said = str(error)
        else:
            if not any(isinstance(value.get(page), list) for page in pages):
                self._at = end
                return value
        self._at += 1
        while self.peek() == '"':
            if self.pass_member(pages):
                return _PAGE
        raise _NoJsonError(said)

    def pass_member(self, pages: Collection[str]) -> bool:
        """Pass over a key and its value; where that is an array of records, only into it.

        Returns:
            Whether records follow.
        """
        key = self.value()
        if self.peek() != ":":
            raise _NoJsonError("a colon is missing")
        self._at += 1
        if self.peek() == "[" and key in pages:
            self._at += 1
            return True
        self.value()
        return False

    def skip_to(self, place: re.Pattern[str]) -> bool:
        """Go on behind the next such place; whether there is one."""
        while True:
            found = place.search(self._text, self._at)
            if found is not None:
                self._at = found.end()
                self._count()
                return True
            self._at = max(self._at, len(self._text) - 1)
            if not self._more():
                return False

    def _count(self) -> None:
        self.line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at

    def _more(self) -> bool:
        """Read on; whether there was more."""
        data = b"" if self._is_over else self._file.read(_READ_BYTES)
        if not data:
            self._is_over = True
            return False
        self._count()
        self._text = self._text[self._at :] + self._decoder.decode(data)
        self._at = self._counted = 0
        return True


def _decoder() -> Any:  # noqa: ANN401  codecs has no public type of it
    import codecs  # noqa: PLC0415

    return codecs.getincrementaldecoder("utf-8")("replace")
