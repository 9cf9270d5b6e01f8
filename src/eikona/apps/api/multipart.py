"""Reads a form with one file as it comes in: the file goes to the store bit by bit."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from eikona.adapters.blobs.folder import BlobFolder, Incoming
from eikona.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_TEXT_BYTES_MOST = 10_000  # of all fields but the file
_PARTS_MOST = 10
_HEADER_BYTES_MOST = 4096  # of one part


@dataclass(frozen=True, slots=True)
class Form:
    """What a form brought.

    Attributes:
        file: SHA-256 of the file, which is kept.
        fields: the rest, by name.
    """

    file: str
    fields: dict[str, str] = field(repr=False)


async def receive_form(
    request: Request, *, file_field: str, blobs: BlobFolder, most_bytes: int
) -> Form:
    """Return a form whose file is kept in full.

    Raises:
        TooManyBytesError: the file is too long; nothing of it is left.
        InvalidInputError: this is no such form.
        StoreError: the file cannot be kept.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
        raise InvalidInputError(f"send a form: multipart/form-data with a file called {file_field}")
    with blobs.receive(most_bytes) as incoming:
        parts = _Parts(file_field, incoming)
        parser = MultipartParser(boundary, parts.callbacks())
        try:
            async for chunk in _chunks(request):
                await run_in_threadpool(parser.write, chunk)
            await run_in_threadpool(parser.finalize)
        except FormParserError as error:
            raise InvalidInputError(f"the form is torn: {error}") from error
        except ClientDisconnect as error:
            raise HTTPException(400, "the upload broke off") from error
        parts.check()
        digest = await run_in_threadpool(incoming.keep)
        return Form(digest, parts.texts())


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk


class _Parts:
    """What the parser tells of."""

    def __init__(self, file_field: str, incoming: Incoming) -> None:
        self._file_field = file_field
        self._incoming = incoming
        self._fields: dict[str, bytearray] = {}
        self._header = [bytearray(), bytearray()]  # name and value, as far as they came
        self._name = ""
        self._count = 0
        self._text_bytes = 0
        self._has_file = False
        self._is_whole = False

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part,
            "on_header_field": lambda data, start, end: self._more(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._more(1, data[start:end]),
            "on_header_end": self._header_ended,
            "on_headers_finished": self._headers_ended,
            "on_part_data": lambda data, start, end: self._data(data[start:end]),
            "on_end": self._ended,
        }

    def check(self) -> None:
        if not self._is_whole:
            raise InvalidInputError("the form breaks off")
        if not self._has_file:
            raise InvalidInputError(f"the form has no file called {self._file_field}")

    def texts(self) -> dict[str, str]:
        try:
            return {name: value.decode() for name, value in self._fields.items()}
        except UnicodeDecodeError as error:
            raise InvalidInputError("a field of the form is no UTF-8") from error

    def _part(self) -> None:
        self._count += 1
        self._name = ""
        self._header = [bytearray(), bytearray()]
        if self._count > _PARTS_MOST:
            raise InvalidInputError("the form has too many parts")

    def _more(self, which: int, data: bytes) -> None:
        self._header[which] += data
        if len(self._header[which]) > _HEADER_BYTES_MOST:
            raise InvalidInputError("a part of the form has too long a header")

    def _header_ended(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(value))
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._header = [bytearray(), bytearray()]

    def _headers_ended(self) -> None:
        if not self._name:
            raise InvalidInputError("a part of the form has no name")
        if self._name == self._file_field:
            if self._has_file:
                raise InvalidInputError(f"the form has more than one {self._file_field}")
            self._has_file = True
        elif self._name in self._fields:
            raise InvalidInputError(f"the form has more than one {self._name}")
        else:
            self._fields[self._name] = bytearray()

    def _data(self, data: bytes) -> None:
        if self._name == self._file_field:
            self._incoming.write(data)
            return
        self._text_bytes += len(data)
        if self._text_bytes > _TEXT_BYTES_MOST:
            raise InvalidInputError("the fields of the form are too long")
        self._fields[self._name] += data

    def _ended(self) -> None:
        self._is_whole = True
