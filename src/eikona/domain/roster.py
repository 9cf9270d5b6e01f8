"""Who sits in a quorum: nodes with their keys, and which of them are lost."""

from dataclasses import dataclass
from typing import Annotated

from eikona.domain.bounds import Count, KeyId, Many, Milliseconds, Name, PublicKey, Signature

SEATS_MOST = 32  # nodes of one quorum; Raft itself slows down long before


@dataclass(frozen=True, slots=True)
class Seat:
    """One node and the public key that its ballots are checked with."""

    node: Name
    key: PublicKey


@dataclass(frozen=True, slots=True)
class Roster:
    """All nodes of a quorum, as its administrator signs it.

    Attributes:
        quorum: key id of the administrator.
        administrator: the key that signs it.
        serial: one more than that of the roster before, from 1.
        seats: the nodes.
        at_ms: when it was signed.
    """

    quorum: KeyId
    administrator: PublicKey
    serial: Count
    seats: Annotated[tuple[Seat, ...], Many(SEATS_MOST)]
    at_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class SignedRoster:
    """A roster, signed by the administrator."""

    roster: Roster
    signature: Signature


@dataclass(frozen=True, slots=True)
class Rotation:
    """A node's new key, which its old and its new key both sign.

    Attributes:
        quorum: key id of the administrator.
        serial: of the roster that comes of it.
        node: whose key it is.
        key: the new one.
        at_ms: when it was signed.
    """

    quorum: KeyId
    serial: Count
    node: Name
    key: PublicKey
    at_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class SignedRotation:
    """A rotation with the signatures of the key that goes and of the one that comes."""

    rotation: Rotation
    by_old: Signature
    by_new: Signature


ROTATIONS_MOST = 64  # between two rosters of the administrator's


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A roster in force: what the administrator signed, and rotations since.

    Attributes:
        roster: the one signed.
        signature: the administrator's.
        rotations: in their order.
    """

    roster: Roster
    signature: Signature
    rotations: Annotated[tuple[SignedRotation, ...], Many(ROTATIONS_MOST)] = ()

    @property
    def serial(self) -> int:
        """The serial number of what is in force."""
        return self.roster.serial + len(self.rotations)

    @property
    def keys(self) -> dict[str, bytes]:
        """Each node's key in force, by node, in the order of the seats."""
        keys = {seat.node: seat.key for seat in self.roster.seats}
        for signed in self.rotations:
            keys[signed.rotation.node] = signed.rotation.key
        return keys


@dataclass(frozen=True, slots=True)
class Standing:
    """A node's word that another is lost, or that it has returned itself.

    Attributes:
        quorum: key id of the administrator.
        roster: serial of the roster in force.
        epoch: how often standings or the roster have changed; a word for another epoch is void.
        node: whom it is about.
        lost: whether that node is lost; otherwise it has returned.
        by: who says so: another node of one that is lost, the node itself of one that returned.
        key: id of the key that signs it.
        at_ms: when it was signed.
    """

    quorum: KeyId
    roster: Count
    epoch: Count
    node: Name
    lost: bool
    by: Name
    key: KeyId
    at_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class SignedStanding:
    """A word on a node's standing, signed."""

    standing: Standing
    signature: Signature


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a node of the electorate is not waited for: enough others called it lost.

    Attributes:
        node: who is lost.
        statements: the others' words.
    """

    node: Name
    statements: Annotated[tuple[SignedStanding, ...], Many(SEATS_MOST)]
