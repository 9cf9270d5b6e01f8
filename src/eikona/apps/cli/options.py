"""Options that several commands share, and how their values are read and completed."""

import difflib
import math
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer

from eikona.domain.errors import UnknownAlgorithmError
from eikona.domain.fingerprint import DecodeMode
from eikona.domain.limits import DEFAULT_LIMITS

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_MOST = 10**15  # what an amount may be: more than any machine holds, and still a C integer
_SHORTEST_S = 0.1
_LIMITS_PANEL = "Limits of one picture"
ALGORITHM_NAMES = (  # as in the registry, which help does not wait for
    *("pdq", "ahash", "ahash256", "mhash", "mhash256", "dhash", "dhash256", "phash", "phash256"),
    *("phash-mean", "whash", "whash256", "forbild", "nmf", "nmf-unihasher", "imagehash-ahash"),
    *("imagehash-ahash256", "imagehash-dhash", "imagehash-dhash256", "imagehash-phash"),
    *("imagehash-phash256", "imagehash-whash", "imagehash-whash256"),
)


class Format(StrEnum):
    """Who reads what is written."""

    TEXT = "text"
    JSON = "json"


class StartMethod(StrEnum):
    """How worker processes begin."""

    FORK = "fork"
    SPAWN = "spawn"
    FORKSERVER = "forkserver"


def amount(text: str | int) -> int:
    """Return the number that ``50_000_000``, ``50MB``, ``50M`` or ``1.5G`` stands for."""
    found = re.fullmatch(
        r"(\d+(?:_\d+)*(?:\.\d+)?)\s*([kmg]?)(?:b|p|px)?", str(text).strip().lower()
    )
    if found is None:
        raise typer.BadParameter(f"{text!r} is no amount: write 50000000, 50M or 1.5G")
    number = float(found[1]) * _UNITS[found[2]]
    if not 1 <= number <= _MOST:
        raise typer.BadParameter("must be at least 1 and at most 1000000G")
    return int(number)


def amount_text(number: int) -> str:
    """Return ``50M`` for 50,000,000: the shortest that ``amount`` reads as this number."""
    for unit in ("g", "m", "k"):
        if number % _UNITS[unit] == 0:
            return f"{number // _UNITS[unit]}{unit.upper()}"
    return str(number)


def seconds(text: str | float) -> float:
    """Return the number of seconds that ``0.5`` or ``60`` stands for."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= _SHORTEST_S):
        raise typer.BadParameter(f"{text!r} is no time: write seconds, at least {_SHORTEST_S:g}")
    return number


def check_algorithms(names: Iterable[str]) -> None:
    """Make sure that each name is an algorithm's.

    Raises:
        UnknownAlgorithmError: one is not; the message lists those that are.
    """
    from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

    for name in names:
        if name in ALGORITHMS:
            continue
        near = difflib.get_close_matches(name, ALGORITHMS, n=1)
        hint = f", did you mean {near[0]!r}?" if near else ";"
        raise UnknownAlgorithmError(
            f"no algorithm is called {name!r}{hint} There are: {', '.join(ALGORITHMS)}"
        )


def _complete_algorithm(incomplete: str) -> list[str]:
    from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

    return [name for name in ALGORITHMS if name.startswith(incomplete)]


def complete_rule(incomplete: str) -> list[str]:
    """Return the rules, or forms of them, that begin like this."""
    from eikona.deciding.rules import RULE_FORMS  # noqa: PLC0415  only needed here

    return [form.split("<")[0] for form in RULE_FORMS if form.startswith(incomplete)]


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="json writes one object a line to standard output and nothing else there.",
    ),
]
DecodeOption = Annotated[
    DecodeMode,
    typer.Option(
        "--decode",
        help="exact reads all pixels in full colour; fast reads JPEGs reduced and grey;"
        " auto reduces only those above 1 megapixel.",
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        metavar="NUMBER",
        help="Worker processes.",
        show_default="one a processor",
    ),
]
AlgorithmOption = Annotated[
    list[str] | None,
    typer.Option(
        "--algorithm",
        "-a",
        metavar="NAME",
        autocompletion=_complete_algorithm,
        help=f"Compute only this hash; repeat it for several. One of {', '.join(ALGORITHM_NAMES)}.",
        show_default="all but the NMF and imagehash ones",
    ),
]
RuleOption = Annotated[
    str,
    typer.Option(
        "--rule",
        metavar="RULE",
        autocompletion=complete_rule,
        help="What decides: eikona, forbild, majority, unihasher-tree, threshold:HASH=DISTANCE,"
        " both:HASH,HASH=PERCENT or tree:FILE.",
    ),
]
MaxBytesOption = Annotated[
    int,
    typer.Option(
        "--max-bytes",
        parser=amount,
        metavar="BYTES",
        rich_help_panel=_LIMITS_PANEL,
        help="Largest encoded file, such as 50M.",
        show_default=amount_text(DEFAULT_LIMITS.max_bytes),
    ),
]
MaxPixelsOption = Annotated[
    int,
    typer.Option(
        "--max-pixels",
        parser=amount,
        metavar="PIXELS",
        rich_help_panel=_LIMITS_PANEL,
        help="Largest width times height.",
        show_default=amount_text(DEFAULT_LIMITS.max_pixels),
    ),
]
MaxFramesOption = Annotated[
    int,
    typer.Option(
        "--max-frames",
        min=1,
        metavar="FRAMES",
        rich_help_panel=_LIMITS_PANEL,
        help="Most frames of an animation.",
    ),
]
MaxAnimationPixelsOption = Annotated[
    int,
    typer.Option(
        "--max-animation-pixels",
        parser=amount,
        metavar="PIXELS",
        rich_help_panel=_LIMITS_PANEL,
        help="Largest width times height times frames, where several frames are read.",
        show_default=amount_text(DEFAULT_LIMITS.max_animation_pixels),
    ),
]
TimeoutOption = Annotated[
    float,
    typer.Option(
        "--timeout",
        parser=seconds,
        metavar="SECONDS",
        rich_help_panel=_LIMITS_PANEL,
        help="Seconds that one picture may take.",
    ),
]
MaxMemoryOption = Annotated[
    int,
    typer.Option(
        "--max-memory-mb",
        min=256,
        max=_MOST // 10**6,
        metavar="MEGABYTES",
        rich_help_panel=_LIMITS_PANEL,
        help="Address space of each worker, where the system can bound it.",
    ),
]
StartMethodOption = Annotated[StartMethod | None, typer.Option("--start-method", hidden=True)]
