"""Wishes for other members: one that comes, comes anew with another address or key, or goes."""

from collections.abc import Sequence

from eikona.adapters.raft.core import MembershipError
from eikona.adapters.raft.messages import Member
from eikona.adapters.raft.wire import UnreadableError, pack_members, unpack_members

_ADD, _REMOVE = b"+", b"-"


def wish_to_add(member: Member) -> bytes:
    """Return the wish that a member belong to the cluster, just as it is here."""
    return _ADD + pack_members([member])


def wish_to_remove(name: str) -> bytes:
    """Return the wish that a member leave."""
    return _REMOVE + name.encode()


def changed_members(members: Sequence[Member], wish: bytes) -> tuple[Member, ...]:
    """Return the members as a wish wants them.

    Raises:
        MembershipError: it is none.
    """
    kind, rest = wish[:1], wish[1:]
    if kind == _REMOVE:
        return tuple(member for member in members if member.name.encode() != rest)
    try:
        (wanted,) = unpack_members(rest)
    except (UnreadableError, ValueError) as error:
        raise MembershipError("this is no member") from error
    others = [member for member in members if member.name != wanted.name]
    return tuple(sorted([*others, wanted], key=lambda member: member.name))
