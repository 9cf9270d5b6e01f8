"""The robustness tables against rows whose numbers are known."""

import pytest

from benchmarks.robustness import plot, rows, tables
from benchmarks.robustness.contenders import Contender, Kind
from benchmarks.robustness.evaluation import RATES, Score
from benchmarks.robustness.markdown import percent, rate, scientific
from benchmarks.robustness.protocol import Confusion
from eikona.imaging.alterations.catalogue import ATTACKS

_MACHINE = {"cpu": "Some CPU", "cores": 2, "system": "Linux", "python": "3.11.0", "numpy": "2.4"}
_FACTS = {"family": "robustness", "commit": "0123456789", "date": "2026-11-21", "machine": _MACHINE}
_ATTACKS = list(ATTACKS.values())


def _score(below, poster, harder, altered_false=0):
    recall = {a.name: poster if a.group == "poster" else harder for a in _ATTACKS}
    return Score(below, recall, 1, 1000, altered_false, 2_000_000)


def _row(name, kind, scores, bits=256, confusion=None):
    contender = Contender(name, kind, "eikona", lambda a, b: a, bits)
    return _FACTS | rows.contender_row(contender, scores, confusion, _ATTACKS, (502, 498))


def _results():
    hash_scores = dict(
        zip(
            RATES,
            (_score(75.0, 0.9, 0.3, 20), _score(80.0, 1, 0.4), _score(90.0, 1, 0.5)),
            strict=True,
        )
    )
    counts = Confusion(None, tp=990, fp=10, tn=990, fn=10)
    return [
        *(_FACTS | row for row in rows.attack_rows(_ATTACKS)),
        _row("eikona", Kind.RULE, {None: _score(None, 1, 0.5)}, 0, counts),
        _row("pdq ×8", Kind.HASH, hash_scores),
        _row("unihasher's tree", Kind.PEER_RULE, {None: _score(None, 0.8, 0.6, 4000)}, 0),
    ]


def test_the_summary_puts_whoever_finds_most_first():
    lines = tables.summary(_results()).splitlines()
    assert lines[2] == "| _goal_ | ≥ 99.7 % |  |  | 43 of 43 | ≤ 1e-5 |"
    assert (
        lines[3] == "| **rule `eikona`** | 72.1 % | 100.0 % | 50.0 % | 19 of 43 | 0 of 2,000,000 |"
    )
    assert lines[4] == "| unihasher's tree | 68.8 % | 80.0 % | 60.0 % | 0 of 43 | 2.0e-3 |"
    assert lines[5] == "| **pdq ×8** | 56.5 % | 90.0 % | 30.0 % | 0 of 43 | 1.0e-5 |"


def test_a_hash_is_shown_at_every_rate_with_the_threshold_of_the_strictest():
    lines = tables.hashes(_results()).splitlines()
    assert lines[0].startswith("| hash | found at ≤ 1e-5 | found at ≤ 1e-4 | found at ≤ 1e-3 |")
    (line,) = lines[2:]
    assert line == (
        "| **pdq ×8** | 56.5 % | 66.5 % | 72.1 % | 90.0 % | 30.0 % | 30.0 % | 0 of 43"
        " | ≤ 74 of 256 | 1 of 1,000 | 1.0e-5 |"
    )


def test_rules_stand_by_themselves():
    lines = tables.rules(_results()).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| **rule `eikona`**",
        "| unihasher's tree",
    ]


def test_a_goal_that_is_missed_is_said_to_be():
    table = tables.goals(_results())
    assert "| copies found over all attacks | 72.09 % | ≥ 99.7 % | **missed** |" in table
    assert "| worst attack | 50.00 % | ≥ 95.0 % | **missed** |" in table
    assert "| poster's protocol, accuracy | 99.00 % | ≥ 99.9 % | **missed** |" in table
    assert "| false matches a pair | 0 of 2,000,000 | ≤ 1e-5 | met |" in table


def test_every_attack_has_a_line_with_its_strength():
    table = tables.attacks(_results())
    assert len(table.splitlines()) == 2 + 43
    assert "| JPEG 10 | 10 quality | JPEG 10 | 50.0 % | 30.0 % | 60.0 % |" in table
    assert "| mirrored left-right |  | JPEG 85 | 100.0 % | 90.0 % | 80.0 % |" in table


def test_the_protocol_shows_who_was_put_through_it():
    lines = tables.poster(_results()).splitlines()
    assert lines[3:] == [
        "| **rule `eikona`** | 99.00 % | 99.00 % | 99.00 % | 99.00 % | 1.00 % | as it is | 2,000 |"
    ]


def test_conditions_count_photographs_and_pairs():
    table = tables.conditions(_results())
    assert "| eikona | 502 | 498 | 1,000 | 2,000,000 | `0123456789` | 2026-11-21 |" in table
    assert table.endswith("\nnumpy 2.4, python 3.11.0.\n")


def test_without_results_there_are_no_tables_and_no_plot():
    for name, make in tables.TABLES.items():
        assert make([]) == "", name
    assert plot.data([]) == {}
    assert plot.data(_results()) == {}  # not everybody in it was measured


@pytest.mark.parametrize(
    ("below", "bits", "shown"),
    [
        (75.0, 256, "≤ 74 of 256"),
        (1.0, 64, "≤ 0 of 64"),
        (0.0, 64, "none"),
        (0.02131, 0, "< 0.0213"),
        (float("inf"), 64, "any"),
    ],
)
def test_thresholds_are_written_as_people_would(below, bits, shown):
    row = _row("x", Kind.HASH, dict.fromkeys(RATES, _score(below, 1, 1)), bits)
    assert row["scores"][0]["threshold"] == shown


def test_numbers():
    assert (percent(0.1234), percent(1), percent(None)) == ("12.3 %", "100.0 %", "")
    assert (rate(0, 1234), rate(1, 10**6)) == ("0 of 1,234", "1.0e-6")
    assert scientific(1e-5, 0) == "1e-5"
