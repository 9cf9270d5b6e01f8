"""Names that cannot deceive, and odds that a person can picture."""

import math

_JOINERS = "\u200c\u200d"  # part of ordinary Persian and Hindi words, and of many emoji
_UNITS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
_MOST = 1e15  # nobody can picture a larger number


def visible(text: str) -> str:
    r"""Return ``text`` with everything shown that has no shape of its own.

    Control characters, line ends, marks that turn the reading direction and bytes that are no
    text stand as ``\xNN``, one for each byte of their UTF-8 form.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in _JOINERS else _escaped(letter)
        for letter in text
    )


def _escaped(letter: str) -> str:
    try:
        data = letter.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a pair, as names on Windows can hold
        data = letter.encode("utf-8", "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in data)


def odds(expected: float | None) -> str:
    """Say in words how often chance alone brings so good a match.

    Args:
        expected: matches as good as this that chance brings in one look-up.

    Returns:
        ``1 in 4 million`` (look-ups), or ``about 3`` (matches in each look-up) where chance brings
        one or more; empty where nothing is known.
    """
    if expected is None or math.isnan(expected) or expected < 0:
        return ""
    if expected >= 1:
        return f"about {_rounded(min(expected, _MOST))}"
    if expected * _MOST < 1:
        return f"fewer than 1 in {_rounded(_MOST)}"
    return f"1 in {_rounded(1 / expected)}"


def _rounded(number: float) -> str:
    """Return two digits of a number, in millions, billions or trillions where it has them."""
    number = float(f"{number:.2g}")
    unit, name = next(((u, f" {n}") for u, n in _UNITS if number >= u), (1.0, ""))
    number = float(f"{number / unit:.12g}")  # 4.1e9 / 1e9 is not quite 4.1
    return f"{int(number) if number.is_integer() else number:,}{name}"
