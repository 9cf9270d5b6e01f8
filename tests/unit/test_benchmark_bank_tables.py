"""The tables of banks on disk and of killed writers."""

import pytest

from benchmarks.index.bank_tables import banks, crashes

_FACTS = {"machine": {"cpu": "Some CPU"}, "commit": "0123456789", "date": "2026-11-21"}


def _call(what, p50, p99, most):
    figures = {"p50": p50, "p99": p99, "max": most}
    row = {"family": "index-banks", "what": what, "codes": 1_000_000, "calls": 5000}
    return row | figures | _FACTS


@pytest.mark.parametrize(
    ("what", "p50", "p99", "said"),
    [
        ("add", 0.1, 0.9, "99 % ≤ 1 ms | met"),
        ("add", 0.1, 1.1, "99 % ≤ 1 ms | **missed**"),
        ("open", 50, 90, "median ≤ 50 ms | met"),
        ("open", 51, 51, "median ≤ 50 ms | **missed**"),
    ],
)
def test_a_goal_is_held_against_the_figure_that_it_is_about(what, p50, p99, said):
    assert said in banks([_call(what, p50, p99, 200)])


def test_slow_calls_are_shown():
    line = banks([_call("add during a merge", 0.1, 0.5, 307.2)]).splitlines()[2]
    assert "0.1 ms | 0.5 ms | 307 ms" in line


def test_losses_are_shown():
    row = {"family": "index-crashes", "rounds": 1000, "acknowledged": 5, "lost": 3, "half": 2}
    text = crashes([row | {"damaged": 1, "met": {"torn log": 7}} | _FACTS])
    assert "change was not there | 3 |" in text
    assert "in part | 2 |" in text
    assert "verify | 1 |" in text
    assert "met a torn log | 7 |" in text


def test_nothing_measured_gives_no_table():
    assert banks([]) == crashes([]) == ""
