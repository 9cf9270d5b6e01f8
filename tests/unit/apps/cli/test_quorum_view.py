import io

import pytest
from rich.console import Console

from eikona.apps.cli.quorum_view import LiveView, getting_ready, status_lines


def node(name, **changes):
    plain = {
        "node": name, "connected": True, "role": "follower", "lost": [], "position": 12, "lag": 0,
        "reached": ["n2"], "bank_version": 1, "hashed": [40, 40], "ruled": 3, "archived": 3,
        "rule": "eikona", "trouble": "",
    }  # fmt: skip
    return plain | changes


def status(*nodes, **roster):
    plain = {"in_force": 1, "seats": {"n1": "ab" * 16}, "coming": None, "waits_for": []}
    return {
        "leader": "n1",
        "cases": {"waiting": 2, "held": 1, "ruled": 3},
        "reference": {"version": 1, "pictures": 40, "trouble": "", "unreadable": {}},
        "roster": plain | roster,
        "nodes": list(nodes),
    }


AWAY = {"node": "n2", "connected": False, "ended": ""}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (status(AWAY, in_force=0), "not there yet: n2"),
        (status(AWAY), "no node is there"),
        (status(node("n1", bank_version=0, hashed=[7, 40])), "7 of 40 pictures (n1 7)"),
        (status(node("n1"), node("n2", bank_version=0, hashed=[9, 40])), "9 of 40 pictures (n2 9)"),
        (status(node("n1"), AWAY), ""),
    ],
)
def test_what_nodes_are_at_before_they_can_rule_is_told(seen, expected):
    text = getting_ready(seen)
    assert expected in text
    assert bool(text) == bool(expected)


def test_a_status_names_leader_cases_roster_and_nodes():
    coming = status(node("n1", role="leader"), AWAY, coming=2, waits_for=["n3"])
    head, roster, first, second = status_lines(coming)
    assert "n1 leads; 2 cases waiting, 1 of them held" in head
    assert roster == "roster 1: n1 abababab; roster 2 is coming, waits for n3"
    assert "leader, log 12, lag 0, reaches 1 node, bank 1" in first
    assert second.split() == ["n2", "away"]


def test_the_view_shows_nodes_and_the_newest_cases():
    view = LiveView()
    view.notice({"event": "taken", "case": "0-a"})
    view.notice({"event": "ballot", "case": "0-a", "node": "n1", "outcome": "block"})
    view.notice({"event": "ruled", "case": "0-a", "outcome": "block", "took_ms": 31.0})
    view.say("n2 is started again")
    shown = io.StringIO()
    seen = status(node("n1"), node("n2", bank_version=0, hashed=[7, 40]))
    Console(file=shown, width=150).print(view.drawn(seen))
    text = shown.getvalue()
    for part in ("7 of 40", "0-a", "31 ms", "n1 block", "roster 1", "n2 is started again"):
        assert part in text
