"""The embedded engine as its callers see it."""

import os
import resource
import threading
from dataclasses import replace

import pytest

from benchmarks.quorum.cluster import free_ports
from benchmarks.quorum.ledger import Ledger
from eikona.adapters.raft.engine import RaftEngine
from eikona.adapters.raft.messages import Member
from eikona.adapters.raft.settings import Compaction, RaftSettings
from eikona.adapters.raft.state import Timing
from eikona.domain.errors import (
    CommandTooLongError,
    EngineStoppedError,
    InvalidKeyError,
    OutcomeUnknownError,
    QuorumError,
    QuorumUnavailableError,
    ReplicaDamagedError,
    UnsafeAddressError,
    UsageError,
)
from eikona.services.replication import MAX_COMMAND_BYTES
from tests.faults.local_cluster import LocalCluster, wait_for


def test_every_node_takes_commands_and_all_apply_them_in_one_order(three):
    ids = [id_ for name in three.engines for id_ in three.fill(20, name)]
    assert three.agree() == ids


def test_a_command_that_comes_again_changes_nothing(three):
    engine = three.engines[three.leader()]
    first = engine.submit(b"x" * 16, timeout_s=5)
    three.fill(3)
    assert engine.submit(b"x" * 16, timeout_s=5) == first
    assert len(three.agree()) == 4


def test_without_a_majority_nothing_is_acknowledged_and_callers_are_told(three):
    three.fill(3)
    last = three.leader()
    for name in [name for name in three.engines if name != last]:
        three.stop(name)
    engine = three.engines[last]
    with pytest.raises((OutcomeUnknownError, QuorumUnavailableError)):
        engine.submit(os.urandom(16), timeout_s=0.2)
    wait_for(lambda: engine.leader() is None)
    with pytest.raises(QuorumUnavailableError, match="not sent"):
        engine.submit(os.urandom(16), timeout_s=0.2)
    assert len(three.ledgers[last].ids) == 3


def test_commands_that_wait_are_applied_when_the_majority_is_back(three):
    names = list(three.engines)
    for name in names[1:]:
        three.stop(name)
    wait_for(lambda: three.engines[names[0]].leader() is None)
    threading.Timer(0.5, lambda: three.start(names[1])).start()
    three.engines[names[0]].submit(b"h" * 16, timeout_s=20)
    three.start(names[2])
    assert b"h" * 16 in three.agree()


def test_a_restarted_node_is_where_it_was(three):
    three.fill(130)
    name = next(name for name in three.engines if name != three.leader())
    three.agree()
    three.stop(name)
    three.fill(10)
    three.start(name)
    assert len(three.agree()) == 140


def test_a_node_that_was_away_long_gets_a_snapshot_and_disks_stay_bounded(three):
    name = next(name for name in three.engines if name != three.leader())
    three.stop(name)
    three.fill(400)
    three.start(name)
    assert len(three.agree()) == 400
    three.fill(100)
    for status in (engine.status() for engine in three.engines.values()):
        assert status.journal_bytes < 60_000
        assert status.snapshot_bytes < 10_000


def test_a_node_is_added_and_another_removed(three):
    ids = three.fill(60)
    (port,) = free_ports(1)
    newcomer = three.member("n9", port)
    three.start("n9", members=(*three.members, newcomer), joins=True)
    leader = three.engines[three.leader()]
    leader.add_member(newcomer, timeout_s=10)
    assert three.agree() == ids
    gone = next(name for name in three.engines if name not in ("n9", three.leader()))
    three.engines["n9"].remove_member(gone, timeout_s=10)  # any node may be asked
    three.engines.pop(gone).stop()
    del three.ledgers[gone]
    more = three.fill(10, "n9")
    assert three.agree() == ids + more
    names = {member.name for member in three.engines["n9"].members()}
    assert names == {"n0", "n1", "n2", "n9"} - {gone}


def test_a_removed_node_is_spoken_to_no_more(three):
    three.fill(5)
    gone = next(name for name in three.engines if name != three.leader())
    three.engines[three.leader()].remove_member(gone, timeout_s=10)
    three.fill(5)
    with pytest.raises(QuorumError):
        three.engines[gone].submit(os.urandom(16), timeout_s=1)
    assert len(three.ledgers[gone].ids) == 5


def test_a_full_disk_stalls_a_node_until_there_is_room(tmp_path):
    with LocalCluster(tmp_path, 1) as one:
        one.fill(5)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
        try:
            with pytest.raises(QuorumError):
                one.engines["n0"].submit(os.urandom(16), timeout_s=0.5)
            assert one.engines["n0"].status().role == "stalled"
            assert "File too large" in one.engines["n0"].status().trouble
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        wait_for(lambda: one.engines["n0"].status().role == "leader")
        one.fill(5)
        assert len(one.agree()) >= 10


def test_a_damaged_journal_stops_a_node_at_its_start(three):
    three.fill(20)
    name = next(name for name in three.engines if name != three.leader())
    three.stop(name)
    path = max((three.folder / name / "journal").iterdir(), key=lambda path: path.stat().st_size)
    packed = bytearray(path.read_bytes())
    packed[200] ^= 1
    path.write_bytes(packed)
    with pytest.raises(ReplicaDamagedError, match="add it anew"):
        three.start(name)


def test_a_machine_that_breaks_stops_its_node_and_not_the_others(three):
    name = next(name for name in three.engines if name != three.leader())
    three.ledgers[name].apply = None
    three.fill(3)
    wait_for(lambda: three.engines[name].status().role == "stopped")
    assert "TypeError" in three.engines[name].status().trouble
    with pytest.raises(EngineStoppedError, match="TypeError"):
        three.engines[name].submit(os.urandom(16), timeout_s=1)


def test_status_tells_who_leads_and_who_is_there(three):
    three.fill(5)
    leader = three.leader()

    def complete():
        status = three.engines[leader].status()
        return status if all(peer.is_alive for peer in status.peers) else None

    status = wait_for(complete)
    assert status.leader == leader
    assert status.position == status.committed >= 5
    assert {peer.name for peer in status.peers} == set(three.engines) - {leader}


def test_too_long_a_command_is_refused(three):
    with pytest.raises(CommandTooLongError):
        three.engines["n0"].submit(bytes(MAX_COMMAND_BYTES + 1), timeout_s=1)
    three.engines["n0"].submit(os.urandom(MAX_COMMAND_BYTES), timeout_s=20)


@pytest.fixture
def settings(tmp_path):
    cluster = LocalCluster(tmp_path, 2)
    return RaftSettings(name="n0", cluster="test", folder=tmp_path / "n0", members=cluster.members)


@pytest.mark.parametrize("bind", ["0.0.0.0:7400", "[::]:7400", "8.8.8.8:7400"])
def test_a_public_address_is_refused_unless_it_is_allowed(settings, bind):
    with pytest.raises(UnsafeAddressError, match="outside"):
        RaftEngine(replace(settings, bind=bind))
    RaftEngine(replace(settings, bind=bind, allows_public=True))


def test_a_member_list_with_another_certificate_is_refused(settings, tmp_path):
    members = (Member("n0", "127.0.0.1:1", b"another"), settings.members[1])
    with pytest.raises(InvalidKeyError, match="another certificate"):
        RaftEngine(replace(settings, members=members))


def test_an_address_in_use_is_told(settings):
    first = RaftEngine(settings)
    first.start(Ledger())
    other = RaftEngine(replace(settings, folder=settings.folder))
    with pytest.raises(EngineStoppedError, match="another process"):
        other.start(Ledger())
    first.stop()


@pytest.mark.parametrize(
    "wrong",
    [
        {"timing": Timing(0.3, 0.4, 0.5)},
        {"timing": Timing(0.1, 0.5, 0.5)},
        {"name": "stranger"},
        {"members": ()},
        {"compaction": Compaction(entries=0)},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, wrong):
    with pytest.raises(UsageError):
        replace(settings, **wrong)
