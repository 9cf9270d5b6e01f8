"""What a node judges by, as options say it."""

from typing import Annotated

import typer

from eikona.apps.cli.options import complete_rule
from eikona.domain.errors import UsageError

_TYPES = 4

TypeOption = Annotated[
    int | None,
    typer.Option(
        "--type",
        min=1,
        max=_TYPES,
        help="1 average, 2 difference, 3 perceptual, 4 median hash, with their thresholds.",
        show_default=False,
    ),
]
AlgorithmOption = Annotated[
    str | None,
    typer.Option("--algorithm", metavar="NAME", help="One hash; goes with --threshold."),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option("--threshold", min=0, metavar="DISTANCE", help="Largest distance of a copy."),
]


def rule_option(default: str) -> object:
    """Return the option for a rule; ``default`` says in words what judges without it."""
    return typer.Option(
        "--rule",
        metavar="RULE",
        autocompletion=complete_rule,
        help="What it judges by.",
        show_default=default,
    )


def judged_by(
    node_type: int | None, rule: str | None, algorithm: str | None, threshold: float | None
) -> str | None:
    """Return the rule that options ask for, if any do.

    Raises:
        typer.BadParameter: they ask for more than one.
        UsageError: there is no such type of node.
    """
    ways = sum(one is not None for one in (node_type, rule, algorithm))
    if ways > 1 or (algorithm is None) != (threshold is None):
        raise typer.BadParameter("say --type, --rule, or --algorithm with --threshold: one of them")
    if algorithm is not None:
        return f"threshold:{algorithm}={threshold:g}"
    if node_type is None:
        return rule
    from eikona.apps.node.presets import TYPES  # noqa: PLC0415  only needed here

    if node_type not in TYPES:
        raise UsageError(f"no node is of type {node_type}")
    return TYPES[node_type]


def checked_rule(rule: str) -> str:
    """Return a rule that there is.

    Raises:
        UsageError: there is no such rule.
    """
    from eikona.adapters.quorum.replica import hashes_for  # noqa: PLC0415  imports NumPy

    hashes_for(rule)
    return rule
