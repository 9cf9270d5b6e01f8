"""The command line of the benchmark of the quorum's engines."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.quorum.campaign import Campaign
from benchmarks.quorum.cluster import Cluster, Setting
from benchmarks.quorum.etcd_server import etcd_server
from benchmarks.quorum.full_state import full_state
from benchmarks.quorum.load import Load
from benchmarks.quorum.measure import Row, commits, failovers, restart
from benchmarks.quorum.ruling_campaign import ruling_campaigns
from benchmarks.quorum.rulings import rulings
from benchmarks.speed.rows import facts_of_run, write_rows

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "quorum.jsonl"
_NODES = (3, 4, 5, 7)
_PARTS = ("commits", "failover", "restart", "full-state", "campaign", "rulings", "ruling-campaign")
_PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "photos"
_OFTEN = {  # snapshots, so that kills meet them; nodes wait longer than usual for each other, since
    "compact_after": 200,
    "keep": 20,
    "file_bytes": 32_768,  # others keep the machine busy
    "timing": (0.2, 2.0, 4.0),
}


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quorum",
        description="Measures replication engines: commits, failover, restart, what kills lose.",
        epilog="example: python -m benchmarks.quorum --only campaign --kills 1000",
    )
    add = parser.add_argument
    add("--only", nargs="+", choices=_PARTS, default=_PARTS, help="these parts")
    add("--engines", nargs="+", choices=("raft", "etcd", "pysyncobj"), default=("raft", "etcd"))
    add("--nodes", nargs="+", type=int, default=_NODES, metavar="N", help="sizes of clusters")
    add("--kills", type=int, default=1000, metavar="N", help="processes to kill in the campaign")
    add("--minutes", type=float, default=1e9, metavar="N", help="end campaigns then, if not before")
    add("--entries", type=int, default=100_000, metavar="N", help="before a node restarts")
    add("--presets", nargs="+", choices=("triple-a", "robust"), default=("triple-a", "robust"))
    add("--cases", type=int, default=300, metavar="N", help="to time rulings of")
    add("--leaders", type=int, default=20, metavar="N", help="to kill, timing the next ruling")
    add("--photos", type=Path, default=_PHOTOS, metavar="FOLDER", help="200 photographs or more")
    add("--clusters", type=int, default=1, metavar="N", help="quorums to kill side by side")
    add("--snapshot-every", type=int, default=50, metavar="N", help="entries, while nodes die")
    add("--seed", type=int, default=1, metavar="N")
    add("--results", type=Path, metavar="FILE", help="write rows there, leave the docs alone")
    wanted = parser.parse_args(arguments)
    rows = []
    for row in chain(_of_quorums(wanted), _of_engines(wanted)):
        sys.stderr.write(f"{row}\n")
        rows.append(row)
    write_rows(wanted.results or _RESULTS, rows, {**facts_of_run(), "family": "quorum"})
    return 0 if wanted.results else tables.main([])


def _of_quorums(wanted: argparse.Namespace) -> Iterator[Row]:
    """Measure whole quorums, with their gateway and pictures."""
    for preset in wanted.presets if "rulings" in wanted.only else ():
        for nodes in wanted.nodes:
            of = {"what": f"{preset} {nodes}", "preset": preset, "nodes": nodes}
            yield _set("quorum-rulings", of) | rulings(
                wanted.photos, preset=preset, nodes=nodes, cases=wanted.cases,
                clients=16, kills=wanted.leaders,
            )  # fmt: skip
    for preset in wanted.presets if "ruling-campaign" in wanted.only else ():
        yield _set("quorum-ruling-campaign", {"what": preset}) | ruling_campaigns(
            wanted.photos,
            preset=preset,
            nodes=4,
            kills=wanted.kills,
            seed=wanted.seed,
            snapshot_every=wanted.snapshot_every,
            clusters=wanted.clusters,
            minutes=wanted.minutes,
        )


def _of_engines(wanted: argparse.Namespace) -> Iterator[Row]:
    """Measure what carries commands to all nodes, and what a node carries out."""
    if "full-state" in wanted.only:
        yield _set("quorum-full-state", {"what": "raft"}) | full_state(decisions=wanted.entries)
    for engine in wanted.engines:
        for nodes in wanted.nodes if {"commits", "failover"} & set(wanted.only) else ():
            with ExitStack() as closing:
                cluster = _cluster(closing, engine, nodes)
                of = {"what": f"{engine} {nodes}", "engine": engine, "nodes": nodes}
                if "commits" in wanted.only:
                    yield _set("quorum-commits", of) | commits(cluster, count=500, clients=16)
                if "failover" in wanted.only and engine != "etcd":
                    yield _set("quorum-failover", of) | failovers(cluster, times=20)
        if "restart" in wanted.only and engine != "pysyncobj":
            with ExitStack() as closing:
                cluster = _cluster(closing, engine, 3)
                found = restart(cluster, entries=wanted.entries, clients=96)
                yield _set("quorum-restart", {"what": engine}) | found
        if "campaign" in wanted.only:
            yield _campaign(engine, wanted)


def _set(name: str, of: Row) -> Row:
    """Begin a row; a later run replaces those of its name, engine and size alone."""
    return {"set": f"{name} {of['what']}"} | of


def _cluster(closing: ExitStack, engine: str, nodes: int, **setting: Any) -> Cluster:
    folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="quorum-")))
    endpoints: tuple[str, ...] = ()
    if engine == "etcd":
        endpoints = (closing.enter_context(etcd_server(folder)),)
    made = Cluster(folder, Setting(nodes=nodes, engine=engine, endpoints=endpoints, **setting))
    return closing.enter_context(made)


def _campaign(engine: str, wanted: argparse.Namespace) -> Row:
    nodes, seed = wanted.nodes[0], wanted.seed
    began = time.monotonic()
    with ExitStack() as closing:
        cluster = _cluster(closing, engine, nodes, **_OFTEN)
        load = closing.enter_context(Load(cluster, clients=4, seed=seed, pause_s=0.01))
        campaign = Campaign(cluster, load, seed=seed)
        faults = campaign.faults_for(engine)
        until = began + wanted.minutes * 60
        while campaign.tally.kills < wanted.kills and time.monotonic() < until:
            for fault in sorted(faults, key=lambda name: "kill" in name):
                campaign.one(fault)
            for fault in (name for name in faults if "kill" in name):  # once more: they count
                campaign.one(fault)
            campaign.check()
            sys.stderr.write(f"\r\033[K{engine}: {campaign.tally.kills} kills")
            sys.stderr.flush()
        campaign.check()
        tally = campaign.tally
    minutes = (time.monotonic() - began) / 60
    return _set("quorum-campaign", {"what": engine}) | {
        "nodes": nodes, "kills": tally.kills,
        "faults": tally.faults, "acknowledged": tally.acknowledged, "lost": tally.lost,
        "moved": tally.moved, "differing": tally.differing,
        "slowest_s": round(tally.slowest_s, 2), "minutes": round(minutes, 1),
    }  # fmt: skip
