import socket
import threading
from contextlib import closing

import pytest

from eikona.adapters.quorum.calls import Listener, call
from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.adapters.raft.identity import own_identity
from eikona.domain.errors import QuorumError, UnsafeAddressError


@pytest.fixture
def identities(tmp_path):
    return {name: own_identity(tmp_path / name, name) for name in ("gateway", "n1", "n2", "liar")}


@pytest.fixture
def place(identities):
    """The address of a listener that tells each caller who it is taken for."""

    def serve(name, channel):
        while True:
            asked, body = channel.receive(None)
            channel.send({"you": name, **asked}, body)

    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    trusted = {name: identities[name].certificate for name in ("n1", "n2")}
    listener = Listener(address, identities["gateway"], trusted, serve)
    listener.start()
    trusting[address] = listener.trust
    yield address
    listener.close()


trusting = {}  # how to change whom a listener knows, by its address


def test_who_is_known_no_longer_is_cut_off_and_who_is_known_now_is_not(identities, place):
    certificate = identities["gateway"].certificate
    one, two = (call(place, identities[name], certificate, timeout_s=10) for name in ("n1", "n2"))
    for channel in (one, two):
        channel.ask({}, timeout_s=10)
    trusting[place]({"n2": identities["n2"].certificate, "n3": identities["liar"].certificate})
    with pytest.raises(BrokenChannelError):
        one.ask({}, timeout_s=10)
    assert two.ask({}, timeout_s=10)[0] == {"you": "n2"}
    with (
        pytest.raises(BrokenChannelError),
        closing(call(place, identities["n1"], certificate, timeout_s=10)) as again,
    ):
        again.ask({}, timeout_s=10)
    with closing(call(place, identities["liar"], certificate, timeout_s=10)) as three:
        assert three.ask({}, timeout_s=10)[0] == {"you": "n3"}
    one.close()
    two.close()


def test_callers_are_known_by_their_certificates(identities, place):
    certificate = identities["gateway"].certificate
    for name in ("n1", "n2"):
        channel = call(place, identities[name], certificate, timeout_s=10)
        assert channel.ask({"a": 1}, b"bytes", timeout_s=10) == ({"you": name, "a": 1}, b"bytes")
        channel.close()


def test_an_unknown_certificate_gets_no_answer(identities, place):
    certificate = identities["gateway"].certificate
    with (
        pytest.raises(BrokenChannelError),
        closing(call(place, identities["liar"], certificate, timeout_s=10)) as channel,
    ):
        channel.ask({}, timeout_s=10)


def test_a_listener_with_another_certificate_is_not_spoken_to(identities, place):
    with pytest.raises(BrokenChannelError):
        call(place, identities["n1"], identities["liar"].certificate, timeout_s=10)


def test_one_who_only_connects_keeps_nobody_out(identities, place):
    host, port = place.split(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(10)]
    channel = call(place, identities["n1"], identities["gateway"].certificate, timeout_s=10)
    assert channel.ask({}, timeout_s=10)[0] == {"you": "n1"}
    channel.close()
    for one in silent:
        one.close()


def test_public_addresses_are_refused_unless_allowed(identities):
    for address in ("0.0.0.0:0", "8.8.8.8:7000"):
        with pytest.raises(UnsafeAddressError):
            Listener(address, identities["gateway"], {}, lambda *_: None)
    Listener("0.0.0.0:0", identities["gateway"], {}, lambda *_: None, allows_public=True).close()


def test_an_address_in_use_is_said(identities, place):
    with pytest.raises(QuorumError, match="running already"):
        Listener(place, identities["gateway"], {}, lambda *_: None)


def test_closing_ends_what_is_open(identities):
    ended = threading.Event()

    def serve(_, channel):
        try:
            channel.receive(None)
        finally:
            ended.set()

    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    trusted = {"n1": identities["n1"].certificate}
    listener = Listener(address, identities["gateway"], trusted, serve)
    listener.start()
    channel = call(address, identities["n1"], identities["gateway"].certificate, timeout_s=10)
    channel.send({})
    channel.close()
    assert ended.wait(10)
    listener.close()
