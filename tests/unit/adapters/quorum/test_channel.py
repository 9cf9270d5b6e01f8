import socket
import struct

import pytest

from eikona.adapters.quorum.channel import BODY_BYTES_MOST, BrokenChannelError, Channel


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    channel = Channel(one)
    yield channel, other
    channel.close()
    other.close()


def test_messages_come_as_they_were_sent(ends):
    channel, other = ends
    far = Channel(other)
    channel.send({"do": "ask", "name": "ü\n"}, b"\x00\xff" * 3)
    channel.send({})
    assert far.receive(1) == ({"do": "ask", "name": "ü\n"}, b"\x00\xff" * 3)
    assert far.receive(1) == ({}, b"")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">II", 2, BODY_BYTES_MOST + 1) + b"{}",
        struct.pack(">II", 2, 5) + b"{}ab",
        struct.pack(">II", 2, 0) + b"[]",
        struct.pack(">II", 1, 0) + b"{",
        struct.pack(">II", 2, 0) + b"\xff\xff",
        struct.pack(">II", 200_000, 0) + b"[" * 200_000,
    ],
)
def test_what_makes_no_sense_breaks_the_connection(ends, said):
    channel, other = ends
    other.settimeout(5)
    other.sendall(said)
    other.shutdown(socket.SHUT_WR)
    with pytest.raises(BrokenChannelError):
        channel.receive(5)


def test_silence_breaks_the_connection(ends):
    with pytest.raises(BrokenChannelError):
        ends[0].receive(0.01)
