"""Times on the command line: a number with its unit."""

import re

import typer

_UNITS_S = {"ms": 0.001, "s": 1.0, "min": 60.0}
_LONGEST_S = 3600.0


def duration(text: str | float) -> float:
    """Return the seconds that ``75ms``, ``0.5s`` or ``2min`` stands for."""
    if isinstance(text, float):
        return text
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min)", text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no time: write 75ms, 0.5s or 2min")
    number = float(found[1]) * _UNITS_S[found[2]]
    if not 0 < number <= _LONGEST_S:
        raise typer.BadParameter(f"{text!r} is no time: between 0 and an hour")
    return number
