"""A whole quorum of processes with what befalls it besides kills: nothing taken in is lost."""

import contextlib
import os
import time
from contextlib import closing

import pytest

from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.quorum.calls import call
from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.adapters.quorum.description import read_description
from eikona.adapters.raft.identity import own_identity
from eikona.balloting.misbehaviour import findings
from eikona.balloting.receipts import receipt_from
from tests.faults.full_disk import filled, nothing_written
from tests.faults.whole_quorum import GATEWAY, NODES, SNAPSHOT_EVERY, WholeQuorum, asking
from tests.integration import bad_input
from tests.integration.command_line import eikona
from tests.integration.running_quorum import wait_for

pytestmark = pytest.mark.slow

_CENTURY_S = 3_155_760_000


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    folder = tmp_path_factory.mktemp("works")
    (folder / "reference").mkdir()
    bad_input.save_picture(folder / "reference" / "work.png", 1)
    bad_input.picture(1).save(folder / "copy.jpg", quality=80)
    bad_input.picture(77).save(folder / "other.jpg", quality=80)
    return folder


@pytest.fixture(scope="module")
def copy(works):
    return works / "copy.jpg"


@pytest.fixture(scope="module")
def running(works, tmp_path_factory):
    quorum = WholeQuorum(tmp_path_factory.mktemp("quorum"), works / "reference")
    try:
        quorum.start()
        yield quorum
    finally:
        quorum.close()


@pytest.fixture
def quorum(running):
    """The quorum, which must be whole again after each test, with every receipt."""
    yield running
    running.settle()


@pytest.mark.parametrize("who", ["leader", "follower"])
def test_a_node_that_stands_still_holds_nobody_up(quorum, copy, who):
    leader = quorum.leader()
    name = leader if who == "leader" else next(one for one in NODES if one != leader)
    with quorum.stopped(name):
        asked = [quorum.ask(copy) for _ in range(4)]
        assert {one.ruled()["outcome"] for one in asked} == {"block"}


def test_a_lost_node_is_ruled_without_and_returns_with_every_receipt(quorum, copy):
    name = next(one for one in NODES if one != quorum.leader())
    quorum.wires.sever(name)
    try:
        wait_for(lambda: name in quorum.node(quorum.leader())["lost"], every_s=0.2)
        first = quorum.ask(copy)
        assert first.ruled()["absent"] == [name]
        assert len(receipt_from(first.receipt).decision.case.electorate) == 4
        log = quorum.node(quorum.leader())["position"]
        with asking(quorum, copy):  # until those who are there have forgotten what it lacks
            wait_for(lambda: quorum.node(quorum.leader())["position"] > log + 3 * SNAPSHOT_EVERY)
    finally:
        quorum.wires.mend()
    wait_for(lambda: not quorum.node(quorum.leader())["lost"], every_s=0.2)
    assert quorum.ask(copy).ruled()["absent"] == []


def test_a_node_without_its_receipts_gets_them_from_the_others(quorum, copy):
    name = next(one for one in NODES if one != quorum.leader())
    ruled = quorum.node(name)["ruled"]
    assert ruled > 0
    with quorum.stopped(name):
        for file in (quorum.folder / "nodes" / name).glob("receipts.sqlite*"):
            file.unlink()
        quorum.kill(name)
    assert quorum.ask(copy).ruled()["outcome"] == "block"
    wait_for(lambda: quorum.node(name).get("archived", 0) > ruled, every_s=0.3)
    log = (quorum.folder / "nodes" / name / "node.log").read_text()
    assert "receipts fetched" in log


def test_half_of_the_nodes_decide_nothing_until_another_is_there(quorum, copy):
    first, second, third, fourth = NODES
    quorum.wires.part({first, second, GATEWAY}, {third, fourth, GATEWAY})
    asked = []
    for _ in range(3):
        one = quorum.ask(copy)
        wait_for(lambda: "taken" in one.names())  # noqa: B023  called at once
        asked.append(one)
    wait_for(lambda: all("held" in one.names() for one in asked))
    assert not any("ruled" in one.names() for one in asked)
    quorum.wires.mend()
    assert {one.ruled()["outcome"] for one in asked} == {"block"}
    numbers = [receipt_from(one.receipt).decision.case.number for one in asked]
    assert numbers == sorted(numbers)


def test_a_leader_that_is_cut_off_rules_on_nothing(quorum, copy):
    leader = quorum.leader()
    others = set(NODES) - {leader}
    quorum.wires.part({leader, GATEWAY}, {*others, GATEWAY})
    try:
        assert quorum.ask(copy).ruled()["outcome"] == "block"
        assert quorum.leader() != leader
    finally:
        quorum.wires.mend()


def test_nodes_that_the_gateway_cannot_reach_keep_their_quorum(quorum, copy):
    leader = quorum.leader()
    quorum.wires.part(set(NODES), {*NODES, GATEWAY} - {leader})
    try:
        assert quorum.ask(copy).ruled()["outcome"] == "block"
    finally:
        quorum.wires.mend()


def test_clocks_that_jump_decide_nothing(quorum, copy):
    leader = quorum.leader()
    follower, *_ = (one for one in NODES if one != leader)
    shifts = {leader: -_CENTURY_S // 4, follower: _CENTURY_S}
    try:
        for name, shift in shifts.items():
            quorum.make_odd(name, clock=shift)
        said = {}
        while not shifts.keys() <= said.keys():  # two of four may suffice for a ruling
            asked = quorum.ask(copy)
            assert asked.ruled()["outcome"] == "block"
            for one in receipt_from(asked.receipt).decision.ballots:
                said[one.ballot.node] = one.ballot.at_ms / 1000 - time.time()
        assert {name: round(said[name] / _CENTURY_S, 2) for name in shifts} == {
            leader: -0.25, follower: 1,
        }  # fmt: skip
        quorum.kill(leader)
        assert quorum.ask(copy).ruled()["outcome"] == "block"
        assert not quorum.node(follower)["lost"]
    finally:
        for name in shifts:
            quorum.make_odd(name, clock=0)


def test_a_full_disk_of_a_node_holds_nobody_up(quorum, copy):
    name = "n2"
    folder = quorum.folder / "nodes" / name
    full = filled(folder) if folder in quorum.small_disks else _writes_nothing(quorum, name)
    with full:
        asked = [quorum.ask(copy) for _ in range(4)]
        assert {one.ruled()["outcome"] for one in asked} == {"block"}
        wait_for(lambda: not quorum.node(name)["connected"] or quorum.node(name)["trouble"])


def test_full_disks_of_all_nodes_hold_cases_until_there_is_room(quorum, copy):
    with _writes_nothing(quorum, *NODES):
        asked = [quorum.ask(copy) for _ in range(3)]
        wait_for(lambda: all("held" in one.names() for one in asked))
        assert not any("ruled" in one.names() for one in asked)
    assert {one.ruled()["outcome"] for one in asked} == {"block"}


def test_a_gateway_without_room_says_so_and_takes_nothing(quorum, copy):
    folder = quorum.folder / GATEWAY
    is_small = folder in quorum.small_disks
    with filled(folder) if is_small else nothing_written(lambda: [quorum.gateway_pid]):
        refused = eikona("quorum", "submit", copy, "--data", quorum.folder)
        assert refused.status == 1
        assert "No space left" in refused.stderr or "File too large" in refused.stderr
        assert wait_for(quorum.status)["cases"]["waiting"] == 0
    assert quorum.ask(copy).ruled()["outcome"] == "block"


def test_a_node_that_speaks_nonsense_harms_only_itself(quorum, copy):
    described = read_description(quorum.folder / "quorum.json")
    identity = own_identity(quorum.folder / "nodes" / "n1" / "identity", "n1")
    certificate = bytes.fromhex(described.gateway.certificate)
    asked = (
        {"do": "picture", "sha256": "no hex"}, {"do": "reference", "newer_than": "never"},
        {"do": "receipts", "node": "n9"}, {"do": "stop"}, {"do": "submit"}, {"do": []}, {},
    )  # fmt: skip
    told = [("ask", one) for one in asked]
    told += [("events", {"event": []}), ("nothing", {}), (["desk"], {})]
    for purpose, one in told:
        with (
            contextlib.suppress(BrokenChannelError),
            closing(call(described.gateway.address, identity, certificate, timeout_s=30)) as line,
        ):
            line.send({"as": purpose})
            line.send(one, os.urandom(100))
            answer, body = line.receive(0.5)
            assert "error" in answer
            assert body == b""
    assert quorum.ask(copy).ruled()["outcome"] == "block"


def test_liars_are_found_by_the_receipt(quorum, copy):
    quorum.make_odd("n3", lie="unseen")
    quorum.make_odd("n4", lie="two ballots")
    quorum.kill_and_wait("n3", "n4")
    with quorum.stopped("n1"):  # so that the case is open until both have lied
        asked = quorum.ask(copy)
        wait_for(lambda: quorum.node("n2")["suspects"] == ["n4"])
    assert asked.ruled()["outcome"] == "block"
    path = quorum.folder.parent / "lies.receipt"
    path.write_bytes(asked.receipt)
    receipt = receipt_from(asked.receipt)
    (finding,) = findings([receipt], verify=verify_signature)
    assert (finding.code, finding.node) == ("two_ballots", "n4")
    said = eikona("receipt", "compare", path, path)
    assert "n4 signed two ballots" in said.text
    keys = quorum.folder / "quorum.keys"
    verified = eikona("receipt", "verify", path, "--keys", keys, "--picture", copy)
    assert [line for line in verified.text.splitlines() if "n3" in line and "did not" in line]
    assert not [line for line in verified.text.splitlines() if "n2" in line and "did not" in line]
    for name in ("n3", "n4"):
        (quorum.odd / name / "lie").unlink()
    quorum.kill_and_wait("n3", "n4")


@contextlib.contextmanager
def _writes_nothing(quorum, *names):
    with nothing_written(lambda: [pid for name in names if (pid := quorum.pids()[name])]):
        yield
