"""One byte string for one value: JSON in the one form that signatures and snapshots are over.

The form is that of RFC 8785 for what is used here: objects with ASCII names in order, arrays,
text, whole numbers that every reader keeps, true, false and null. Fractions do not occur.

Source: RFC 8785, JSON Canonicalization Scheme, 2020.
Deviation: what is read must be in this form already, and is refused otherwise.
"""

import json
from typing import Never

from eikona.domain.bounds import MOST_EXACT
from eikona.domain.errors import MalformedError

Json = dict[str, "Json"] | list["Json"] | str | int | bool | None

_BRACKETS_MOST = 256  # of one small message: bounds how deep the parser goes
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True, check_circular=False
)
_DIGITS_MOST = len(str(MOST_EXACT)) + 1


def canonical(value: Json) -> bytes:
    """Return the bytes of ``value``, which holds nothing but what the form allows."""
    return _ENCODER.encode(value).encode()


def parse(message: bytes, *, most_bytes: int, shallow: bool = True) -> Json:
    """Return the value of ``message``.

    Args:
        message: from anybody.
        most_bytes: longest message to look at.
        shallow: refuse many brackets before parsing, so that no message can exhaust the stack.

    Raises:
        MalformedError: it is too long or not in canonical form.
    """
    if len(message) > most_bytes:
        raise MalformedError(f"{len(message)} bytes are more than the {most_bytes} allowed")
    if shallow and message.count(b"[") + message.count(b"{") > _BRACKETS_MOST:
        raise MalformedError(f"more than {_BRACKETS_MOST} brackets")
    try:
        value: Json = _DECODER.decode(message.decode())
        same = canonical(value) == message
    except (ValueError, RecursionError) as error:
        raise MalformedError("this is no JSON in canonical form") from error
    if not same:
        raise MalformedError("this JSON is not in canonical form")
    return value


def _no_float(_digits: str) -> Never:
    raise ValueError


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS_MOST:
        raise ValueError
    number = int(digits)
    if not -MOST_EXACT <= number <= MOST_EXACT:
        raise ValueError
    return number


_DECODER = json.JSONDecoder(parse_float=_no_float, parse_int=_whole, parse_constant=_no_float)
