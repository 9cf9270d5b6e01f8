"""The tables of the quorum's engines, and the ledger that its nodes keep."""

import pytest

from benchmarks.quorum.ledger import Ledger
from benchmarks.quorum.measure import quantiles
from benchmarks.quorum.tables import TABLES
from eikona.domain.errors import InvalidSnapshotError

_TIMES = {"p50": 1.25, "p99": 20.0, "most": 30.0}


def test_rows_become_lines_in_the_order_of_engines_and_sizes():
    def row(engine, nodes):
        return {
            "set": f"quorum-commits {engine} {nodes}", "what": f"{engine} {nodes}",
            "engine": engine, "nodes": nodes, "leader_ms": _TIMES, "follower_ms": _TIMES,
            "a_second": 1234,
        }  # fmt: skip

    rows = [row("etcd", 3), row("raft", 7), row("raft", 3), {"set": "another"}]
    lines = TABLES["quorum-commits"](rows).splitlines()
    assert [line.split(" | ")[:2] for line in lines[2:]] == [
        ["| embedded Raft", "3"], ["| embedded Raft", "7"], ["| etcd 3.4, one server", "3"],
    ]  # fmt: skip
    assert lines[2].endswith("| 1.2 ms, 99 % 20 ms | 1.2 ms, 99 % 20 ms | 1,234 |")


@pytest.mark.parametrize(("p99", "verdict"), [(1999.0, "yes"), (2001.0, "**no**")])
def test_a_goal_that_is_missed_is_said(p99, verdict):
    times = {"p50": 60.0, "p99": p99, "most": 3000.0}
    row = {"engine": "raft", "nodes": 3, "kills": 20, "failover_ms": times, "what": "raft 3"}
    assert verdict in TABLES["quorum-failover"]([row | {"set": "quorum-failover raft 3"}])


def test_losses_stand_in_the_table():
    row = {
        "set": "quorum-campaign pysyncobj", "what": "pysyncobj", "kills": 1000, "lost": 1234,
        "acknowledged": 5678, "moved": 0, "differing": 0, "slowest_s": 3.2,
    }  # fmt: skip
    (line,) = TABLES["quorum-campaign"]([row]).splitlines()[2:]
    assert line == "| PySyncObj 0.3.17 | 1,000 | 5,678 | 1,234 | 0 | 0 | 3.2 |"


@pytest.mark.parametrize("name", list(TABLES))
def test_nothing_measured_gives_no_table(name):
    assert TABLES[name]([]) == ""


def test_quantiles_are_of_the_times_in_order():
    assert quantiles([float(n) for n in range(100, 0, -1)]) == {
        "p50": 50.5,
        "p99": 100,
        "most": 100,
    }


def test_a_ledger_writes_an_id_down_once():
    ledger, same = Ledger(), Ledger()
    first = ledger.apply(b"a" * 16 + b"more")
    ledger.apply(b"b" * 16)
    assert ledger.apply(b"a" * 16) == first
    assert list(ledger.ids) == [b"a" * 16, b"b" * 16]
    same.restore(ledger.snapshot())
    assert same.digest() == ledger.digest()
    same.apply(b"c" * 16)
    assert same.digest() != ledger.digest()
    with pytest.raises(InvalidSnapshotError):
        same.restore(ledger.snapshot()[:-1])
