"""Changes of who belongs to a quorum: signed, checked, kept, and decided on in order."""

from dataclasses import replace

import pytest

from eikona.adapters.keys.ed25519 import new_key
from eikona.adapters.keys.key_ring import KeyRing
from eikona.adapters.quorum.description import read_description
from eikona.apps.gateway.changing import admitted, removed, rotated, rotation_from, sign_change
from eikona.apps.gateway.membership import Membership, change_bytes
from eikona.apps.gateway.nodes import Nodes
from eikona.apps.gateway.quorum_folder import QuorumFolder
from eikona.apps.gateway.setting_up import found, make_node, set_up
from eikona.balloting.canonical import canonical
from eikona.balloting.records import record_of
from eikona.balloting.signing import sign_rotation
from eikona.balloting.statements import key_id
from eikona.domain.errors import (
    BadSignatureError,
    MalformedError,
    OutdatedError,
    QuorumError,
    QuorumUnavailableError,
    UsageError,
)
from eikona.domain.roster import Rotation


class World:
    """A quorum's folder, its nodes as the gateway sees them, and its administrator."""

    def __init__(self, path):
        self.path = path
        nodes = [self.make(f"n{number}") for number in (1, 2, 3)]
        self.described = found(path / "quorum", nodes, gateway="127.0.0.1:7400")
        self.folder = QuorumFolder(path / "quorum")
        self.administrator = self.folder.administrator()
        self.changes = []
        self.nodes = Nodes(one.name for one in nodes)
        self.open()

    def make(self, name):
        number = int(name[1:])
        return make_node(self.path / name, name, f"127.0.0.1:74{number:02}", "eikona")

    def open(self):
        self.membership = Membership(
            self.folder, read_description(self.folder.description), self.nodes
        )
        self.membership.changed = self.became

    def became(self, described):
        self.changes.append(described)
        self.nodes.become(one.name for one in described.nodes)

    def tell(self, roster, *names, position=50, bank_version=1):
        """Have nodes tell how they are."""
        for name in names:
            node = self.nodes.by_name[name]
            seats = {seat.node: "" for seat in roster.seats} if roster else {}
            node.status = {
                "roster": roster.serial if roster else 0, "seats": seats,
                "position": position, "bank_version": bank_version,
            }  # fmt: skip
            node._desk, node.heard_at = object(), float("inf")

    def begin(self, described, serial=2, key=None):
        signed = sign_change(described, key or self.administrator, serial=serial)
        self.membership.take(change_bytes(signed))
        return signed.roster.roster


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def seated(world):
    roster = world.membership.due().roster
    world.tell(roster, "n1", "n2", "n3")
    assert world.membership.due() is None
    return world


def test_the_first_roster_is_due_at_once(world):
    assert world.membership.due().roster.serial == 1
    assert world.membership.status()["in_force"] == 0
    assert world.membership.newer_than(0) == b""


def test_a_node_that_comes_has_a_seat_once_it_has_caught_up(seated):
    n4 = seated.make("n4")
    first = seated.membership._roster.roster
    roster = seated.begin(admitted(seated.described, n4))
    assert [one.joins for one in seated.changes[0].nodes] == [False, False, False, True]
    assert seated.membership.newer_than(1)
    assert not seated.membership.newer_than(2)
    assert seated.membership.due() is None
    assert seated.membership.status()["waits_for"] == ["n4"]
    seated.tell(None, "n4", position=50, bank_version=1)
    assert seated.membership.due() is None  # it knows no roster yet
    seated.tell(first, "n4", position=50, bank_version=0)
    assert seated.membership.due() is None  # it lacks the reference
    seated.tell(first, "n1", "n2", "n3", position=1000)
    seated.tell(first, "n4", position=50)
    assert seated.membership.due() is None  # it is behind
    seated.tell(first, "n4", position=990)
    assert seated.membership.due().roster == roster
    seated.tell(roster, "n1")
    assert seated.membership.due() is None
    status = seated.membership.status()
    assert (status["in_force"], status["coming"]) == (2, None)
    assert status["seats"].keys() == {"n1", "n2", "n3", "n4"}


def test_a_node_that_never_comes_is_taken_back(seated):
    seated.begin(admitted(seated.described, seated.make("n4")))
    assert seated.membership.due() is None
    without = removed(seated.membership.described, "n4")
    assert without.serial == 3
    roster = seated.begin(without)
    assert seated.membership.due().roster == roster
    assert [seat.node for seat in roster.seats] == ["n1", "n2", "n3"]


def test_a_change_goes_on_after_a_crash(seated):
    roster = seated.begin(removed(seated.described, "n3"))
    seated.open()
    assert [one.name for one in seated.membership.described.nodes] == ["n1", "n2"]
    assert seated.membership.due().roster == roster
    nobody = Nodes(["n1", "n2"])
    again = Membership(seated.folder, seated.membership.described, nobody)
    assert again.due().roster == roster  # it may have been sent: it is sent again


def test_what_may_be_on_its_way_is_not_replaced(seated):
    seated.begin(removed(seated.described, "n3"))
    assert seated.membership.due()
    with pytest.raises(OutdatedError, match="on its way"):
        seated.begin(removed(seated.membership.described, "n2"))


def test_a_coming_node_is_not_seated_before_anybody_tells_what_is_in_force(seated):
    seated.begin(admitted(seated.described, seated.make("n4")))
    silent = Membership(seated.folder, seated.membership.described, Nodes(["n1", "n4"]))
    assert silent.due() is None


def test_only_the_administrator_changes_anything(seated):
    stranger = new_key()
    without = removed(seated.described, "n3")
    with pytest.raises(BadSignatureError):
        seated.begin(without, key=stranger)
    own, others = (sign_change(without, key, serial=2) for key in (seated.administrator, stranger))
    for mixed in (replace(own, roster=others.roster), replace(own, description=others.description)):
        with pytest.raises(BadSignatureError):
            seated.membership.take(change_bytes(mixed))
    with pytest.raises(MalformedError):
        seated.membership.take(b"{}")
    assert seated.changes == []
    assert read_description(seated.folder.description) == seated.described


def test_a_change_follows_what_is_in_force(seated):
    without = removed(seated.described, "n3")
    for serial in (1, 3):
        with pytest.raises(OutdatedError, match="does not follow"):
            seated.begin(without, serial=serial)
    with pytest.raises(OutdatedError, match="does not follow"):
        seated.begin(replace(without, serial=4))
    mixed = replace(
        sign_change(without, seated.administrator, serial=2),
        roster=sign_change(seated.described, seated.administrator, serial=2).roster,
    )
    with pytest.raises(OutdatedError, match="different nodes"):
        seated.membership.take(change_bytes(mixed))


def test_without_nodes_nothing_is_changed(world):
    with pytest.raises(QuorumUnavailableError, match="start them first"):
        world.begin(removed(world.described, "n3"))


def test_a_new_key_is_signed_by_both(seated):
    ring = KeyRing(seated.path / "n1")
    old, new = ring.current, ring.propose()
    rotation = Rotation(seated.described.quorum, 2, "n1", new.public_key, 0)
    signed = sign_rotation(rotation, old=old, new=new)
    content = canonical(record_of(signed))
    changed = rotated(seated.described, rotation_from(content, node="n1"))
    roster = seated.begin(changed)
    assert roster.seats[0].key == new.public_key
    with pytest.raises(BadSignatureError, match="not of n2"):
        rotation_from(content, node="n2")
    for forged in (
        sign_rotation(rotation, old=new, new=new),
        sign_rotation(rotation, old=old, new=old),
        sign_rotation(replace(rotation, quorum=key_id(b"another")), old=old, new=new),
    ):
        with pytest.raises(BadSignatureError, match="both keys"):
            rotated(seated.described, forged)


def test_who_cannot_come_or_go_is_told(seated):
    with pytest.raises(UsageError, match="two of the nodes have one name"):
        admitted(seated.described, seated.make("n1"))
    twin = replace(seated.make("n4"), key=seated.described.nodes[0].key)
    with pytest.raises(UsageError, match="one key"):
        admitted(seated.described, twin)
    with pytest.raises(QuorumError, match="no node is called n9"):
        removed(seated.described, "n9")
    alone = replace(seated.described, nodes=seated.described.nodes[:1])
    with pytest.raises(UsageError, match="last node"):
        removed(alone, "n1")


def test_a_quorum_is_founded_once(world):
    with pytest.raises(UsageError, match="there is a quorum"):
        found(world.path / "quorum", world.described.nodes, gateway="127.0.0.1:7400")
    with pytest.raises(UsageError, match="--etcd"):
        found(world.path / "b", world.described.nodes, gateway="127.0.0.1:7400", engine="etcd")
    with pytest.raises(UsageError, match="no address"):
        found(world.path / "c", world.described.nodes, gateway="here")


def test_what_a_quorum_was_set_up_as_is_no_hindrance_once_nodes_came_or_went(seated):
    path = seated.folder.path
    with pytest.raises(UsageError, match="with 3 nodes"):
        set_up(path, preset=None, nodes=4)
    seated.begin(removed(seated.described, "n3"))
    assert len(set_up(path, preset=None, nodes=3).nodes) == 2
    with pytest.raises(UsageError, match="own with 2 nodes"):
        set_up(path, preset="robust", nodes=3)
    with pytest.raises(UsageError, match="runs on raft"):
        set_up(path, preset=None, nodes=None, engine="etcd")
