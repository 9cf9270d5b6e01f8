"""Nouns as JSON values and back, strictly: each field once, none beside, within its bounds.

What a field may hold stands in the noun's types (``domain.bounds``). Readers and writers of a noun
are put together once, when it is first met.
"""

import re
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import (
    Annotated,
    Any,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from eikona.balloting.canonical import Json
from eikona.domain.bounds import Length, Many, Text, Whole
from eikona.domain.errors import MalformedError

Noun = TypeVar("Noun")
_Read = Callable[[Json], Any]
_Write = Callable[[Any], Json]
_UNIONS = (Union, types.UnionType)


def record_of(noun: object) -> Json:
    """Return a noun as a JSON value."""
    return _writer(cast("Hashable", type(noun)))(noun)


def noun_from(kind: type[Noun], record: Json) -> Noun:
    """Return the noun of ``kind`` that a JSON value is.

    Raises:
        MalformedError: it is none; the message says which field.
    """
    return cast("Noun", _reader(cast("Hashable", kind))(record))


@cache
def _reader(hint: Any) -> _Read:  # noqa: ANN401  a type hint has no type
    hint, bound = _apart(hint)
    if is_dataclass(hint):
        return _noun_reader(cast("type", hint))
    if get_origin(hint) in _UNIONS:
        read = _reader(_optional(hint))
        return lambda value: None if value is None else read(value)
    if get_origin(hint) is tuple:
        return _sequence_reader(get_args(hint)[0], cast("Many", bound))
    if get_origin(hint) is Mapping:
        name_hint, inner = get_args(hint)
        return _mapping_reader(name_hint, inner, cast("Many", bound))
    return _plain_reader(hint, bound)


def _plain_reader(hint: object, bound: object) -> _Read:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _choice_reader(hint)
    if hint is bool:
        return _read_flag
    if isinstance(bound, Whole):
        return _whole_reader(bound)
    if isinstance(bound, Length):
        return _bytes_reader(bound)
    return _text_reader(cast("Text", bound))


@cache
def _writer(hint: Any) -> _Write:  # noqa: ANN401  a type hint has no type
    hint, _ = _apart(hint)
    if is_dataclass(hint):
        return _noun_writer(cast("type", hint))
    if get_origin(hint) in _UNIONS:
        write = _writer(_optional(hint))
        if write is _as_it_is:
            return write
        return lambda value: None if value is None else write(value)
    if get_origin(hint) is tuple:
        write_one = _writer(get_args(hint)[0])
        return lambda values: [write_one(value) for value in values]
    return dict if get_origin(hint) is Mapping else _plain_writer(hint)


def _plain_writer(hint: object) -> _Write:
    if hint is bytes:
        return bytes.hex
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return str
    return _as_it_is


def _as_it_is(value: Any) -> Json:  # noqa: ANN401  text, a number, true or false
    return cast("Json", value)


def _noun_writer(kind: type) -> _Write:
    hints = get_type_hints(kind, include_extras=True)
    names = tuple(field.name for field in fields(kind))
    writers = {name: _writer(hints[name]) for name in names}
    changed = tuple((name, one) for name, one in writers.items() if one is not _as_it_is)
    values_of = attrgetter(*names)  # of two fields or more, as all nouns have

    def write(noun: Any) -> Json:  # noqa: ANN401  of this kind
        record = dict(zip(names, values_of(noun), strict=True))
        for name, write_field in changed:
            record[name] = write_field(record[name])
        return record

    return write


def _apart(hint: Any) -> tuple[Any, object]:  # noqa: ANN401  a type hint has no type
    if get_origin(hint) is Annotated:
        plain, bound = get_args(hint)
        return plain, bound
    return hint, None


def _optional(hint: Any) -> Any:  # noqa: ANN401  a type hint has no type
    (inner,) = (one for one in get_args(hint) if one is not types.NoneType)
    return inner


def _noun_reader(kind: type) -> _Read:
    hints = get_type_hints(kind, include_extras=True)
    each = tuple((field.name, _reader(hints[field.name])) for field in fields(kind))
    names = frozenset(name for name, _ in each)

    def read(value: Json) -> Any:  # noqa: ANN401  of this kind
        if not isinstance(value, dict) or value.keys() != names:
            raise MalformedError(f"{kind.__name__.lower()} has not just the fields it should have")
        found = []
        for name, read_field in each:
            try:
                found.append(read_field(value[name]))
            except MalformedError as error:
                raise MalformedError(f"{name}: {error}") from None
        return kind(*found)

    return read


def _sequence_reader(inner: Any, bound: Many) -> _Read:  # noqa: ANN401  a type hint has no type
    read = _reader(inner)

    def read_all(value: Json) -> Any:  # noqa: ANN401  a tuple of them
        if not isinstance(value, list) or len(value) > bound.most:
            raise MalformedError(f"this is no list of at most {bound.most}")
        return tuple([read(one) for one in value])

    return read_all


def _mapping_reader(name_hint: Any, inner: Any, bound: Many) -> _Read:  # noqa: ANN401  type hints
    read_name, read = _reader(name_hint), _reader(inner)

    def read_all(value: Json) -> Any:  # noqa: ANN401  a mapping of them
        if not isinstance(value, dict) or len(value) > bound.most:
            raise MalformedError(f"this is no object of at most {bound.most} members")
        return {read_name(name): read(one) for name, one in value.items()}

    return read_all


def _choice_reader(kind: type[StrEnum]) -> _Read:
    choices = {str(one): one for one in kind}

    def read(value: Json) -> Any:  # noqa: ANN401  one of them
        if not isinstance(value, str) or value not in choices:
            raise MalformedError(f"this is none of {', '.join(choices)}")
        return choices[value]

    return read


def _read_flag(value: Json) -> bool:
    if not isinstance(value, bool):
        raise MalformedError("this is neither true nor false")
    return value


def _whole_reader(bound: Whole) -> _Read:
    def read(value: Json) -> int:
        if type(value) is not int or not bound.least <= value <= bound.most:
            raise MalformedError(f"this is no whole number from {bound.least} to {bound.most}")
        return value

    return read


def _bytes_reader(bound: Length) -> _Read:
    matches = re.compile(f"[0-9a-f]{{{2 * bound.exactly}}}").fullmatch

    def read(value: Json) -> bytes:
        if not isinstance(value, str) or not matches(value):
            raise MalformedError(f"these are no {bound.exactly} bytes in lower-case hex")
        return bytes.fromhex(value)

    return read


def _text_reader(bound: Text) -> _Read:
    matches = re.compile(bound.pattern or r"(?s:.*)", re.ASCII).fullmatch

    def read(value: Json) -> str:
        if not isinstance(value, str) or len(value) > bound.most or not matches(value):
            form = f" like {bound.pattern}" if bound.pattern else ""
            raise MalformedError(f"this is no text of at most {bound.most} characters{form}")
        return value

    return read
