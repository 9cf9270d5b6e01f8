"""Nodes on addresses of their own, as on several machines: admitted, removed, given new keys."""

import shutil
import subprocess
from contextlib import closing

import pytest

from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.keys.public_keys import read_public_keys
from eikona.adapters.quorum.calls import call
from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.adapters.quorum.description import read_description
from eikona.adapters.raft.engine import IDENTITY
from eikona.adapters.raft.identity import own_identity
from eikona.balloting.receipts import receipt_from, verify_receipt
from eikona.balloting.statements import key_id
from tests.integration import bad_input
from tests.integration.command_line import eikona, eikona_json, started
from tests.integration.running_quorum import Asked, Quorum, wait_for

pytestmark = pytest.mark.slow


class Hosts:
    """Folders that stand for machines, each with a loopback address of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "gateway" / "quorum"
        self._processes = {}

    def make(self, name, *judges):
        """Make a node on its host and return the card that its administrator gets."""
        host = self.folder / name
        number = int(name[1:])
        status, (record,) = eikona_json(
            "quorum", "make-node", "--name", name, "--listen", f"127.0.0.{number + 1}:{_PORT}",
            "--data", host / "data", *judges,
        )  # fmt: skip
        assert status == 0
        return record["card"]

    def start(self, name):
        """Start a node with what was copied to its host."""
        given = self.folder / name / "quorum.json"
        if not given.exists():
            shutil.copy(self.data / "quorum.json", given)
        with (self.folder / name / "log").open("ab") as log:
            self._processes[name] = started(
                "node", "--name", name, "--quorum", given, "--data", self.folder / name / "data",
                "--ends-with-input", stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip

    def kill(self, name):
        self._processes[name].kill()
        self._processes[name].communicate()

    def wait_ended(self, name):
        self._processes[name].wait(120)
        return self._processes[name].returncode

    def stop(self):
        for process in self._processes.values():
            process.kill()
            process.communicate()

    def key_of(self, name):
        return next(
            n.key for n in read_description(self.data / "quorum.json").nodes if n.name == name
        )


_PORT = 47401


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    folder = tmp_path_factory.mktemp("works")
    (folder / "reference").mkdir()
    for seed in range(2):
        bad_input.picture(seed).save(folder / "reference" / f"work-{seed}.png")
    return folder


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    made = Hosts(tmp_path_factory.mktemp("hosts"))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def quorum(hosts, works):
    cards = [hosts.make(f"n{number}", "--type", str(number)) for number in (1, 2, 3)]
    founded = eikona(
        "quorum", "found", *cards, "--gateway", f"127.0.0.9:{_PORT}", "--data", hosts.data
    )
    assert founded.status == 0
    for name in ("n1", "n2", "n3"):
        hosts.start(name)
    running = Quorum(hosts.data, works / "reference")
    try:
        running.start()
        yield running
    finally:
        running.down()


@pytest.fixture(scope="module")
def receipts(quorum, works):
    """Return a function that has a copy ruled on and returns the receipt, which must verify."""

    def ask():
        asked = Asked(quorum, (works / "reference" / "work-1.png").read_bytes())
        assert asked.ruled()["outcome"] == "block"
        return receipt_from(asked.receipt)

    return ask


def _seats(quorum):
    return quorum.status()["roster"]["seats"]


def test_a_node_comes_has_a_new_key_and_goes(hosts, quorum, receipts):
    first = receipts()
    old = hosts.key_of("n1")

    card = hosts.make("n4", "--algorithm", "mhash", "--threshold", "10")
    early = eikona("quorum", "admit", card, "--data", hosts.data, "--wait", "1s")
    assert early.status == 1  # it is not there, and nobody waits for it
    assert "n4" in early.stderr
    assert set(_seats(quorum)) == {"n1", "n2", "n3"}
    assert receipts().decision.case.round == 1
    hosts.start("n4")
    wait_for(lambda: set(_seats(quorum)) == {"n1", "n2", "n3", "n4"}, every_s=0.3)

    status, (rotated,) = eikona_json("quorum", "rotate", "n1", "--data", hosts.data)
    assert (status, rotated["roster"]) == (0, 3)
    assert rotated["seats"]["n1"] == key_id(hosts.key_of("n1")) != key_id(old)
    second = receipts()
    hosts.kill("n1")  # what its host was given names a key that it has no more
    hosts.start("n1")
    wait_for(quorum.is_ready, every_s=0.3)

    text = eikona("quorum", "remove", quorum.leader(), "--data", hosts.data).text
    gone = ({"n1", "n2", "n3", "n4"} - set(_seats(quorum))).pop()
    assert "Roster 4 is in force" in text
    assert gone not in text
    third = receipts()
    assert hosts.wait_ended(gone) == 0
    assert gone not in {one.ballot.node for one in third.decision.ballots}
    assert third.enrolment.keys.keys() == set(_seats(quorum))

    trusted = read_public_keys(hosts.data / "quorum.keys")
    assert trusted.nodes == {}
    for receipt in (first, second, third):
        assert verify_receipt(receipt, trusted=trusted, verify=verify_signature) == []
    assert first.enrolment.keys["n1"] == old
    assert second.enrolment.keys["n1"] != old
    _reaches_nobody(hosts, gone)
    assert eikona("quorum", "remove", gone, "--data", hosts.data).status == 1  # no such node
    again = eikona("quorum", "status", "--data", hosts.data).text
    assert "roster 4" in again


def _reaches_nobody(hosts, gone):
    """Make sure that who was removed is answered by nobody, with the keys that it still has."""
    described = read_description(hosts.data / "quorum.json")
    identity = own_identity(hosts.folder / gone / "data" / IDENTITY, gone)
    places = {described.gateway.address: described.gateway.certificate}
    places |= {one.address: one.certificate for one in described.nodes}
    assert len(places) == 4
    for address, certificate in places.items():
        with (
            pytest.raises(BrokenChannelError),
            closing(call(address, identity, bytes.fromhex(certificate), timeout_s=30)) as channel,
        ):
            channel.ask({"as": "ask"}, timeout_s=30)


def test_a_card_is_checked(hosts, quorum):
    card = hosts.make("n1")  # the card of a node that is there
    twice = eikona("quorum", "admit", card, "--data", hosts.data)
    assert twice.status == 2
    assert "two of the nodes" in twice.stderr
    none = eikona("quorum", "admit", hosts.data / "quorum.keys", "--data", hosts.data)
    assert none.status == 1
    assert "describes no node" in none.stderr
