"""What the columns of a table say of entries besides their hashes, read and checked value by value.

Values come as text, as CSV has them, or as JSON's and Parquet's own kinds.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from eikona.adapters.bank.records import DECODE_MODES, STATES
from eikona.adapters.lists.listed import shortened
from eikona.domain.bank import EntryState
from eikona.domain.errors import UsageError
from eikona.domain.fingerprint import DecodeMode

NAME = "name"
TAGS_APART = ";"
TAGS_AS_JSON = "["
_MOST_U32 = (1 << 32) - 1
_BEST_QUALITY = 100
_FORMAT_BYTES = 8
_GREY_BYTES = 256
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Parse = Callable[[Any], Any]


def read_values(parse: Parse, values: Sequence[Any]) -> tuple[list[Any], dict[int, str]]:
    """Return what each value means, and by place what is wrong with those that mean nothing.

    Equal values are read once, and None stays None.
    """
    distinct = _distinct(values)
    if distinct is not None:
        known: dict[Any, Any] = {value: _outcome(parse, value) for value in distinct}
        found = list(map(known.__getitem__, values))
        if not any(type(one) is _Wrong for one in known.values()):
            return found, {}
    else:
        found = [_outcome(parse, value) for value in values]
    wrong = {place: one.reason for place, one in enumerate(found) if type(one) is _Wrong}
    for place in wrong:
        found[place] = None
    return found, wrong


def _distinct(values: Sequence[Any]) -> set[Any] | None:
    """Return the different values; None where equal ones may be of two kinds, as 1 and True are.

    Tuples hold texts only; what else is in one makes it wrong.
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds - {str, tuple} and len(kinds) > 1:
        return None
    try:
        return set(values)
    except TypeError:
        return None


class _Wrong:
    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _outcome(parse: Parse, value: Any) -> Any:  # noqa: ANN401  whatever a file may hold
    if value is None:
        return None
    try:
        return parse(value)
    except UsageError as error:
        return _Wrong(str(error))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return _Wrong(f"{shortened(str(value))} makes no sense there")


def tags_of(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return tags, from a list or from text with semicolons between them."""
    if isinstance(value, str):
        if not value.startswith(TAGS_AS_JSON):
            return tuple(tag for tag in (part.strip() for part in value.split(TAGS_APART)) if tag)
        value = json.loads(value)
    if not isinstance(value, list | tuple) or not all(isinstance(tag, str) for tag in value):
        raise UsageError(f"{shortened(str(value))} is no list of tags")
    return tuple(value)


def tags_text(tags: Sequence[str]) -> str:
    """Return tags as one cell that ``tags_of`` reads."""
    joined = TAGS_APART.join(tags)
    is_plain = not joined.startswith(TAGS_AS_JSON) and tags_of(joined) == tuple(tags)
    return joined if is_plain else json.dumps(list(tags))


def microseconds(value: Any) -> int:  # noqa: ANN401
    """Return a moment as microseconds since the beginning of 1970, UTC."""
    if isinstance(value, datetime):
        time = value
    elif isinstance(value, date):
        time = datetime.combine(value, datetime.min.time())
    elif isinstance(value, str):
        time = datetime.fromisoformat(value)
    else:
        raise UsageError(f"{shortened(str(value))} is no time: write 2026-01-31T12:00:00Z")
    time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    return (time - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Return the moment that so many microseconds after the beginning of 1970 are."""
    return _EPOCH + timedelta(microseconds=value)


def _text(value: Any) -> str:  # noqa: ANN401
    if not isinstance(value, str):
        raise UsageError(f"{shortened(str(value))} is no text")
    return value


def _count(most: int) -> Parse:
    def parse(value: Any) -> int:  # noqa: ANN401
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise UsageError(f"{shortened(str(value))} is no whole number")
        number = int(value)
        if number < 0:
            raise UsageError(f"{shortened(str(value))} is below zero")
        if number > most:
            raise UsageError(f"{shortened(str(value))} is above {most}")
        return number

    return parse


def _format(value: Any) -> bytes:  # noqa: ANN401
    name = _text(value).encode("ascii", "replace")
    if len(name) > _FORMAT_BYTES:
        raise UsageError(f"an image format has at most {_FORMAT_BYTES} letters, not {len(name)}")
    return name


def _state(value: Any) -> int:  # noqa: ANN401
    return STATES.index(EntryState(_text(value).strip().lower()))


def _decode(value: Any) -> int:  # noqa: ANN401
    return DECODE_MODES.index(DecodeMode(_text(value).strip().lower()))


def _grey(value: Any) -> bytes:  # noqa: ANN401
    grey = value if isinstance(value, bytes) else bytes.fromhex(_text(value))
    if len(grey) != _GREY_BYTES:
        raise UsageError(f"ForBild's grey values are {_GREY_BYTES} bytes, not {len(grey)}")
    return grey


FACTS: Mapping[str, Parse] = MappingProxyType(
    {
        "state": _state,
        "tags": tags_of,
        "owner": _text,
        "note": _text,
        "source": _text,
        "created": microseconds,
        "width": _count(_MOST_U32),
        "height": _count(_MOST_U32),
        "frames": _count(_MOST_U32),
        "frame": _count(_MOST_U32),
        "quality": _count(_BEST_QUALITY),
        "format": _format,
        "decode": _decode,
        "forbild_grey": _grey,
    }
)
TEXTS = ("source", "tags", "owner", "note")  # in the order in which a bank keeps them
