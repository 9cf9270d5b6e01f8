import hashlib
import queue
from dataclasses import replace

import pytest

from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.adapters.quorum.spool import Spool
from eikona.apps.gateway.cases import Cases
from eikona.apps.gateway.nodes import Nodes
from eikona.apps.gateway.sending import Sending
from eikona.apps.node.docket import ballot_event, ruling_event
from eikona.balloting.canonical import parse
from eikona.balloting.commands import order_of
from eikona.balloting.receipts import (
    TrustedKeys,
    receipt_bytes,
    receipt_from,
    verify_receipt,
)
from eikona.domain.case import Subject
from eikona.domain.errors import MalformedError
from eikona.domain.verdict import Outcome
from tests.unit.balloting.quorum_builder import BLOCK, QuorumBuilder, quick_verify
from tests.unit.balloting.receipt_builder import receipt_of


class FakeNode:
    """Answers as a node's desk does, from a machine of its own."""

    def __init__(self, builder):
        self.builder = builder
        self.commands = []
        self.refusals = []  # codes to answer with before anything else
        self.is_away = False

    def ask(self, header, body=b"", *, timeout_s):
        if self.is_away:
            raise BrokenChannelError("away")
        if header["do"] == "receipt":
            return {}, receipt_bytes(receipt_of(self.builder, header["case"]))
        self.commands.append(order_of(body))
        if self.refusals:
            return {"error": self.refusals.pop(0)}, b""
        answer = parse(self.builder.machine.apply(body), most_bytes=2**20)
        if "ok" in answer:
            return {"answer": answer["ok"]}, b""
        return {"error": answer["error"]["code"]}, b""


class World:
    """A gateway's cases, and one node that they are sent to."""

    def __init__(self, folder, *, seated=True):
        self.builder = QuorumBuilder(3, seated=seated)
        self.folder = folder
        self.noticed = []
        self.cases = self.opened()
        self.nodes = Nodes(["n1"])
        self.node = FakeNode(self.builder)
        line = self.nodes.by_name["n1"]
        line._desk = self.node
        line.status["roster"] = int(seated)
        roster = self.builder.roster(1, self.builder.signers)
        self.roster = roster
        self.sending = Sending(self.cases, self.nodes, lambda: None)

    def opened(self):
        notice = self.noticed.append
        trusted = TrustedKeys(self.builder.administrator.public_key)

        def proves(receipt):
            return verify_receipt(receipt, trusted=trusted, verify=quick_verify) == []

        spool = Spool(self.folder)
        return Cases(spool, policy="robust", gateway="g", notice=notice, proves=proves)

    def submit(self, picture):
        subject = Subject(hashlib.sha256(picture).digest(), {})
        return self.cases.submit(subject, picture, bank=0, size=0)

    def send(self):
        """Send what is due; return whether all of it went."""
        return all(self.sending._send(one) for one in self.cases.due(0))

    def rule(self, case):
        for node in ("n1", "n2"):
            signed = self.builder.ballot(case, node, BLOCK)
            self.builder.do(signed)
            self.cases.heard(ballot_event(signed), b"")
        receipt = receipt_of(self.builder, case)
        return ruling_event(receipt), receipt_bytes(receipt)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def told(listener):
    events = []
    while True:
        try:
            events.append(listener.get_nowait())
        except queue.Empty:
            return events


def names(listener):
    return [event["event"] for event, _ in told(listener)]


def test_a_case_is_followed_to_its_ruling(world):
    case, listener = world.submit(b"picture")
    assert world.send()
    event, receipt = world.rule(case)
    world.cases.heard(event, receipt)
    events = told(listener)
    assert [event["event"] for event, _ in events] == ["taken", "open", "ballot", "ballot", "ruled"]
    assert events[-1][0]["outcome"] == "block"
    assert events[-1][1] == receipt
    assert world.cases.counts()["waiting"] == 0
    assert world.cases.ruling(case)[1] == receipt
    assert world.opened().counts()["waiting"] == 0


def test_who_comes_back_is_told_all_that_is_known_of_a_case(world):
    case, _ = world.submit(b"picture")
    world.send()
    event, receipt = world.rule(case)
    again = world.cases.follow(case)
    assert names(again) == ["open", "ballot", "ballot"]
    world.cases.heard(event, receipt)
    assert names(again) == ["ruled"]
    assert world.cases.follow(case) is None  # as it waits no more
    assert world.cases.ruling(case)[0]["count"] == {
        "clear": 0, "review": 0, "block": 2, "alive": 3, "needed": 2,
    }  # fmt: skip


def test_what_is_told_twice_is_passed_on_once(world):
    case, listener = world.submit(b"picture")
    world.send()
    event, receipt = world.rule(case)
    for signed in receipt_of(world.builder, case).decision.ballots:
        world.cases.heard(ballot_event(signed), b"")
    world.cases.heard(event, receipt)
    world.cases.heard(event, receipt)
    found = names(listener)
    assert (found.count("ballot"), found.count("ruled")) == (2, 1)


def test_a_node_that_makes_a_ruling_up_is_not_believed(world):
    case, listener = world.submit(b"picture")
    world.send()
    event, content = world.rule(case)
    receipt = receipt_from(content)
    cleared = replace(receipt.decision, outcome=Outcome.CLEAR)
    unsigned = replace(receipt, heads=())
    for forged in (replace(receipt, decision=cleared), unsigned):
        world.cases.heard({**event, "outcome": "clear"}, receipt_bytes(forged))
    assert "ruled" not in names(listener)
    world.cases.heard({**event, "outcome": "clear"}, content)  # only the receipt counts
    ((ruled, _),) = [one for one in told(listener) if one[0]["event"] == "ruled"]
    assert ruled["outcome"] == "block"


def test_the_receipt_of_another_case_rules_on_nothing(world):
    case, listener = world.submit(b"picture")
    other, _ = world.submit(b"another")
    world.send()
    event, content = world.rule(other)
    world.cases.heard({**event, "case": case}, content)
    assert "ruled" not in names(listener)


def test_a_ruling_that_nobody_told_of_is_asked_for(world):
    case, listener = world.submit(b"picture")
    world.send()
    world.rule(case)
    world.cases.ask_again()
    assert world.send()
    assert names(listener)[-1] == "ruled"


def test_without_a_node_cases_are_held_and_go_later_in_their_order(world):
    listeners = [world.submit(f"picture {number}".encode())[1] for number in range(3)]
    world.node.is_away = True
    assert not world.send()
    world.cases.hold()
    assert [names(one) for one in listeners] == [["taken", "held"]] * 3
    world.node.is_away = False
    world.nodes.by_name["n1"]._desk = world.node  # it has connected again
    assert world.send()
    assert [names(one) for one in listeners] == [["open"]] * 3
    held = [order.at_ms for order in world.node.commands]
    assert len(world.builder.state.open) == 3
    assert held == sorted(held)


def test_cases_outlive_the_gateway(world):
    case, _ = world.submit(b"picture")
    again = world.opened()
    assert [one.submission.id for one in again.due(0)] == [case]


def test_the_same_bytes_are_sent_again(world):
    world.submit(b"picture")
    world.send()
    world.cases.ask_again()
    world.send()
    first, second = world.node.commands
    assert first == second
    assert world.builder.state.accepted == 1


@pytest.mark.parametrize("code", ["case_too_old", "case_conflict"])
def test_an_id_that_may_be_forgotten_is_replaced(world, code):
    case, listener = world.submit(b"picture")
    world.node.refusals.append(code)
    assert world.send()
    assert world.send()
    first, second = world.node.commands
    assert first.id == case != second.id
    assert first.subject == second.subject
    assert names(listener) == ["taken", "renamed", "open"]


@pytest.mark.parametrize("code", ["quorum_unavailable", "outcome_unknown", "too_many_cases"])
def test_other_refusals_leave_the_case_where_it_is(world, code):
    world.submit(b"picture")
    world.node.refusals.append(code)
    assert not world.send()
    assert world.send()
    assert len(world.builder.state.open) == 1


def test_cases_wait_until_nodes_sit(tmp_path):
    world = World(tmp_path, seated=False)
    assert world.sending._send_roster(world.roster)
    assert world.nodes.roster == 1
    world.submit(b"picture")
    assert world.send()


@pytest.mark.parametrize(
    "subject",
    [
        Subject(None, {"pdq@1": "no hex"}),
        Subject(None, {f"long{number}@1": "ab" * 2048 for number in range(3)}),
        Subject(None, {}),
        Subject(bytes(32), {"pdq@1": "ab" * 32}),
    ],
)
def test_what_the_quorum_would_refuse_is_not_taken(world, subject):
    with pytest.raises(MalformedError):
        world.cases.submit(subject, b"", bank=0, size=0)
    assert world.cases.counts()["waiting"] == 0
