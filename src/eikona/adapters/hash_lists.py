"""Lists of hashes as text, one a line: ``<type> <hex> [name]``, or bare ``<hex> [name]``.

Words stand apart by spaces, tabs or a comma; empty lines and lines that begin with ``#`` are passed
by. The types are our algorithms' names, and ``imagehash:phash`` and the like for that library's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from eikona.adapters.bank.names import encode_name
from eikona.domain.bank import Entry
from eikona.domain.errors import UnknownAlgorithmError, UsageError
from eikona.hashing.registry import ALGORITHMS
from eikona.services.ports import HashKey

_TYPED = re.compile(r"([^\s,]+)[\s,]+([^\s,]+)(?:[\s,]\s*(.*))?")
_BARE = re.compile(r"([^\s,]+)(?:[\s,]\s*(.*))?")
_COMMENT = "#"
_IMAGEHASH = "imagehash:"
_KINDS = MappingProxyType({"average_hash": "ahash", "ahash": "ahash"})  # of their names and ours
_LONG = "256"


@dataclass(frozen=True, slots=True)
class Listed:
    """What one line says of an entry.

    Attributes:
        line: where it stands, from 1.
        name: of the entry.
        hashes: by what makes them comparable.
        facts: arguments of ``Entry`` and ``Fingerprint`` that the line gives.
    """

    line: int
    name: str
    hashes: Mapping[HashKey, bytes]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be read.

    Attributes:
        line: its number, from 1.
        reason: what is wrong with it.
    """

    line: int
    reason: str


def read_list(lines: Iterable[str], kind: str | None) -> Iterator[Listed | BadLine]:
    """Yield what each line says.

    Args:
        lines: of the file.
        kind: the type of every hash, for bare lists; None where each line begins with its own.
    """
    pattern = _TYPED if kind is None else _BARE
    for number, text in enumerate(lines, 1):
        line = text.strip()
        if not line or line.startswith(_COMMENT):
            continue
        found = pattern.fullmatch(line)
        if found is None:
            yield BadLine(number, f"{_shortened(line)} has no hash: write a type and its hex")
            continue
        of, code, name = found.groups() if kind is None else (kind, *found.groups())
        try:
            yield _listed(number, of, code, name)
        except (UnknownAlgorithmError, UsageError) as error:
            yield BadLine(number, str(error))


def parse_hash(kind: str, text: str) -> tuple[HashKey, bytes]:
    """Return what hash the hex ``text`` of this type is.

    Raises:
        UnknownAlgorithmError: there is no such type.
        UsageError: the hex is none, or of another length.
    """
    try:
        code = bytes.fromhex(text)
    except ValueError as error:
        raise UsageError(f"{_shortened(text)} is no hexadecimal number") from error
    key = _key(kind.lower(), len(code))
    if len(code) != key.size:
        longer = f"{key.name}{_LONG}"
        has_longer = longer in ALGORITHMS and 8 * len(code) == ALGORITHMS[longer].bits
        hint = f": is it {longer}?" if has_longer else ""
        raise UsageError(f"{key.name} has {2 * key.size} hex digits, not {len(text)}{hint}")
    return key, code


def list_lines(entry: Entry, kind: str | None) -> Iterator[str]:
    """Yield the lines of an entry, without their ends.

    Args:
        entry: what to write.
        kind: the one hash to write, without its type; None for all hashes with theirs.

    Raises:
        UsageError: the entry's name would not come back from a line as it is.
    """
    for name, code in entry.fingerprint.hashes.items():
        if kind is not None and name != kind:
            continue
        words = [code.hex()] if kind is not None else [name, code.hex()]
        if entry.name != _nameless(name, code):
            if entry.name != " ".join(entry.name.splitlines()).strip() or entry.name[0] == ",":
                raise UsageError("this name cannot stand on a line: export the bank as CSV")
            words.append(entry.name)
        yield " ".join(words)


def is_type(text: str) -> bool:
    """Whether ``text`` names a type of hash."""
    try:
        _key(text.lower(), 8)
    except UnknownAlgorithmError:
        return False
    return True


def _listed(line: int, kind: str, text: str, name: str | None) -> Listed:
    key, code = parse_hash(kind, text)
    if name:
        encode_name(name)
    return Listed(line, name or _nameless(key.name, code), {key: code})


def _nameless(kind: str, code: bytes) -> str:
    return f"{kind}:{code.hex()}"


def _key(kind: str, size: int) -> HashKey:
    """Return the hash of this type; those of imagehash are told apart by their size in bytes."""
    name = kind
    if kind.startswith(_IMAGEHASH):
        theirs = kind.removeprefix(_IMAGEHASH)
        name = f"imagehash-{_KINDS.get(theirs, theirs)}"
        if f"{name}{_LONG}" in ALGORITHMS and 8 * size == ALGORITHMS[f"{name}{_LONG}"].bits:
            name = f"{name}{_LONG}"
    algorithm = ALGORITHMS.get(name)
    if algorithm is None:
        raise UnknownAlgorithmError(
            f"no hash is called {_shortened(kind)}: eikona hash --help lists those there are"
        )
    return HashKey(name, algorithm.id.version, algorithm.bits // 8)


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
