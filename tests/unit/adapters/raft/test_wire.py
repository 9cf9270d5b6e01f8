"""Everything said survives the wire; nothing else is taken for something said."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    SnapshotAnswer,
    SnapshotPart,
    VoteAnswer,
)
from eikona.adapters.raft.wire import (
    Reader,
    UnreadableError,
    pack_entry,
    pack_hard_state,
    pack_mark,
    pack_message,
    read_entry,
    unpack_hard_state,
    unpack_mark,
    unpack_message,
)

numbers = st.integers(0, 2**63)
data = st.binary(max_size=50)
kinds = st.sampled_from(EntryKind)


@st.composite
def appends(draw):
    before = draw(numbers)
    count = draw(st.integers(0, 4))
    entries = tuple(
        Entry(before + 1 + place, draw(numbers), draw(kinds), draw(data)) for place in range(count)
    )
    return Append(draw(numbers), before, draw(numbers), draw(numbers), entries)


messages = st.one_of(
    st.builds(AskVote, numbers, numbers, numbers, st.booleans()),
    st.builds(VoteAnswer, numbers, st.booleans(), st.booleans()),
    appends(),
    st.builds(AppendAnswer, numbers, numbers, st.none() | numbers, numbers),
    st.builds(SnapshotPart, numbers, numbers, numbers, numbers, data),
    st.builds(SnapshotAnswer, numbers, numbers, numbers),
    st.builds(Forward, data, st.booleans()),
)
members = st.builds(Member, st.text(max_size=10), st.text(max_size=20), data)
marks = st.builds(Mark, numbers, numbers, st.lists(members, max_size=4).map(tuple))


@given(message=messages)
def test_messages_come_back(message):
    assert unpack_message(pack_message(message)) == message


@given(mark=marks, term=numbers, name=st.none() | st.text(min_size=1, max_size=16))
def test_what_is_stored_comes_back(mark, term, name):
    assert unpack_mark(pack_mark(mark)) == mark
    assert unpack_hard_state(pack_hard_state(HardState(term, name))) == HardState(term, name)


@given(message=messages.filter(lambda m: not isinstance(m, Forward | SnapshotPart)))
def test_a_message_that_is_cut_or_too_long_is_refused(message):
    packed = pack_message(message)
    for wrong in (packed[:-1], packed + b"\0"):
        with pytest.raises(UnreadableError):
            unpack_message(wrong)


@given(garbage=st.binary(max_size=80))
def test_garbage_is_refused_or_harmless(garbage):
    try:
        message = unpack_message(garbage)
    except UnreadableError:
        return
    assert unpack_message(pack_message(message)) == message


class _Bomb:
    def __reduce__(self):
        return print, ("a pickle ran",)


def test_a_pickle_is_only_bytes(capsys):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(UnreadableError):
            unpack_message(pickle.dumps(_Bomb(), protocol))
    assert capsys.readouterr().out == ""


def test_entries_must_follow_each_other():
    wrong = Append(1, 5, 1, 5, (Entry(7, 1, EntryKind.COMMAND, b""),))
    with pytest.raises(UnreadableError, match="out of order"):
        unpack_message(pack_message(wrong))


def test_an_unknown_kind_of_entry_is_refused():
    packed = bytearray(pack_entry(Entry(1, 1, EntryKind.COMMAND, b"x")))
    packed[16] = 9
    with pytest.raises(UnreadableError, match="no known entry"):
        read_entry(Reader(bytes(packed)))


def test_a_list_of_members_that_promises_too_many_is_refused():
    with pytest.raises(UnreadableError):
        unpack_mark(bytes(16) + (2**31).to_bytes(4, "little"))
