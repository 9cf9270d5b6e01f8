"""The engine on a real etcd."""

import os
import threading

import pytest

from benchmarks.quorum.cluster import free_ports
from benchmarks.quorum.etcd_server import etcd_server
from benchmarks.quorum.ledger import Ledger
from eikona.adapters.etcd.client import EtcdClient
from eikona.adapters.etcd.engine import EtcdEngine
from eikona.adapters.etcd.log import EtcdLog
from eikona.adapters.etcd.requests import delete_range, get_since, ranges_of
from eikona.adapters.etcd.settings import EtcdSettings
from eikona.domain.errors import (
    EngineStoppedError,
    EtcdError,
    InvalidKeyError,
    OutcomeUnknownError,
    QuorumUnavailableError,
    ReplicaDamagedError,
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


def test_a_node_goes_on_from_its_own_copy(start, client, cluster_name, tmp_path):
    one, first = start("n0", folder=tmp_path, copy_after=20, compact_after=1000)
    ids = _fill(one, 50)
    one.stop()
    wish = {
        "success": [delete_range(f"/eikona/{cluster_name}/log/", f"/eikona/{cluster_name}/log0")]
    }
    client.ask("/v3/kv/txn", wish)  # only from its copy can it know them now
    again, ledger = start("n0", folder=tmp_path)
    assert list(ledger.ids) == list(first.ids) == ids
    assert _fill(again, 3) == list(ledger.ids)[50:]


def test_a_killed_node_applies_what_its_copy_lacks(start, tmp_path):
    one, _ = start("n0", folder=tmp_path, copy_after=20)
    two, second = start("n1")
    _fill(one, 50)
    wait_for(lambda: not one._copy._writing.is_alive())
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    _fill(two, 7)
    one.stop()
    for path in tmp_path.rglob("*.snapshot"):
        path.unlink()
    for path, data in files.items():
        path.write_bytes(data)
    _, ledger = start("n0", folder=tmp_path)
    assert len(_agree(second, ledger)) == 57


def test_a_damaged_copy_is_not_used(start, tmp_path):
    one, _ = start("n0", folder=tmp_path)
    ids = _fill(one, 10)
    one.stop()
    (copy,) = tmp_path.rglob("*.snapshot")
    copy.write_bytes(copy.read_bytes()[:-1])
    _, ledger = start("n0", folder=tmp_path)
    assert list(ledger.ids) == ids


def test_another_log_in_the_place_of_the_one_before_is_refused(
    start, client, cluster_name, tmp_path
):
    one, _ = start("n0", folder=tmp_path)
    _fill(one, 5)
    one.stop()
    wish = {"success": [delete_range(f"/eikona/{cluster_name}/", f"/eikona/{cluster_name}0")]}
    client.ask("/v3/kv/txn", wish)
    with pytest.raises(ReplicaDamagedError, match="another log"):
        start("n0", folder=tmp_path)


def test_one_process_has_a_folder(start, tmp_path):
    start("n0", folder=tmp_path)
    with pytest.raises(EngineStoppedError, match="another process"):
        start("n0", folder=tmp_path)


def test_nodes_know_who_is_there_and_one_leads(start):
    (one, _), (two, _) = start("n0"), start("n1")
    wait_for(lambda: one.leader() == two.leader() is not None)
    wait_for(lambda: [peer.name for peer in one.status().peers] == ["n1"])
    leads, follows = (one, two) if one.leader() == "n0" else (two, one)
    assert (leads.status().role, follows.status().role) == ("leader", "follower")
    term = follows.status().term
    leads.stop()
    wait_for(lambda: follows.status().role == "leader")
    assert follows.status().term > term
    assert follows.status().peers == ()


def test_a_node_waits_for_an_etcd_that_starts_later(tmp_path, etcd):
    del etcd  # there is one
    (port,) = free_ports(1)
    endpoint = f"http://127.0.0.1:{port}"
    engine = EtcdEngine(EtcdSettings("n0", "c", (endpoint,), start_s=60))
    starting = threading.Thread(target=engine.start, args=(Ledger(),))
    starting.start()
    more = ("--listen-client-urls", endpoint, "--advertise-client-urls", endpoint)
    with etcd_server(tmp_path, *more):
        starting.join()
        _fill(engine, 1)
        engine.stop()


def test_a_user_and_its_password_are_told_where_etcd_asks(tmp_path, etcd):
    del etcd  # there is one
    password = tmp_path / "password"
    password.write_text("of many words\n")
    password.chmod(0o600)
    with etcd_server(tmp_path) as endpoint:
        _ask_for_passwords(endpoint, "of many words")
        stranger = EtcdEngine(EtcdSettings("n0", "c", (endpoint,)))
        with pytest.raises(EtcdError, match="refuses"):
            stranger.start(Ledger())
        known = EtcdEngine(
            EtcdSettings("n0", "c", (endpoint,), user="root", password_file=password)
        )
        ledger = Ledger()
        known.start(ledger)
        known._client._token = "of another day"
        _fill(known, 3)
        wait_for(lambda: known.leader() == "n0")
        known.stop()
        assert len(ledger.ids) == 3
    password.chmod(0o644)
    with pytest.raises(InvalidKeyError, match="others may read"):
        EtcdSettings("n0", "c", (endpoint,), user="root", password_file=password).password()
    with pytest.raises(UsageError, match="go together"):
        EtcdSettings("n0", "c", (endpoint,), user="root")


def _ask_for_passwords(endpoint, password):
    client = EtcdClient(EtcdSettings("test", "c", (endpoint,)))
    client.ask("/v3/auth/user/add", {"name": "root", "password": password})
    client.ask("/v3/auth/role/add", {"name": "root"})
    client.ask("/v3/auth/user/grant", {"user": "root", "role": "root"})
    client.ask("/v3/auth/enable", {})
    client.close()


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
