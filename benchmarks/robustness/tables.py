"""The robustness tables of the docs. Standard library only: checked where nothing is installed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from benchmarks.robustness.markdown import head, line, percent, rate, scientific, table

Row = Mapping[str, Any]
Rows = Sequence[Row]
_ATTACKS_SET = "robustness-attacks"
_STRICTEST = 1e-5  # false matches a pair, of the rates that thresholds are set for
_RECALL_GOAL = 0.997  # of the copies of all attacks, at that rate
_EACH_GOAL = 0.95  # of the copies of each attack
_BLOCK_GOAL = 0.99  # of the copies of all attacks
_ACCURACY_GOAL = _F1_GOAL = 0.999  # in the poster's protocol
_RULES = ("rule", "peer rule")
_OURS = ("hash", "rule")
_MISSED, _MET = "**missed**", "met"
_PLACE = ("cpu", "cores", "system")

# What stands in the summary and, with those that follow, in the columns of the attack table.
SUMMARY = (
    "eikona",
    "eikona, review in 1 M",
    "eikona, block in 1 M",
    "eikona-hashes",
    "eikona-hashes, block in 1 M",
    "pdq ×8 and dhash256",
    "pdq ×8",
    "pdq",
    "forbild",
    "unihasher's tree",
    "unihasher's majority",
    "perception PHash",
    "perception BlockMean",
    "imagehash phash",
    "imagehash average_hash",
)
_ATTACK_COLUMNS = (
    "eikona",
    "eikona, review in 1 M",
    "eikona, block in 1 M",
    "eikona-hashes",
    "pdq ×8",
    "pdq",
    "phash256",
    "dhash256",
    "nmf",
    "forbild, weighted",
    "unihasher's tree",
    "perception BlockMean",
    "imagehash phash",
)


def contender_rows(rows: Rows) -> list[Row]:
    """Return the rows that hold scores."""
    return [row for row in rows if row.get("family") == "robustness" and "scores" in row]


def attack_rows(rows: Rows) -> list[Row]:
    """Return what the attacks are, in the order of the catalogue."""
    found = [row for row in rows if row.get("set") == _ATTACKS_SET]
    return sorted(found, key=lambda row: row["place"])


def score_at(row: Row, bound: float) -> Row:
    """Return the score at the threshold set for this rate; the only one of a rule."""
    scores: Sequence[Row] = row["scores"]
    return next(score for score in scores if score["rate"] in (bound, None))


def false_rate(score: Row) -> float:
    """Return false matches a pair of an altered copy and another photograph."""
    return float(score["altered_false"] / score["altered_pairs"])


def summary(rows: Rows) -> str:
    """Return the short leaderboard: who finds how many copies."""
    found = {row["what"]: row for row in contender_rows(rows)}
    shown = [found[name] for name in SUMMARY if name in found]
    if not shown:
        return ""
    shown.sort(key=lambda row: -score_at(row, _STRICTEST)["recall"])
    lines = [
        *head(
            "",
            "copies found",
            "19 of the poster",
            "24 harder",
            "attacks at ≥ 95 %",
            "false matches",
        ),
        line(
            "_goal_",
            f"≥ {percent(_RECALL_GOAL)}",
            "",
            "",
            f"{_attacks_of(shown)}",
            f"≤ {scientific(_STRICTEST, 0)}",
        ),
    ]
    for row in shown:
        score = score_at(row, _STRICTEST)
        groups = score["recall_by_group"]
        cells = (
            _name(row),
            percent(score["recall"]),
            percent(groups.get("poster")),
            percent(groups.get("harder")),
            f"{score['enough']} of {len(score['attacks'])}",
            rate(score["altered_false"], score["altered_pairs"]),
        )
        lines.append(line(*cells))
    return table(lines)


def hashes(rows: Rows) -> str:
    """Return recall of every hash at each rate, thresholds set on the other half."""
    found = [row for row in contender_rows(rows) if row["kind"] not in _RULES]
    if not found:
        return ""
    found.sort(key=lambda row: -score_at(row, _STRICTEST)["recall"])
    rates = sorted(score["rate"] for score in found[0]["scores"])
    lines = head(
        "hash",
        *(f"found at ≤ {scientific(bound, 0)}" for bound in rates),
        "poster's",
        "harder",
        "worst attack",
        "attacks at ≥ 95 %",
        "threshold",
        "false, as they are",
        "false, altered",
    )
    for row in found:
        score = score_at(row, _STRICTEST)
        cells = (
            _name(row),
            *(percent(score_at(row, bound)["recall"]) for bound in rates),
            *_common(score),
            score["threshold"],
            *_false(score),
        )
        lines.append(line(*cells))
    return table(lines)


def rules(rows: Rows) -> str:
    """Return recall and false matches of every rule as it is."""
    found = [row for row in contender_rows(rows) if row["kind"] in _RULES]
    if not found:
        return ""
    found.sort(key=lambda row: -row["scores"][0]["recall"])
    lines = head(
        "rule",
        "copies found",
        "poster's",
        "harder",
        "worst attack",
        "attacks at ≥ 95 %",
        "false, as they are",
        "false, altered",
    )
    for row in found:
        score = row["scores"][0]
        cells = (
            _name(row),
            percent(score["recall"]),
            *_common(score),
            *_false(score),
        )
        lines.append(line(*cells))
    return table(lines)


def attacks(rows: Rows) -> str:
    """Return recall attack by attack of some contenders."""
    found = {row["what"]: row for row in contender_rows(rows)}
    shown = [found[name] for name in _ATTACK_COLUMNS if name in found]
    known = attack_rows(rows)
    if not shown or not known:
        return ""
    lines = head("attack", "strength", "saved as", *(_name(row) for row in shown))
    for attack in known:
        strength = f"{attack['strength']:g} {attack['unit']}" if attack["unit"] else ""
        recalls = (score_at(row, _STRICTEST)["attacks"].get(attack["what"]) for row in shown)
        lines.append(line(attack["label"], strength, attack["saved"], *map(percent, recalls)))
    return table(lines)


def poster(rows: Rows) -> str:
    """Return the poster's protocol: balanced pairs, rules as they are."""
    found = [row for row in contender_rows(rows) if row["protocol"]]
    if not found:
        return ""
    found.sort(key=lambda row: -row["protocol"]["accuracy"])
    lines = head(
        "", "accuracy", "F1", "precision", "recall", "false positives", "threshold", "pairs"
    )
    goal = (f"≥ {percent(_ACCURACY_GOAL)}", f"≥ {percent(_F1_GOAL)}")
    lines.append(line("_goal_", *goal, "", "", "", "", ""))
    for row in found:
        scores = row["protocol"]
        shown = ("accuracy", "f1", "precision", "recall", "fpr")
        threshold = "as it is" if row["kind"] in _RULES else scores["threshold"]
        cells = (percent(scores[name], 2) for name in shown)
        lines.append(line(_name(row), *cells, threshold, f"{scores['pairs']:,}"))
    return table(lines)


def goals(rows: Rows) -> str:
    """Return the goals beside what the rule ``eikona`` reaches."""
    found = next((row for row in contender_rows(rows) if row["what"] == "eikona"), None)
    if found is None or not found["protocol"]:
        return ""
    score, scores = found["scores"][0], found["protocol"]
    measured = (
        ("copies found over all attacks", score["recall"], _RECALL_GOAL),
        ("worst attack", score["worst"], _EACH_GOAL),
        ("poster's protocol, accuracy", scores["accuracy"], _ACCURACY_GOAL),
        ("poster's protocol, F1", scores["f1"], _F1_GOAL),
    )
    blocking = [row for row in contender_rows(rows) if row["what"] == "eikona, block in 1 M"]
    for row in blocking:
        recall = row["scores"][0]["recall"]
        measured = (*measured, ("copies blocked in a bank of 1 M", recall, _BLOCK_GOAL))
    lines = head("rule `eikona`", "measured", "goal", "")
    for what, value, goal in measured:
        verdict = _MET if value >= goal else _MISSED
        lines.append(line(what, percent(value, 2), f"≥ {percent(goal)}", verdict))
    lines.append(
        line(
            "false matches a pair",
            rate(score["altered_false"], score["altered_pairs"]),
            f"≤ {scientific(_STRICTEST, 0)}",
            _MET if false_rate(score) <= _STRICTEST else _MISSED,
        )
    )
    return table(lines)


def conditions(rows: Rows) -> str:
    """Return on how many photographs and when each program was measured."""
    by_set: dict[str, Row] = {}
    for row in contender_rows(rows):
        by_set.setdefault(row["set"], row)
    if not by_set:
        return ""
    lines = head(
        "program",
        "photographs: set on",
        "reported",
        "pairs as they are",
        "altered",
        "commit",
        "date",
    )
    machines = []
    for row in by_set.values():
        score = row["scores"][0]
        cells = (
            row["set"].removeprefix("robustness-"),
            f"{row['set_on']}",
            f"{row['photos']}",
            f"{score['pairs']:,}",
            f"{score['altered_pairs']:,}",
            f"`{row['commit']}`" if row["commit"] else "",
            row["date"],
        )
        lines.append(line(*cells))
        machines.append(row["machine"])
    versions = {name: value for machine in machines for name, value in machine.items()}
    said = ", ".join(f"{name} {versions[name]}" for name in sorted(versions) if name not in _PLACE)
    return table(lines) + f"\n{said}.\n"


def _attacks_of(shown: Rows) -> str:
    count = len(shown[0]["scores"][0]["attacks"])
    return f"{count} of {count}"


def _common(score: Row) -> Iterator[str]:
    groups = score["recall_by_group"]
    yield percent(groups.get("poster"))
    yield percent(groups.get("harder"))
    yield percent(score["worst"])
    yield f"{score['enough']} of {len(score['attacks'])}"


def _false(score: Row) -> Iterator[str]:
    yield f"{score['false']} of {score['pairs']:,}"
    yield rate(score["altered_false"], score["altered_pairs"])


def _name(row: Row) -> str:
    """Return the contender's name; ours in bold."""
    name = row["what"]
    shown = f"rule `{name}`" if row["kind"] == "rule" else name
    return f"**{shown}**" if row["kind"] in _OURS else shown


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {
        "robustness-summary": summary,
        "robustness-goals": goals,
        "robustness-hashes": hashes,
        "robustness-rules": rules,
        "robustness-attacks": attacks,
        "robustness-poster": poster,
        "robustness-conditions": conditions,
    }
)
