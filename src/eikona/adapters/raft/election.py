"""Elections, with a trial before each so that a node that was away does not depose a leader.

Source: Ongaro, "Consensus: Bridging Theory and Practice", 2014, 3.4, 4.2.3, 6.2, 9.6.
"""

from eikona.adapters.raft.messages import AskVote, Entry, EntryKind, VoteAnswer
from eikona.adapters.raft.state import Progress, RaftState, Role


def stand(state: RaftState, *, is_trial: bool) -> None:
    """Ask the others for their votes, or in a trial whether they would give them."""
    state.leader = None
    state.reset_election()
    state.votes = {state.me}
    term = state.term + 1
    if is_trial:
        state.role = Role.TRYING
    else:
        state.role = Role.CANDIDATE
        state.set_hard(term, state.me)
    ask = AskVote(term, state.log.last_index, state.log.last_term, is_trial)
    for name in state.others:
        state.effects.send_after.append((name, ask))
    _count(state)


def on_ask(state: RaftState, sender: str, ask: AskVote) -> None:
    """Answer a candidate."""
    hears_leader = state.now - state.heard_leader_at < state.timing.election_min_s
    if ask.term > state.term and (state.role is Role.LEADER or (state.leader and hears_leader)):
        return  # there is a leader; a node that does not hear it must not disturb (4.2.3)
    if not ask.is_trial and ask.term > state.term:
        state.follow(ask.term, None)
    is_given = _may_vote(state, sender, ask) and _is_up_to_date(state, ask)
    if is_given and not ask.is_trial:
        state.set_hard(ask.term, sender)
        state.reset_election()
    answer = VoteAnswer(ask.term if is_given else state.term, is_given, ask.is_trial)
    state.effects.send_after.append((sender, answer))


def on_answer(state: RaftState, sender: str, answer: VoteAnswer) -> None:
    """Count a vote."""
    if not answer.is_given and answer.term > state.term:
        state.follow(answer.term, None)
        return
    asked = Role.TRYING if answer.is_trial else Role.CANDIDATE
    term = state.term + 1 if answer.is_trial else state.term
    if answer.is_given and state.role is asked and answer.term == term:
        state.votes.add(sender)
        _count(state)


def lose_leader(state: RaftState) -> None:
    """Stand for election soon: the connection from the leader broke, which a dying one's does."""
    state.heard_leader_at = float("-inf")
    state.leader = None
    soon = state.now + 2 * state.timing.heartbeat_s * state.jitter()
    state.election_at = min(state.election_at, soon)


def _count(state: RaftState) -> None:
    if len(state.votes.intersection(state.names)) < state.majority:
        return
    if state.role is Role.TRYING:
        stand(state, is_trial=False)
    else:
        _lead(state)


def _lead(state: RaftState) -> None:
    state.role = Role.LEADER
    state.leader = state.me
    state.beat_at = state.now
    following = state.log.last_index + 1
    state.followers = {
        name: Progress(next_index=following, heard_at=state.now) for name in state.others
    }
    state.first_of_term = following
    entry = Entry(following, state.term, EntryKind.NOTHING, b"")
    state.log.append([entry])
    state.effects.entries.append(entry)
    state.must_tell = True


def _may_vote(state: RaftState, sender: str, ask: AskVote) -> bool:
    if ask.is_trial:
        return ask.term > state.term
    return ask.term == state.term and state.voted_for in (None, sender) and not state.leader


def _is_up_to_date(state: RaftState, ask: AskVote) -> bool:
    """Return whether a candidate's log holds all that may be committed (3.6.1)."""
    mine = (state.log.last_term, state.log.last_index)
    return (ask.last_term, ask.last_index) >= mine
