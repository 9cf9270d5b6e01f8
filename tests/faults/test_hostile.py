"""A stranger who can reach a node's port gets nothing, executes nothing and stops nothing."""

import os
import pickle
import socket
import ssl
import struct
import threading
import zlib
from dataclasses import replace
from shutil import rmtree

import pytest

from eikona.adapters.raft.identity import own_identity
from eikona.adapters.raft.messages import AskVote, Forward
from eikona.adapters.raft.wire import counted, pack_message
from tests.faults.local_cluster import LocalCluster

_HELLO = b"eikona-raft-1" + counted(b"test")


class _Bomb:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def _frame(data):
    return struct.pack("<I", len(data)) + data


def _port(three):
    return int(three.members[0].address.rpartition(":")[2])


def _context(identity=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if identity is not None:
        context.load_cert_chain(identity.certificate_path, identity.key_path)
    return context


def _heard(connection, data):
    """Send all of it and return what comes back until the other side hangs up."""
    connection.settimeout(10)
    heard = b""
    try:
        connection.sendall(data)
        while some := connection.recv(4096):
            heard += some
    except (ConnectionError, ssl.SSLError):
        pass
    return heard


def _payloads(bomb):
    pickled = pickle.dumps(_Bomb(bomb))
    as_pysyncobj = zlib.compress(pickled, 3)
    vote = pack_message(AskVote(2**40, 9, 9, False))
    return {
        "garbage": os.urandom(5000),
        "a pickle": pickled,
        "a pickle as PySyncObj frames it": struct.pack("i", len(as_pysyncobj)) + as_pysyncobj,
        "the protocol without TLS": _frame(_HELLO) + _frame(vote),
        "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    }  # fmt: skip


def test_what_is_sent_without_tls_is_not_even_read(three, tmp_path):
    three.fill(3)
    term = three.engines["n0"].status().term
    bomb = tmp_path / "exploded"
    for what, payload in _payloads(bomb).items():
        with socket.create_connection(("127.0.0.1", _port(three))) as connection:
            heard = _heard(connection, payload)
        assert len(heard) <= 7, what  # a TLS alert at most
    assert not bomb.exists()
    three.fill(3)
    assert three.engines["n0"].status().term == term
    assert len(three.agree()) == 6


@pytest.mark.parametrize("shows", ["no certificate", "one of its own"])
def test_tls_without_a_known_certificate_leads_nowhere(three, tmp_path, shows):
    three.fill(3)
    term = three.engines["n0"].status().term
    identity = own_identity(tmp_path / "stranger", "n1") if shows == "one of its own" else None
    bomb = tmp_path / "exploded"
    evil = _frame(_HELLO) + _frame(pack_message(AskVote(2**40, 2**40, 2**40, False)))
    evil += _frame(pack_message(Forward(bytes(16) + b"forged by a stranger"))) + _frame(
        pickle.dumps(_Bomb(bomb))
    )
    with socket.create_connection(("127.0.0.1", _port(three))) as plain:
        try:
            with _context(identity).wrap_socket(plain) as secured:
                assert _heard(secured, evil) == b""
        except (ssl.SSLError, ConnectionError):
            pass
    assert not bomb.exists()
    three.fill(3)
    assert three.engines["n0"].status().term == term
    assert b"forged by a stran" not in b"".join(three.agree())


def test_a_member_that_speaks_nonsense_is_hung_up_on_and_runs_nothing(three, tmp_path):
    """A stolen key: what it sends is still no code, and other nodes go on."""
    three.fill(3)
    three.stop("n2")
    bomb = tmp_path / "exploded"
    identity = own_identity(three.folder / "n2" / "identity", "n2")
    for evil in (pickle.dumps(_Bomb(bomb)), b"", b"A" + bytes(40), os.urandom(300)):
        with (
            socket.create_connection(("127.0.0.1", _port(three))) as plain,
            _context(identity).wrap_socket(plain) as secured,
        ):
            assert _heard(secured, _frame(_HELLO) + _frame(evil) + b"\xff" * 4) == b""
    assert not bomb.exists()
    three.fill(3)


def test_another_clusters_node_is_hung_up_on(three):
    three.stop("n2")
    identity = own_identity(three.folder / "n2" / "identity", "n2")
    other = b"eikona-raft-1" + counted(b"another")
    vote = _frame(pack_message(AskVote(2**40, 2**40, 2**40, False)))
    term = three.engines[three.leader()].status().term
    with (
        socket.create_connection(("127.0.0.1", _port(three))) as plain,
        _context(identity).wrap_socket(plain) as secured,
    ):
        assert _heard(secured, _frame(other) + vote) == b""
    assert three.engines[three.leader()].status().term == term


def test_a_recorded_conversation_says_nothing_when_it_is_played_again(tmp_path):
    """A proxy on the way from one node to another records what it says, and says it once more."""
    cluster = LocalCluster(tmp_path, 3)
    first, *others = cluster.members
    with cluster, _Proxy(_port(cluster)) as proxy:
        cluster.fill(3)
        cluster.stop("n2")
        rmtree(tmp_path / "n2" / "journal")
        rmtree(tmp_path / "n2" / "snapshots")
        detour = replace(first, address=f"127.0.0.1:{proxy.port}")
        cluster.start("n2", members=(detour, *others))
        cluster.fill(20, "n2")
        before = len(cluster.agree())
        recorded = bytes(proxy.said)
        assert len(recorded) > 500
        with socket.create_connection(("127.0.0.1", _port(cluster))) as connection:
            _heard(connection, recorded)
        cluster.fill(1)
        assert len(cluster.agree()) == before + 1


class _Proxy:
    """Carries one connection after the other to a port, and keeps what callers say."""

    def __init__(self, port):
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.said = bytearray()
        self._open = []

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in (self._listener, *self._open):
            connection.close()

    def _serve(self):
        try:
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._open += [near, far]
                for source, target, kept in ((near, far, self.said), (far, near, bytearray())):
                    told = (source, target, kept)
                    threading.Thread(target=self._carry, args=told, daemon=True).start()
        except OSError:
            return

    def _carry(self, source, target, kept):
        try:
            while data := source.recv(65_536):
                kept.extend(data)
                target.sendall(data)
        except OSError:
            return


def test_connections_that_say_nothing_keep_nobody_out(three):
    three.fill(1)
    silent = [socket.create_connection(("127.0.0.1", _port(three))) for _ in range(200)]
    name = next(name for name in three.engines if name != "n0")
    three.stop(name)
    three.start(name)
    three.fill(5, name)
    assert len(three.agree()) == 6
    for connection in silent:
        connection.close()
