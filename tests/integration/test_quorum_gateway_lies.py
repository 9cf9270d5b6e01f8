"""A real node with a gateway that is not honest."""

import hashlib
import os
import signal
import subprocess
import threading

import pytest

from eikona.adapters.keys.key_file import read_key
from eikona.adapters.quorum.calls import Listener
from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.apps.gateway.quorum_folder import QuorumFolder
from eikona.apps.gateway.setting_up import set_up
from eikona.balloting.commands import command_of
from eikona.balloting.receipts import receipt_from
from eikona.balloting.ruling import MAJORITY
from eikona.balloting.statements import key_id
from eikona.domain.case import Policy, Subject, Submission
from eikona.domain.verdict import Outcome
from eikona.services.reference import (
    Reference,
    ReferencePicture,
    reference_bytes,
    sign_reference,
)
from tests.integration import bad_input
from tests.integration.command_line import started
from tests.integration.running_quorum import WITHIN_S, wait_for

pytestmark = pytest.mark.slow


class LyingGateway:
    """Gives a node whatever a test has put in place of what it asks for."""

    def __init__(self, path):
        self.folder = QuorumFolder(path)
        self.quorum = set_up(path, preset="triple-a", nodes=1)
        self.pictures = {}
        self.reference = b""
        self.events = []
        self.desks = []
        (node,) = self.quorum.nodes
        trusted = {node.name: bytes.fromhex(node.certificate)}
        identity = self.folder.identity("gateway")
        self.listener = Listener(self.quorum.gateway.address, identity, trusted, self.serve)
        self.listener.start()
        self.node = started(
            "node", "--name", "n1", "--quorum", self.folder.description,
            "--data", self.folder.node("n1"), "--ends-with-input",
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def close(self):
        os.kill(self.node.pid, signal.SIGKILL)
        self.node.wait()
        self.node.stdin.close()
        self.listener.close()

    def serve(self, _, channel):
        told, _ = channel.receive(60)
        if told["as"] == "desk":
            self.desks.append(channel)
            threading.Event().wait(WITHIN_S)
        while told["as"] == "events":
            self.events.append(channel.receive(60))
        while True:
            asked, _ = channel.receive(60)
            if asked["do"] == "reference":
                channel.send({}, self.reference)
            elif asked["do"] == "description":
                channel.send({"connected": ["n2"]}, b"{}")  # which the administrator never signed
            else:
                channel.send({}, self.pictures.get(asked["sha256"], b"something else"))

    def ask(self, order):
        """Have the node submit something, as soon as it is there."""

        def answered():
            for desk in self.desks[-1:]:
                try:
                    told, _ = desk.ask({"do": "submit"}, command_of(order), timeout_s=20)
                except BrokenChannelError:
                    return None
                return told if "answer" in told else None
            return None

        return wait_for(answered, every_s=0.3)["answer"]

    def submit(self, picture, name):
        digest = hashlib.sha256(picture).digest()
        policy = Policy("triple-a", MAJORITY)
        self.ask(Submission(f"0-{name}", Subject(digest, {}), "liar", policy, 1, 0))

    def ruling(self, name):
        """Return the receipt of a case."""

        def found():
            for event, body in list(self.events):
                if event["event"] == "ruled" and event["case"] == f"0-{name}":
                    return receipt_from(body)
            return None

        return wait_for(found)

    def status(self):
        told = [event for event, _ in list(self.events) if event["event"] == "status"]
        return told[-1] if told else {}


@pytest.fixture
def gateway(tmp_path):
    made = LyingGateway(tmp_path / "data")
    yield made
    made.close()


def test_a_node_is_not_deceived(gateway, tmp_path):
    work, copy, other = (
        bad_input.save_picture(tmp_path / name, seed=seed).read_bytes()
        for name, seed in (("work.png", 1), ("copy.jpg", 1), ("other.png", 2))
    )
    digest = hashlib.sha256(work).digest()
    quorum = key_id(gateway.quorum.administrator)
    listed = Reference(quorum, 5, (ReferencePicture("work.png", digest),))
    gateway.ask(gateway.folder.signed_roster())

    # a list that only the gateway has signed is none, and without one nothing is judged
    liar = gateway.folder.node("n1") / "ballots.key"
    gateway.reference = reference_bytes(sign_reference(listed, read_key(liar)))
    gateway.submit(copy, "firstcase")
    seen = len(gateway.events)
    wait_for(lambda: len(gateway.events) > seen + 10)
    assert gateway.status()["bank_version"] == 0
    assert gateway.status()["open"] == 1

    # another picture in place of one that the administrator has listed is not taken
    gateway.reference = reference_bytes(sign_reference(listed, gateway.folder.administrator()))
    gateway.pictures = {digest.hex(): other, hashlib.sha256(copy).hexdigest(): copy}
    seen = len(gateway.events)
    wait_for(lambda: len(gateway.events) > seen + 10)
    assert gateway.status()["bank_version"] == 0

    # the right one is
    gateway.pictures[digest.hex()] = work
    decision = gateway.ruling("firstcase").decision
    assert decision.outcome is Outcome.BLOCK
    (signed,) = decision.ballots
    assert (signed.ballot.nearest, signed.ballot.bank_version) == ("work.png", 5)

    # other bytes than a case is about are never hashed: the node asks for a person, and says why
    gateway.pictures[hashlib.sha256(other).hexdigest()] = copy
    gateway.submit(other, "secondcase")
    decision = gateway.ruling("secondcase").decision
    (signed,) = decision.ballots
    assert decision.outcome is Outcome.REVIEW
    assert (signed.ballot.witness, signed.ballot.algorithms) == (None, ())
    assert "wrong_bytes" in signed.ballot.note
