"""How entries get from a leader into the logs of its followers, and are committed.

Source: Ongaro, "Consensus: Bridging Theory and Practice", 2014, 3.5, 3.6, 10.2.
"""

from eikona.adapters.raft.messages import Append, AppendAnswer, Entry, EntryKind
from eikona.adapters.raft.state import Progress, RaftState, Role, Sending

_MAX_BYTES = 262_144  # of the entries of one message, unless a single one is longer
_MAX_ENTRIES = 512  # of one message
_WINDOW = 8192  # entries that may be under way to one follower
_PIPELINE = 16  # messages to one follower at once


class ConflictError(RuntimeError):
    """Another node has another entry where this one's is committed: one of them has forgotten."""


def propose(state: RaftState, kind: EntryKind, data: bytes) -> int:
    """Put an entry into the leader's log; return its place."""
    entry = Entry(state.log.last_index + 1, state.term, kind, data)
    state.log.append([entry])
    state.note_members([entry])
    state.effects.entries.append(entry)
    state.must_tell = True
    return entry.index


def tell(state: RaftState) -> None:
    """Send every follower what it lacks, and how far entries are committed."""
    state.must_tell = False
    for name, progress in state.followers.items():
        _send(state, name, progress, is_beat=False)


def beat(state: RaftState) -> None:
    """Let every follower hear from the leader."""
    state.beat_at = state.now + state.timing.heartbeat_s
    for name, progress in state.followers.items():
        _send(state, name, progress, is_beat=True)


def probe_again(state: RaftState, name: str) -> None:
    """Find out anew what a follower holds, for messages may be lost, and what it knew as well."""
    progress = state.followers.get(name)
    if progress is not None:
        progress.sending, progress.is_waiting, progress.matched = Sending.PROBE, False, 0


def _send(state: RaftState, name: str, progress: Progress, *, is_beat: bool) -> None:
    if progress.sending is Sending.SNAPSHOT:
        if is_beat:
            state.effects.send_now.append((name, Append(state.term, 0, 0, 0, ())))
        return
    if progress.sending is Sending.PROBE and progress.is_waiting and not is_beat:
        return
    messages = 1 if progress.sending is Sending.PROBE else _PIPELINE
    for _ in range(messages):
        before = progress.next_index - 1
        term = state.log.term_at(before)
        if term is None:
            progress.sending = Sending.SNAPSHOT
            state.effects.snapshots.add(name)
            return
        entries: tuple[Entry, ...] = ()
        if before - progress.matched < _WINDOW:
            entries = state.log.some_after(before, max_bytes=_MAX_BYTES, max_entries=_MAX_ENTRIES)
        append = Append(state.term, before, term, state.commit, entries)
        state.effects.send_now.append((name, append))
        if progress.sending is Sending.PROBE:
            progress.is_waiting = True
            return
        progress.next_index += len(entries)
        if not entries or progress.next_index > state.log.last_index:
            return


def on_append(state: RaftState, sender: str, append: Append) -> None:
    """Take over a leader's entries, or say where the logs part."""
    if append.term < state.term:
        answer = AppendAnswer(state.term, 0, refused=append.before_index)
        state.effects.send_after.append((sender, answer))
        return
    if state.role is Role.LEADER and append.term == state.term:
        raise ConflictError(f"{sender} leads the same term {append.term}")
    state.follow(append.term, sender)
    state.heard_leader_at = state.now
    state.reset_election()
    log = state.log
    last = append.before_index + len(append.entries)
    if append.before_index >= log.base_index:
        if log.term_at(append.before_index) != append.before_term:
            refusal = AppendAnswer(state.term, 0, append.before_index, _hint(state, append))
            state.effects.send_after.append((sender, refusal))
            return
    else:
        last = max(last, log.base_index)  # what the base covers is committed, thus the same
    _take_over(state, [entry for entry in append.entries if entry.index > log.base_index])
    state.commit = max(state.commit, min(append.committed, last))
    state.effects.send_after.append((sender, AppendAnswer(state.term, last)))


def _take_over(state: RaftState, entries: list[Entry]) -> None:
    for number, entry in enumerate(entries):
        held = state.log.term_at(entry.index)
        if held == entry.term:
            continue  # what is held already must stay, with all that follows (3.5)
        if held is not None:
            if entry.index <= state.commit:
                raise ConflictError(f"the committed entry {entry.index} differs")
            state.log.cut_from(entry.index)
            state.forget_members_from(entry.index)
            state.durable = min(state.durable, entry.index - 1)
        state.log.append(entries[number:])
        state.note_members(entries[number:])
        state.effects.entries.extend(entries[number:])
        return


def _hint(state: RaftState, append: Append) -> int:
    """Return a place before which the logs may agree: a term is stepped over at once."""
    log = state.log
    if append.before_index > log.last_index:
        return log.last_index
    return max(log.first_of_term(append.before_index) - 1, log.base_index)


def on_answer(state: RaftState, sender: str, answer: AppendAnswer) -> None:
    """Note what a follower holds, and send it what it lacks."""
    if answer.term > state.term:
        state.follow(answer.term, None)
        return
    progress = state.followers.get(sender)
    if state.role is not Role.LEADER or answer.term < state.term or progress is None:
        return
    progress.heard_at = state.now
    if answer.refused is None:
        _accepted(state, sender, progress, answer.matched)
    elif answer.refused > progress.matched and progress.sending is not Sending.SNAPSHOT:
        if progress.sending is Sending.PROBE and answer.refused != progress.next_index - 1:
            return  # an answer to an older probe
        progress.next_index = max(min(answer.refused, answer.hint + 1), progress.matched + 1)
        progress.sending, progress.is_waiting = Sending.PROBE, False
        _send(state, sender, progress, is_beat=False)


def _accepted(state: RaftState, sender: str, progress: Progress, matched: int) -> None:
    is_news = matched > progress.matched
    progress.matched = max(progress.matched, matched)
    if progress.sending is Sending.SNAPSHOT and not is_news:
        return
    if progress.sending is Sending.SNAPSHOT:  # it may be too old by now: look whether it is
        progress.next_index = progress.matched + 1
    progress.next_index = max(progress.next_index, progress.matched + 1)
    progress.sending, progress.is_waiting = Sending.STREAM, False
    advance(state)
    under_way = progress.next_index - 1 - progress.matched
    if progress.next_index <= state.log.last_index and under_way < _WINDOW:
        _send(state, sender, progress, is_beat=False)


def advance(state: RaftState) -> None:
    """Commit what a majority holds durably, where that is of the leader's own term (3.6.2)."""
    held = sorted(
        state.durable if name == state.me else state.followers[name].matched
        for name in state.names
        if name == state.me or name in state.followers
    )
    if len(held) < state.majority:
        return
    index = held[len(held) - state.majority]
    if index > state.commit and state.log.term_at(index) == state.term:
        state.commit = index
        state.must_tell = True
