"""Turns scores into rows of results."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.robustness.contenders import Contender
from benchmarks.robustness.evaluation import Score
from benchmarks.robustness.protocol import Confusion
from eikona.imaging.alterations.attack import Attack, Group

Row = dict[str, Any]
ATTACKS_SET = "robustness-attacks"
_ENOUGH = 0.95  # of an attack's copies, the goal for each


def attack_rows(attacks: Iterable[Attack]) -> list[Row]:
    """Return what each attack is."""
    return [
        {
            "set": ATTACKS_SET,
            "what": attack.name,
            "label": attack.label,
            "group": str(attack.group),
            "strength": attack.strength,
            "unit": attack.unit,
            "saved": "PNG" if attack.quality is None else f"JPEG {attack.quality}",
            "version": attack.version,
            "place": place,
        }
        for place, attack in enumerate(attacks)
    ]


def contender_row(
    contender: Contender,
    scores: Mapping[float | None, Score],
    confusion: Confusion | None,
    attacks: Sequence[Attack],
    halves: tuple[int, int],
) -> Row:
    """Return one contender's row.

    Args:
        contender: who competed.
        scores: by the false-positive rate that the threshold was set for; None of a rule.
        confusion: of the balanced pairs; None where the poster's attacks were not all run.
        attacks: which there were.
        halves: photographs that thresholds were set on, and that were reported.
    """
    return {
        "set": f"robustness-{contender.hasher}",
        "what": contender.name,
        "kind": str(contender.kind),
        "set_on": halves[0],
        "photos": halves[1],
        "scores": [_score(contender, rate, scores[rate], attacks) for rate in scores],
        "protocol": None if confusion is None else _protocol(contender, confusion),
    }


def _score(
    contender: Contender, rate: float | None, score: Score, attacks: Sequence[Attack]
) -> Row:
    recalls = list(score.recall.values())
    return {
        "rate": rate,
        "threshold": _bound(contender, score.below),
        "recall": _mean(recalls),
        "recall_by_group": dict(_by_group(score, attacks)),
        "worst": min(recalls),
        "enough": sum(recall >= _ENOUGH for recall in recalls),
        "false": score.false,
        "pairs": score.pairs,
        "altered_false": score.altered_false,
        "altered_pairs": score.altered_pairs,
        "attacks": {name: round(recall, 4) for name, recall in score.recall.items()},
    }


def _by_group(score: Score, attacks: Sequence[Attack]) -> Iterator[tuple[str, float]]:
    for group in Group:
        recalls = [score.recall[attack.name] for attack in attacks if attack.group is group]
        if recalls:
            yield str(group), _mean(recalls)


def _protocol(contender: Contender, confusion: Confusion) -> Row:
    return {
        "threshold": _bound(contender, confusion.below),
        "accuracy": round(confusion.accuracy, 5),
        "precision": round(confusion.precision, 5),
        "recall": round(confusion.recall, 5),
        "f1": round(confusion.f1, 5),
        "fpr": round(confusion.fpr, 5),
        "pairs": confusion.tp + confusion.fp + confusion.tn + confusion.fn,
    }


def _bound(contender: Contender, below: float | None) -> str:
    """Return how people would write the threshold; nothing of a rule."""
    if below is None:
        return ""
    if math.isinf(below):
        return "any"
    if contender.bits:
        return f"≤ {math.ceil(below) - 1} of {contender.bits}" if below > 0 else "none"
    return f"< {below:.3g}"


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 5)
