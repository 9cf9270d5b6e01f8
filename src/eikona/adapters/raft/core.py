"""The rules of Raft without I/O: messages and the time go in, effects come out.

Source: Ongaro, "Consensus: Bridging Theory and Practice", 2014.
Deviation: members change one at a time as in chapter 4, without non-voting learners. A broken
connection from the leader counts as its silence; pre-vote keeps that from doing harm.
"""

from collections.abc import Callable, Sequence

from eikona.adapters.raft import election, replication
from eikona.adapters.raft.messages import (
    Append,
    AppendAnswer,
    AskVote,
    Entry,
    EntryKind,
    HardState,
    Mark,
    Member,
    Message,
    VoteAnswer,
)
from eikona.adapters.raft.state import Effects, Progress, RaftState, Role, Timing
from eikona.adapters.raft.wire import pack_members


class MembershipError(ValueError):
    """The members cannot change so, or not now."""


class RaftCore:
    """One node. Every call is given the time, which only must not go backwards."""

    def __init__(
        self,
        me: str,
        *,
        hard: HardState,
        mark: Mark,
        entries: Sequence[Entry],
        timing: Timing,
        jitter: Callable[[], float],
        now: float,
    ) -> None:
        """Go on from what is on the disk.

        Args:
            me: the node's name.
            hard: term and vote as stored.
            mark: where the stored log begins, and the members there.
            entries: the stored log.
            timing: how long to wait.
            jitter: gives a number from 0 to 1, another one each time.
            now: in seconds, from any beginning.
        """
        self.state = RaftState(
            me, hard=hard, mark=mark, entries=entries, timing=timing, jitter=jitter
        )
        self.state.now = now
        self.state.reset_election()

    @property
    def next_deadline(self) -> float:
        """Return when ``tick`` must be called at the latest."""
        state = self.state
        if state.role is Role.LEADER:
            return state.beat_at
        return state.election_at

    def tick(self, now: float) -> None:
        """Do what is due."""
        state = self.state
        state.now = now
        if state.role is Role.LEADER:
            if not self._hears_majority():
                state.follow(state.term, None)
            elif now >= state.beat_at:
                replication.beat(state)
        elif now >= state.election_at:
            if state.me in state.names:
                election.stand(state, is_trial=True)
            else:
                state.reset_election()

    def receive(self, sender: str, message: Message, now: float) -> None:
        """Take a message from another node.

        Raises:
            ConflictError: the nodes contradict each other where they cannot, unless one forgot.
        """
        state = self.state
        state.now = now
        match message:
            case AskVote():
                election.on_ask(state, sender, message)
            case VoteAnswer():
                election.on_answer(state, sender, message)
            case Append():
                replication.on_append(state, sender, message)
            case AppendAnswer():
                replication.on_answer(state, sender, message)
                self._leave_if_removed()

    def propose(self, data: bytes) -> int | None:
        """Put a command into the log; return its place, or None where this node does not lead."""
        if self.state.role is not Role.LEADER:
            return None
        return replication.propose(self.state, EntryKind.COMMAND, data)

    def change_members(self, members: Sequence[Member]) -> int:
        """Put a new list of members into the log, which counts at once; return its place.

        Raises:
            MembershipError: this node does not lead, an earlier change is not committed yet, or
                more than one member comes or goes.
        """
        state = self.state
        if state.role is not Role.LEADER:
            raise MembershipError("ask the leader")
        if state.commit < max(state.first_of_term, state.configurations[-1][0]):
            raise MembershipError("wait for the change before this one")
        before, after = set(state.names), {member.name for member in members}
        if len(before ^ after) > 1 or len(after) != len(members) or not after:
            raise MembershipError("add or remove one member at a time")
        index = replication.propose(state, EntryKind.MEMBERS, pack_members(members))
        following = state.log.last_index
        for name in after - before:
            state.followers[name] = Progress(next_index=following, heard_at=state.now)
        return index

    def note_stored(self) -> None:
        """Know that all effects that were taken are on the disk."""
        state = self.state
        state.durable = state.log.last_index
        if state.role is Role.LEADER:
            replication.advance(state)
            self._leave_if_removed()

    def note_lost(self, name: str, now: float) -> None:
        """Know that the connection from another node broke."""
        self.state.now = now
        replication.probe_again(self.state, name)
        if name == self.state.leader and name != self.state.me:
            election.lose_leader(self.state)

    def note_connected(self, name: str, now: float) -> None:
        """Know that messages reach another node again."""
        self.state.now = now
        replication.probe_again(self.state, name)

    def note_snapshot(self, index: int, *, keep: int) -> None:
        """Forget the log up to a place that a snapshot on the disk covers, but for some entries.

        Args:
            index: what the snapshot covers.
            keep: how many entries to keep for followers that are a little behind.
        """
        state = self.state
        base = min(index, state.handed_on) - keep
        members = state.members_at(base)
        state.log.drop_to(base)
        later = [item for item in state.configurations if item[0] > state.log.base_index]
        if base >= state.log.base_index:
            state.configurations = [(state.log.base_index, members), *later]

    def install(self, mark: Mark, leader: str, now: float) -> bool:
        """Go on from a leader's snapshot, which is on the disk; return whether it is news."""
        state = self.state
        state.now = now
        is_news = mark.index > state.commit
        if is_news:
            later = [item for item in state.configurations if item[0] > mark.index]
            if state.log.term_at(mark.index) == mark.term:
                state.log.drop_to(mark.index)
            else:
                state.log.reset(mark.index, mark.term)
                state.durable = mark.index
                later = []
            state.configurations = [(mark.index, mark.members), *later]
            state.commit = state.handed_on = mark.index
            state.effects.mark = mark
        state.effects.send_after.append((leader, AppendAnswer(state.term, mark.index)))
        return is_news

    def take(self) -> Effects:
        """Return what is to be done, once; call ``note_stored`` when it is stored."""
        state = self.state
        if state.role is Role.LEADER and state.must_tell:
            replication.tell(state)
        effects, state.effects = state.effects, Effects()
        if state.commit > state.handed_on:
            effects.committed = state.log.between(state.handed_on, state.commit)
            state.handed_on = state.commit
        return effects

    def _hears_majority(self) -> bool:
        state = self.state
        since = state.now - state.timing.election_max_s
        heard = sum(
            name == state.me or (name in state.followers and state.followers[name].heard_at > since)
            for name in state.names
        )
        return heard >= state.majority

    def _leave_if_removed(self) -> None:
        """Step down when the list without this node is committed; forget members that left."""
        state = self.state
        if state.role is not Role.LEADER or state.configurations[-1][0] > state.commit:
            return
        for name in set(state.followers).difference(state.names):
            del state.followers[name]
        if state.me not in state.names:
            state.follow(state.term, None)
