import pytest

from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.apps.cli import quorum_case_line
from eikona.apps.cli.quorum_case_line import CaseLine
from eikona.domain.errors import QuorumError, QuorumUnavailableError

TAKEN = {"event": "taken", "case": "0-a"}
WAITING = {"event": "waiting"}
RULED = {"event": "ruled", "case": "0-a", "outcome": "clear"}
BROKEN = None  # in place of an event: the connection is gone


class FakeGateway:
    """Each connection tells what its script holds, and breaks after that."""

    def __init__(self, monkeypatch, *scripts):
        self.scripts = [list(script) for script in scripts]
        self.asked = []
        monkeypatch.setattr(quorum_case_line, "call_gateway", self.call)
        monkeypatch.setattr(quorum_case_line, "_AGAIN_S", 0.001)

    def call(self, folder):
        if not self.scripts:
            raise QuorumUnavailableError("does not run")
        return FakeChannel(self, self.scripts.pop(0))


class FakeChannel:
    def __init__(self, gateway, script):
        self.gateway = gateway
        self.script = script

    def send(self, header, body=b""):
        self.gateway.asked.append(header)

    def receive(self, timeout_s):
        if not self.script:
            raise BrokenChannelError("gone, or silent")
        return self.script.pop(0), b""

    def close(self):
        pass


@pytest.fixture
def gateway(monkeypatch):
    return lambda *scripts: FakeGateway(monkeypatch, *scripts)


def heard(line, wait_s=20.0):
    return [event["event"] for event, _ in line.put({"do": "submit"}, b"picture", wait_s=wait_s)]


def test_a_connection_that_breaks_is_made_anew_and_the_case_followed(gateway):
    made = gateway([TAKEN, WAITING], [{"event": "open", "case": "0-a"}], [RULED])
    assert heard(CaseLine(None)) == ["taken", "waiting", "open", "ruled"]
    follow = {"do": "follow", "case": "0-a"}
    assert made.asked == [{"do": "submit"}, follow, follow]


def test_a_case_that_may_not_have_been_taken_is_submitted_anew(gateway):
    made = gateway([], [TAKEN, RULED])
    assert heard(CaseLine(None)) == ["taken", "ruled"]
    assert made.asked == [{"do": "submit"}] * 2


def test_a_case_is_followed_under_its_newest_name(gateway):
    made = gateway([TAKEN, {"event": "renamed", "case": "0-a", "to": "9-b"}], [RULED])
    heard(CaseLine(None))
    assert made.asked[-1] == {"do": "follow", "case": "9-b"}


def test_nodes_that_are_not_back_yet_are_waited_for(gateway):
    made = gateway([TAKEN], [{"error": "unknown_case", "message": "no"}, RULED])
    assert heard(CaseLine(None)) == ["taken", "ruled"]
    assert len(made.asked) == 3


def test_one_connection_serves_several_cases(gateway):
    gateway([TAKEN, RULED, TAKEN, RULED])
    line = CaseLine(None)
    assert heard(line) == heard(line) == ["taken", "ruled"]


def test_time_that_is_over_ends_the_case_and_not_the_run(gateway):
    gateway([TAKEN])
    line = CaseLine(None)
    assert heard(line, wait_s=0.05) == ["taken"]  # all else is silence
    made = gateway([TAKEN, RULED])
    assert heard(line) == ["taken", "ruled"]
    assert made.asked == [{"do": "submit"}]


def test_a_gateway_that_stays_away_is_told(gateway):
    gateway([])
    with pytest.raises(QuorumUnavailableError, match="not submitted"):
        heard(CaseLine(None), wait_s=0.05)


def test_a_refusal_is_told_and_not_tried_again(gateway):
    made = gateway([{"error": "not_taken", "message": "the disk is full"}], [TAKEN])
    with pytest.raises(QuorumError, match="the disk is full"):
        heard(CaseLine(None))
    assert len(made.asked) == 1
