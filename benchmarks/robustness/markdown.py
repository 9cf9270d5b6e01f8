"""Numbers and lines of the tables in the docs."""

from collections.abc import Iterable


def head(*names: str) -> list[str]:
    """Return a table's first two lines."""
    return [line(*names), line(*("---" for _ in names))]


def line(*cells: str) -> str:
    """Return one line of a table."""
    return f"| {' | '.join(cells)} |"


def table(lines: Iterable[str]) -> str:
    """Return the text of a table."""
    return "\n".join(lines) + "\n"


def percent(value: float | None, places: int = 1) -> str:
    """Return a share in percent; nothing for None."""
    return "" if value is None else f"{100 * value:.{places}f} %"


def rate(count: int, pairs: int) -> str:
    """Return how often it happened a pair, or that it did not in so many pairs."""
    return scientific(count / pairs) if count else f"0 of {pairs:,}"


def scientific(value: float, places: int = 1) -> str:
    """Return a small number as 1.2e-5."""
    mantissa, exponent = f"{value:.{places}e}".split("e")
    return f"{mantissa}e{int(exponent)}"
