"""The quorum has ruled on a post: it is published, looked at by a person, or refused."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from eikona.domain.moderation import Measure, Review, ReviewKind
from eikona.domain.post import Post, PostState
from eikona.domain.ruling import HeardBallot, Ruling
from eikona.domain.verdict import Outcome
from eikona.services.audit_log import QUORUM, note
from eikona.services.identifiers import new_id
from eikona.services.moderation.decide import Grounds, decide_against, publish
from eikona.services.moderation.policy import ModerationPolicy
from eikona.services.store.blobs import Blobs
from eikona.services.store.records import Records, Store

GROUND = "The picture is a copy of one that may not be published here."
_NAMED_MOST = 200  # characters of an entry's name


def tell_ballot(post: Post, ballot: HeardBallot, *, store: Store, clock: Callable[[], int]) -> None:
    """Tell the author that a node has answered: which and what, not what it found."""
    facts = {"node": ballot.node, "outcome": str(ballot.outcome)}
    now = clock()
    store.write(
        lambda records: records.events.tell(post.account, "post.ballot", post.id, facts, now)
    )


def apply_ruling(
    name: str,
    ruling: Ruling,
    *,
    store: Store,
    blobs: Blobs,
    clock: Callable[[], int],
    policy: ModerationPolicy,
) -> Post | None:
    """Do what a ruling says, once, however often it is told.

    Returns:
        The post as it stands now; None where its author has deleted it meanwhile.
    """
    receipt = blobs.put(ruling.receipt)
    now = clock()

    def rule(records: Records) -> Post | None:
        post = records.posts.find(name)
        if post is None or post.ruled_at_ms is not None:
            return post
        ruled = replace(post, ruled_at_ms=now, case=ruling.case, receipt=receipt)
        records.posts.put(ruled)
        facts = {"case": ruling.case, "outcome": str(ruling.outcome)}
        note(records, at_ms=now, actor=QUORUM, action="post.ruled", subject=name, facts=facts)
        records.events.tell(post.account, "post.ruled", name, facts, now)
        if post.state is PostState.HELD:
            _follow(records, ruled, ruling, policy=policy, now_ms=now)
        return records.posts.get(name)

    return store.write(rule)


def _follow(
    records: Records, post: Post, ruling: Ruling, *, policy: ModerationPolicy, now_ms: int
) -> None:
    if ruling.outcome is Outcome.CLEAR:
        publish(records, post, by=QUORUM, now_ms=now_ms)
        return
    if ruling.outcome is Outcome.REVIEW:
        records.reviews.add(
            Review(new_id(), ReviewKind.RULING, post.id, None, in_words(ruling), now_ms)
        )
        records.events.tell(post.account, "post.in_review", post.id, {}, now_ms)
        return
    grounds = Grounds(
        ground=GROUND,
        facts=in_words(ruling),
        decided_by=QUORUM,
        is_automated=True,
        case=ruling.case,
        entry=matched_entry(ruling),
    )
    decide_against(
        records, post, Measure.REFUSE, grounds, strikes=True, policy=policy, now_ms=now_ms
    )


def in_words(ruling: Ruling) -> str:
    """Return what the nodes answered, in one sentence."""
    against = [one for one in ruling.ballots if one.outcome is not Outcome.CLEAR]
    named = ", ".join(f"{one.node} ({one.outcome}, {one.rule})" for one in against)
    return (
        f"{len(against)} of {len(ruling.ballots)} nodes found a copy: {named or 'none'}. Receipt of"
        f" case {ruling.case}, place {ruling.position} in the log."
    )


def matched_entry(ruling: Ruling) -> str | None:
    """Return the name of the entry that most nodes found nearest."""
    found = Counter(
        one.nearest
        for one in ruling.ballots
        if one.nearest is not None and one.outcome is not Outcome.CLEAR
    )
    return found.most_common(1)[0][0][:_NAMED_MOST] if found else None
