"""The engine on a real etcd."""

import os
import threading

import pytest

from benchmarks.quorum.etcd_server import etcd_server
from benchmarks.quorum.ledger import Ledger
from eikona.adapters.etcd.client import EtcdClient
from eikona.adapters.etcd.engine import EtcdEngine
from eikona.adapters.etcd.log import EtcdLog
from eikona.adapters.etcd.requests import get_since, ranges_of
from eikona.adapters.etcd.settings import EtcdSettings
from eikona.domain.errors import (
    EtcdError,
    InvalidKeyError,
    OutcomeUnknownError,
    QuorumUnavailableError,
    UnsafeAddressError,
    UsageError,
)
from tests.faults.certificates import certificates
from tests.faults.local_cluster import wait_for


@pytest.fixture
def cluster_name():
    return os.urandom(6).hex()


@pytest.fixture
def start(etcd, cluster_name):
    engines = []

    def start(name, **more):
        told = {"name": name, "cluster": cluster_name, "endpoints": (etcd,), "compact_after": 30}
        engine, ledger = EtcdEngine(EtcdSettings(**(told | more))), Ledger()
        engine.start(ledger)
        engines.append(engine)
        return engine, ledger

    yield start
    for engine in engines:
        engine.stop()


def _fill(engine, count):
    ids = [os.urandom(16) for _ in range(count)]
    for id_ in ids:
        engine.submit(id_ + bytes(50), timeout_s=10)
    return ids


def _agree(*ledgers):
    wait_for(lambda: len({ledger.digest() for ledger in ledgers}) == 1)
    return list(ledgers[0].ids)


def test_all_nodes_apply_all_commands_in_one_order(start):
    (one, first), (two, second) = start("n0"), start("n1")
    ids = _fill(one, 10) + _fill(two, 10)
    assert _agree(first, second) == ids


def test_many_at_once_from_several_nodes(start):
    nodes = [start(f"n{number}") for number in range(3)]
    threads = [threading.Thread(target=_fill, args=(node, 20)) for node, _ in nodes * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_agree(*(ledger for _, ledger in nodes))) == 120


def test_a_node_that_comes_late_starts_from_a_snapshot(start, client, cluster_name):
    one, first = start("n0")
    _fill(one, 100)
    page = EtcdLog(client, cluster_name).page(0)
    assert page.snapshot.epoch == 3
    assert page.entries[0].revision > page.snapshot.gone_before > 0
    _, second = start("n1")
    assert len(_agree(first, second)) == 100


def test_keys_are_bounded(start, client, cluster_name):
    one, _ = start("n0")
    _fill(one, 130)
    wish = get_since(f"/eikona/{cluster_name}/", 0, most=1000)
    (found,) = ranges_of(client.ask("/v3/kv/txn", {"success": [wish]}))
    assert len(found) < 2 * 30 + 10  # entries of two epochs, and a snapshot


def test_nothing_is_added_to_an_epoch_that_is_over(client, cluster_name):
    log = EtcdLog(client, cluster_name)
    before = log.page(0).snapshot
    assert log.add("a", b"in time", before)
    assert log.add("a", b"in time", before)  # again, after no answer came
    assert log.save(log.page(0).revision, b"state", before)
    assert not log.save(log.page(0).revision, b"late", before)
    assert not log.add("b", b"late", before)
    page = log.page(0)
    assert [entry.data for entry in page.entries] == [b"in time"]
    assert log.load(page.snapshot) == b"state"


def test_a_node_whose_entries_went_while_it_was_cut_off_catches_up(start):
    (one, first), (two, second) = start("n0"), start("n1")
    _fill(two, 5)
    with two._applying:  # it stands still, as a stopped process would
        _fill(one, 100)
    _fill(two, 1)
    assert len(_agree(first, second)) == 106


def test_etcd_that_is_gone_is_told_and_found_again(tmp_path):
    with etcd_server(tmp_path) as endpoint:
        port = endpoint.rpartition(":")[2]
        engine, ledger = EtcdEngine(EtcdSettings("n0", "c", (endpoint,), request_s=1)), Ledger()
        engine.start(ledger)
        _fill(engine, 3)
    with pytest.raises((OutcomeUnknownError, QuorumUnavailableError)):
        engine.submit(b"x" * 16, timeout_s=0.5)  # the connection of before may have taken it
    with pytest.raises(QuorumUnavailableError, match="not sent"):
        engine.submit(b"y" * 16, timeout_s=0.5)
    wait_for(lambda: engine.status().role == "stalled")
    assert "no etcd can be reached" in engine.status().trouble
    more = ("--listen-client-urls", endpoint, "--advertise-client-urls", endpoint)
    with etcd_server(tmp_path, *more):
        assert endpoint.endswith(port)
        _fill(engine, 3)
        assert len(ledger.ids) == 6
        engine.stop()


def test_it_does_not_start_without_etcd():
    engine = EtcdEngine(EtcdSettings("n0", "c", ("http://127.0.0.1:1",)))
    with pytest.raises(EtcdError, match="reached"):
        engine.start(Ledger())


def test_certificates_are_shown_and_asked_for(tmp_path, etcd):
    del etcd  # there is one
    authority, server, client = certificates(tmp_path)
    files = (
        "--cert-file", str(server[0]), "--key-file", str(server[1]),
        "--client-cert-auth", "--trusted-ca-file", str(authority),
    )  # fmt: skip
    with etcd_server(tmp_path, *files, scheme="https") as endpoint:
        told = {"name": "n0", "cluster": "c", "endpoints": (endpoint,), "authority": authority}
        stranger = EtcdEngine(EtcdSettings(**told, request_s=1))
        with pytest.raises(EtcdError):
            stranger.start(Ledger())
        known = EtcdEngine(EtcdSettings(**told, certificate=client[0], key=client[1]))
        ledger = Ledger()
        known.start(ledger)
        _fill(known, 3)
        assert len(ledger.ids) == 3
        known.stop()
        other = EtcdEngine(
            EtcdSettings("n0", "c", (endpoint,), certificate=client[0], key=client[1])
        )
        with pytest.raises(EtcdError, match="reached"):
            other.start(Ledger())


def test_plain_http_stays_on_this_machine():
    with pytest.raises(UnsafeAddressError, match="without TLS"):
        EtcdSettings("n0", "c", ("http://10.0.0.1:2379",))
    EtcdSettings("n0", "c", ("http://10.0.0.1:2379",), allows_plain=True)
    EtcdSettings("n0", "c", ("https://10.0.0.1:2379", "http://localhost:2379"))


@pytest.mark.parametrize("endpoint", ["", "127.0.0.1:2379", "ftp://127.0.0.1:2379", "http://x"])
def test_an_endpoint_is_an_address(endpoint):
    with pytest.raises(UsageError, match="endpoint"):
        EtcdSettings("n0", "c", (endpoint,))


def test_missing_certificates_are_told(tmp_path):
    settings = EtcdSettings("n0", "c", ("https://10.0.0.1:2379",), authority=tmp_path / "none")
    with pytest.raises(InvalidKeyError):
        EtcdEngine(settings)


@pytest.fixture
def client(etcd):
    made = EtcdClient(EtcdSettings("test", "c", (etcd,)))
    yield made
    made.close()
