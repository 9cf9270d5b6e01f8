"""What a record of the log says: entries put in, and names removed."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from eikona.adapters.bank.features import pack_features, unpack_features
from eikona.adapters.bank.names import decode_name
from eikona.adapters.bank.records import (
    RECORD,
    pack_records,
    pack_text,
    unpack_record,
    unpack_text,
)
from eikona.domain.bank import Entry
from eikona.domain.errors import BankDamagedError
from eikona.domain.fingerprint import AlgorithmId

_CHANGE = struct.Struct("<BBHI")  # kind, flags, bytes of the name, bytes that follow it
_PUT, _REMOVE = 1, 2
_PUT_WITH_FEATURES = 3  # a kind of its own: who does not know it must not read the entry without
_IS_SEALED = 1
_BODY = struct.Struct("<IHH")  # bytes of the text, of the grey values, hashes
_HASH = struct.Struct("<BI")  # bytes of ``name@version``, of the hash


@dataclass(frozen=True, slots=True)
class Change:
    """One name's new state.

    Attributes:
        name: as bytes.
        entry: what it has now; None where it was removed.
        is_sealed: whether a segment holds what it had before.
    """

    name: bytes
    entry: Entry | None
    is_sealed: bool


def pack_changes(changes: Iterable[Change]) -> bytes:
    """Return changes as bytes.

    Raises:
        InvalidFingerprintError: an entry has a value that is out of range.
    """
    parts = []
    for change in changes:
        body = b"" if change.entry is None else _pack_entry(change.entry)
        kind = _kind(change.entry)
        flags = _IS_SEALED if change.is_sealed else 0
        parts += [_CHANGE.pack(kind, flags, len(change.name), len(body)), change.name, body]
    return b"".join(parts)


def unpack_changes(data: bytes) -> list[Change]:
    """Return the changes that ``pack_changes`` made bytes of.

    Raises:
        BankDamagedError: these are no such bytes.
    """
    try:
        return list(_changes(data))
    except (struct.error, ValueError, IndexError) as error:
        raise BankDamagedError("a record of the log makes no sense: verify the bank") from error


def _changes(data: bytes) -> Iterator[Change]:
    place = 0
    while place < len(data):
        kind, flags, named, size = _CHANGE.unpack_from(data, place)
        place += _CHANGE.size
        name, body = data[place : place + named], data[place + named : place + named + size]
        place += named + size
        if kind not in (_PUT, _REMOVE, _PUT_WITH_FEATURES) or place > len(data):
            raise ValueError(kind)
        entry = None if kind == _REMOVE else _unpack_entry(name, body, kind)
        yield Change(name, entry, bool(flags & _IS_SEALED))


def _kind(entry: Entry | None) -> int:
    if entry is None:
        return _REMOVE
    return _PUT if entry.fingerprint.local_features is None else _PUT_WITH_FEATURES


def _pack_entry(entry: Entry) -> bytes:
    picture, text = entry.fingerprint, pack_text(entry)
    parts = [
        pack_records([entry]).tobytes(),
        _BODY.pack(len(text), len(picture.forbild_grey), len(picture.hashes)),
        text,
        picture.forbild_grey,
    ]
    for name, code in picture.hashes.items():
        algorithm = str(AlgorithmId(name, picture.versions[name])).encode()
        parts += [_HASH.pack(len(algorithm), len(code)), algorithm, code]
    return b"".join([*parts, pack_features(picture.local_features)])


def _unpack_entry(name: bytes, body: bytes, kind: int) -> Entry:
    facts = unpack_record(np.frombuffer(body, RECORD, 1)[0])
    text_bytes, grey_bytes, hashes = _BODY.unpack_from(body, RECORD.itemsize)
    place = RECORD.itemsize + _BODY.size
    text = body[place : place + text_bytes]
    place += text_bytes
    grey = body[place : place + grey_bytes]
    place += grey_bytes
    codes, versions = {}, {}
    for _ in range(hashes):
        named, size = _HASH.unpack_from(body, place)
        place += _HASH.size
        algorithm, _, version = body[place : place + named].decode("ascii").partition("@")
        codes[algorithm] = body[place + named : place + named + size]
        versions[algorithm] = int(version)
        place += named + size
    features = unpack_features(body[place:]) if kind == _PUT_WITH_FEATURES else None
    return Entry(
        name=decode_name(name),
        fingerprint=facts.fingerprint(codes, versions, grey, features),
        created=facts.created,
        state=facts.state,
        **unpack_text(text),
    )
