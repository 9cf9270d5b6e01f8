"""A node follows the administrator's word on who belongs to the quorum."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from eikona.adapters.keys.ed25519 import new_key
from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.adapters.quorum.description import (
    FORMAT,
    GatewayDescription,
    NodeDescription,
    QuorumDescription,
    description_bytes,
    sign_description,
)
from eikona.adapters.raft.messages import Member
from eikona.apps.node.membership import Membership, newest_description
from eikona.balloting.statements import key_id
from eikona.domain.errors import BadSignatureError

KEY = new_key()


def node(name):
    return NodeDescription(name, f"10.0.0.{name[1:]}:7400", f"0{name[1:]}", name.encode() * 16, "x")


def member(name):
    one = node(name)
    return Member(one.name, one.address, bytes.fromhex(one.certificate))


def described(serial, *names):
    return QuorumDescription(
        format=FORMAT,
        serial=serial,
        quorum=key_id(KEY.public_key),
        administrator=KEY.public_key,
        policy="own",
        engine="raft",
        endpoints=(),
        gateway=GatewayDescription("10.0.0.9:7400", "cd"),
        operator="ef",
        nodes=tuple(map(node, names)),
    )


class World:
    """Node n1, its engine, its machine and its gateway."""

    def __init__(self, folder):
        self.folder = folder
        self.leads, self.lag = "n1", 0
        self.there = [member("n1"), member("n2"), member("n3")]
        self.state = SimpleNamespace(seats=frozenset({"n1", "n2", "n3"}))
        self.connected, self.content, self.is_away = ["n1", "n2", "n3"], b"", False
        self.membership = self.opened(self)

    def opened(self, engine):
        return Membership(
            "n1", described(1, "n1", "n2", "n3"), self.folder,
            line=SimpleNamespace(ask=self.ask), machine=SimpleNamespace(look=self.at),
            engine=engine,
        )  # fmt: skip

    def at(self, look):
        return look(self.state)

    def ask(self, **_):
        if self.is_away:
            raise BrokenChannelError("away")
        return {"connected": self.connected}, self.content

    def tell(self, one, key=KEY):
        self.content = description_bytes(sign_description(one, key))

    def leader(self):
        return self.leads

    def status(self):
        return SimpleNamespace(lag=self.lag)

    def members(self):
        return tuple(self.there)

    def add_member(self, one, *, timeout_s):
        self.there = [*(other for other in self.there if other.name != one.name), one]

    def remove_member(self, name, *, timeout_s):
        self.there = [one for one in self.there if one.name != name]

    def names(self):
        return sorted(one.name for one in self.there)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    assert not made.membership.look()
    return made


def test_who_comes_is_a_member_once_it_is_connected(world):
    world.tell(described(2, "n1", "n2", "n3", "n4"))
    world.membership.look()
    assert world.names() == ["n1", "n2", "n3"]
    world.connected.append("n4")
    world.membership.look()
    assert world.names() == ["n1", "n2", "n3", "n4"]
    for _ in range(3):  # it has no seat yet, and stays
        assert not world.membership.look()
    assert world.names() == ["n1", "n2", "n3", "n4"]


def test_who_was_to_come_and_is_not_any_more_goes(world):
    world.tell(described(2, "n1", "n2", "n3", "n4"))
    world.connected.append("n4")
    world.membership.look()
    world.tell(described(3, "n1", "n2", "n3"))
    for _ in range(2):
        world.membership.look()
    assert world.names() == ["n1", "n2", "n3"]


def test_who_has_lost_its_seat_goes_although_the_gateway_is_away(world):
    world.is_away = True
    world.state.seats = frozenset({"n1", "n2"})
    world.membership.look()
    assert world.names() == ["n1", "n2"]


def test_nobody_goes_before_its_seat_is_lost(world):
    world.tell(described(2, "n1", "n2"))
    for _ in range(2):
        world.membership.look()
    assert world.names() == ["n1", "n2", "n3"]


@pytest.mark.parametrize("hinders", ["another leads", "entries are to be applied"])
def test_only_a_leader_that_knows_all_removes(world, hinders):
    if hinders == "another leads":
        world.leads = "n2"
    else:
        world.lag = 1
    world.state.seats = frozenset({"n1", "n2"})
    world.membership.look()
    assert world.names() == ["n1", "n2", "n3"]


def test_members_that_a_node_was_not_told_of_stay_until_the_gateway_is_heard(tmp_path):
    world = World(tmp_path)
    world.there.append(member("n4"))
    world.is_away = True
    for _ in range(2):
        world.membership.look()
    assert world.names() == ["n1", "n2", "n3", "n4"]


def test_a_node_that_has_lost_its_seat_ends_once_it_is_no_member(world):
    world.leads = "n2"
    world.state.seats = frozenset({"n2", "n3"})
    assert not world.membership.look()
    world.remove_member("n1", timeout_s=1)
    assert world.membership.look()


def test_a_node_that_leads_removes_itself_and_ends(world):
    world.state.seats = frozenset({"n2", "n3"})
    assert world.membership.look()
    assert world.names() == ["n2", "n3"]


def test_where_members_are_not_the_engines_matter_a_lost_seat_is_the_end(tmp_path):
    world = World(tmp_path)
    alone = world.opened(None)
    assert not alone.look()
    world.state.seats = frozenset({"n2", "n3"})
    assert alone.look()


def test_a_node_that_waits_for_its_seat_does_not_end(tmp_path):
    world = World(tmp_path)
    world.state.seats = frozenset({"n2", "n3"})
    world.leads = "n2"
    assert not any(world.membership.look() for _ in range(3))


def test_only_the_administrators_word_counts_and_is_kept(world):
    given = described(1, "n1", "n2", "n3")
    world.connected.append("n4")
    world.tell(described(2, "n1", "n2", "n3", "n4"), new_key())
    world.membership.look()
    assert world.names() == ["n1", "n2", "n3"]
    assert newest_description(given, world.folder) == given
    told = described(2, "n1", "n2", "n3", "n4")
    world.tell(told)
    world.membership.look()
    assert newest_description(given, world.folder) == told
    later = replace(given, serial=3)
    assert newest_description(later, world.folder) == later
    (world.folder / "quorum.signed").write_bytes(
        description_bytes(sign_description(told, new_key()))
    )
    with pytest.raises(BadSignatureError):
        newest_description(given, world.folder)
