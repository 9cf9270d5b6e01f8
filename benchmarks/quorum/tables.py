"""The tables of the quorum's engines. Standard library only, as all tables are."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
_NAMES = {"raft": "embedded Raft", "etcd": "etcd 3.4, one server", "pysyncobj": "PySyncObj 0.3.17"}
_FAILOVER_MS = 2000.0  # the goal for a ruling, of which the engine's part is one piece
_RESTART_S = 5.0
_LOADING_S = 1.0  # for Python and its modules
_ORIGINAL_S = 5.0  # of sleeps that the original took for each upload
_GOALS = {"triple-a": (40.0, 150.0, 40.0), "robust": (150.0, float("inf"), 8.0)}
_FAULTS = ("kills", "acknowledged", "lost", "moved", "differing", "slowest_s")


def commits(rows: Rows) -> str:
    """Return the table of commits: one by one, and many at once."""
    lines = [
        (
            _NAMES[row["engine"]],
            str(row["nodes"]),
            _pair(row["leader_ms"]),
            _pair(row["follower_ms"]),
            f"{row['a_second']:,}",
        )
        for row in _of(rows, "quorum-commits")
    ]
    heads = ("engine", "nodes", "asked of the leader", "of another node", "a second, 16 clients")
    return _table(heads, lines)


def failover(rows: Rows) -> str:
    """Return the table of failovers."""
    lines = [
        (
            _NAMES[row["engine"]],
            str(row["nodes"]),
            str(row["kills"]),
            *(f"{row['failover_ms'][figure]:.0f} ms" for figure in ("p50", "p99", "most")),
            _met(is_met=row["failover_ms"]["p99"] <= _FAILOVER_MS),
        )
        for row in _of(rows, "quorum-failover")
    ]
    return _table(("engine", "nodes", "kills", "median", "99 %", "most", "≤ 2 s"), lines)


def restart(rows: Rows) -> str:
    """Return the table of restarts after many entries."""
    lines = [
        (
            _NAMES[row["what"]],
            f"{row['entries']:,}",
            f"{row['restart_s']:.2f} s",
            _met(is_met=row["restart_s"] <= _RESTART_S),
            f"{row['disk_bytes'] / 1e6:.1f} MB" if row["what"] == "raft" else "in etcd",
        )
        for row in _of(rows, "quorum-restart")
    ]
    return _table(("engine", "entries", "back after", "≤ 5 s", "on a node's disk"), lines)


def full_state(rows: Rows) -> str:
    """Return the table of what a node does at its start after many cases."""
    lines = [
        (
            f"{row['decisions']:,}",
            f"{row['snapshot_bytes'] / 1e6:.1f} MB",
            f"{row['snapshot_s']:.2f} s",
            f"{row['restore_s']:.2f} s",
            f"{row['replay_s']:.2f} s",
            f"{row['restore_s'] + row['replay_s']:.2f} s",
            _met(is_met=row["restore_s"] + row["replay_s"] <= _RESTART_S - _LOADING_S),
        )
        for row in _of(rows, "quorum-full-state")
    ]
    heads = ("cases ruled on", "snapshot", "to write it", "to read it", "10,000 entries after it")
    return _table((*heads, "both", "≤ 5 s with 1 s for Python"), lines)


def campaign(rows: Rows) -> str:
    """Return the table of campaigns."""
    lines = [
        (_NAMES[row["what"]], *(f"{row[figure]:,}" for figure in _FAULTS))
        for row in _of(rows, "quorum-campaign")
    ]
    heads = ("engine", "processes killed", "acknowledged", "**lost**", "moved", "differing")
    return _table((*heads, "longest pause, s"), lines)


def rulings(rows: Rows) -> str:
    """Return the table of rulings from upload to ruling."""
    found = [row for row in rows if str(row.get("set")).split()[0] == "quorum-rulings"]
    lines = []
    for row in sorted(found, key=lambda row: (list(_GOALS).index(row["preset"]), row["nodes"])):
        median, most, rate = _GOALS[row["preset"]]
        times, after = row["ruling_ms"], row["failover_ms"]
        is_met = times["p50"] <= median and times["p99"] <= most and row["a_second"] >= rate
        lines.append(
            (
                row["preset"],
                str(row["nodes"]),
                f"{times['p50']:.0f} ms",
                f"{times['p99']:.0f} ms",
                f"{row['a_second']:.0f}",
                f"{row['cpu_ms']:.0f} ms",
                _met(is_met=is_met),
                "" if after is None else f"{after['p50']:.0f} ms, 99 % {after['p99']:.0f} ms",
                f"{_ORIGINAL_S * 1000 / times['p50']:.0f}",
            )
        )
    heads = ("preset", "nodes", "median", "99 %", "a second, 16 clients", "processor time of one")
    return _table((*heads, "goal", "first after a kill", "times faster than the original"), lines)


def ruling_campaign(rows: Rows) -> str:
    """Return the table of campaigns against whole quorums."""
    figures = (
        "kills", "acknowledged", "lost", "doubled", "proven", "unproven", "not_kept", "slowest_s",
    )  # fmt: skip
    lines = [
        (row["what"], *(f"{row[figure]:,}" for figure in figures))
        for row in rows
        if str(row.get("set")).split()[0] == "quorum-ruling-campaign"
    ]
    heads = ("preset", "processes killed", "cases taken in", "**lost**", "ruled on twice")
    receipts = ("receipts verified", "that prove nothing", "not to be had later")
    return _table((*heads, *receipts, "longest ruling, s"), sorted(lines))


def _of(rows: Rows, name: str) -> list[Row]:
    found = [row for row in rows if str(row.get("set")).split()[0] == name]
    order = list(_NAMES)
    return sorted(found, key=lambda row: (order.index(row["what"].split()[0]), row.get("nodes", 0)))


def _pair(quantiles: Mapping[str, float]) -> str:
    return f"{quantiles['p50']:.1f} ms, 99 % {quantiles['p99']:.0f} ms"


def _met(*, is_met: bool) -> str:
    return "yes" if is_met else "**no**"


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    if not lines:
        return ""
    rule = ["---"] * len(heads)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, rule, *lines))


TABLES: Mapping[str, Callable[[Rows], str]] = MappingProxyType(
    {
        "quorum-rulings": rulings,
        "quorum-ruling-campaign": ruling_campaign,
        "quorum-commits": commits,
        "quorum-failover": failover,
        "quorum-restart": restart,
        "quorum-full-state": full_state,
        "quorum-campaign": campaign,
    }
)
