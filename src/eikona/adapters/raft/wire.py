"""Messages, entries and members as bytes: fixed fields and counted strings, nothing that runs.

Whatever does not parse to its last byte raises, so that what a stranger or a broken disk says is
never half believed.
"""

import struct
from collections.abc import Sequence

from eikona.adapters.raft.messages import (
    Append,
    AppendAnswer,
    AskVote,
    Entry,
    EntryKind,
    Forward,
    HardState,
    Mark,
    Member,
    Message,
    SnapshotAnswer,
    SnapshotPart,
    VoteAnswer,
)

MAX_NAME_BYTES = 64
MAX_MEMBERS = 64
_NONE = 2**64 - 1  # stands for "nothing" where a number is optional

_ASK = struct.Struct("<QQQB")
_VOTE = struct.Struct("<QBB")
_APPEND = struct.Struct("<QQQQI")
_ANSWER = struct.Struct("<QQQQ")
_PART = struct.Struct("<QQQQ")
_RECEIVED = struct.Struct("<QQQ")
_ENTRY = struct.Struct("<QQBI")
_KINDS = frozenset(map(int, EntryKind))
_COUNT = struct.Struct("<I")
_PLACE = struct.Struct("<QQ")


class UnreadableError(ValueError):
    """These bytes are no message, entry or list of members."""


class Reader:
    """Takes fields from the front of bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_empty(self) -> bool:
        """Return whether all is taken."""
        return self._at == len(self._data)

    def fields(self, form: struct.Struct) -> tuple[int, ...]:
        """Take fields of a fixed form."""
        return form.unpack(self.take(form.size))

    def take(self, size: int) -> bytes:
        """Take so many bytes."""
        end = self._at + size
        if size < 0 or end > len(self._data):
            raise UnreadableError("cut short")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def counted(self, most: int) -> bytes:
        """Take bytes that their number precedes."""
        (size,) = self.fields(_COUNT)
        if size > most:
            raise UnreadableError(f"{size} bytes where at most {most} may be")
        return self.take(size)

    def text(self, most: int) -> str:
        """Take a counted string."""
        try:
            return self.counted(most).decode()
        except UnicodeDecodeError:
            raise UnreadableError("no text") from None

    def rest(self) -> bytes:
        """Take all that is left."""
        return self.take(len(self._data) - self._at)

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._at != len(self._data):
            raise UnreadableError("bytes after the end")


def counted(data: bytes) -> bytes:
    """Return bytes with their number before them."""
    return _COUNT.pack(len(data)) + data


def pack_message(message: Message) -> bytes:
    """Return a message as bytes."""
    match message:
        case AskVote(term, index, last, trial):
            packed = b"V" + _ASK.pack(term, index, last, trial)
        case VoteAnswer(term, given, trial):
            packed = b"v" + _VOTE.pack(term, given, trial)
        case Append(term, index, before, committed, entries):
            head = _APPEND.pack(term, index, before, committed, len(entries))
            packed = b"".join((b"A", head, *map(pack_entry, entries)))
        case AppendAnswer(term, matched, refused, hint):
            place = _NONE if refused is None else refused
            packed = b"a" + _ANSWER.pack(term, matched, place, hint)
        case SnapshotPart(term, index, size, offset, data):
            packed = b"S" + _PART.pack(term, index, size, offset) + data
        case SnapshotAnswer(term, index, received):
            packed = b"s" + _RECEIVED.pack(term, index, received)
        case Forward(data, about_members):
            packed = (b"M" if about_members else b"F") + data
        case _:
            raise UnreadableError("no known message")
    return packed


def unpack_message(packed: bytes) -> Message:
    """Return the message that these bytes are.

    Raises:
        UnreadableError: they are none.
    """
    reader = Reader(packed)
    message = _unpack(reader.take(1), reader)
    reader.end()
    return message


def _unpack(kind: bytes, reader: Reader) -> Message:
    message: Message
    match kind:
        case b"V":
            term, index, last, trial = reader.fields(_ASK)
            message = AskVote(term, index, last, bool(trial))
        case b"v":
            term, given, trial = reader.fields(_VOTE)
            message = VoteAnswer(term, bool(given), bool(trial))
        case b"A":
            message = _unpack_append(reader)
        case b"a":
            term, matched, refused, hint = reader.fields(_ANSWER)
            message = AppendAnswer(term, matched, None if refused == _NONE else refused, hint)
        case b"S":
            term, index, size, offset = reader.fields(_PART)
            message = SnapshotPart(term, index, size, offset, reader.rest())
        case b"s":
            message = SnapshotAnswer(*reader.fields(_RECEIVED))
        case b"F" | b"M":
            message = Forward(reader.rest(), is_about_members=kind == b"M")
        case _:
            raise UnreadableError("no known message")
    return message


def _unpack_append(reader: Reader) -> Append:
    term, index, before, committed, count = reader.fields(_APPEND)
    entries = []
    for place in range(index + 1, index + 1 + count):
        entry = read_entry(reader)
        if entry.index != place:
            raise UnreadableError("entries out of order")
        entries.append(entry)
    return Append(term, index, before, committed, tuple(entries))


def pack_entry(entry: Entry) -> bytes:
    """Return an entry as bytes."""
    return _ENTRY.pack(entry.index, entry.term, entry.kind, len(entry.data)) + entry.data


def read_entry(reader: Reader) -> Entry:
    """Take an entry from the front of bytes."""
    index, term, kind, size = reader.fields(_ENTRY)
    if kind not in _KINDS:
        raise UnreadableError("no known entry")
    return Entry(index, term, EntryKind(kind), reader.take(size))


def pack_members(members: Sequence[Member]) -> bytes:
    """Return a list of members as bytes."""
    fields = (
        counted(field)
        for member in members
        for field in (member.name.encode(), member.address.encode(), member.certificate)
    )
    return _COUNT.pack(len(members)) + b"".join(fields)


def unpack_members(packed: bytes) -> tuple[Member, ...]:
    """Return the members that these bytes list.

    Raises:
        UnreadableError: they list none.
    """
    reader = Reader(packed)
    (count,) = reader.fields(_COUNT)
    if count > MAX_MEMBERS:
        raise UnreadableError("too many members")
    members = tuple(
        Member(reader.text(MAX_NAME_BYTES), reader.text(256), reader.counted(65536))
        for _ in range(count)
    )
    reader.end()
    return members


def pack_hard_state(state: HardState) -> bytes:
    """Return term and vote as bytes."""
    return _PLACE.pack(state.term, 0) + counted((state.voted_for or "").encode())


def unpack_hard_state(packed: bytes) -> HardState:
    """Return the term and the vote that these bytes are."""
    reader = Reader(packed)
    term, _ = reader.fields(_PLACE)
    voted_for = reader.text(MAX_NAME_BYTES)
    reader.end()
    return HardState(term, voted_for or None)


def pack_mark(mark: Mark) -> bytes:
    """Return where a log begins as bytes."""
    return _PLACE.pack(mark.index, mark.term) + pack_members(mark.members)


def unpack_mark(packed: bytes) -> Mark:
    """Return the place that these bytes name."""
    reader = Reader(packed)
    index, term = reader.fields(_PLACE)
    return Mark(index, term, unpack_members(reader.rest()))
