"""Decisions against posts: taken with their reasons and consequences, and taken back."""

from dataclasses import dataclass, replace

from eikona.domain.account import Account, Standing
from eikona.domain.moderation import (
    Consequence,
    ContestedEntry,
    Decision,
    Measure,
    Strike,
)
from eikona.domain.post import Post, PostState
from eikona.services.audit_log import note
from eikona.services.identifiers import new_id
from eikona.services.moderation import letters
from eikona.services.moderation.policy import ModerationPolicy
from eikona.services.store.records import Records

_STATE = {Measure.REFUSE: PostState.REFUSED, Measure.REMOVE: PostState.REMOVED}


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a decision is taken.

    Attributes:
        ground: the rule that was broken, in one sentence.
        facts: what it rests on, in words.
        decided_by: id of a reviewer, or ``quorum``.
        is_automated: whether no person decided.
        case: id of the quorum's case, where there is one.
        entry: name of the reference picture that was matched, where there is one.
    """

    ground: str
    facts: str
    decided_by: str
    is_automated: bool
    case: str | None = None
    entry: str | None = None


def decide_against(
    records: Records,
    post: Post,
    measure: Measure,
    grounds: Grounds,
    *,
    strikes: bool,
    policy: ModerationPolicy,
    now_ms: int,
) -> Decision:
    """Refuse or remove a post, and say why; with a strike, if it deserves one.

    Returns:
        The decision, whose consequence is a ban once there are as many strikes as ``policy`` says.
    """
    account = records.accounts.get(post.account)
    name = new_id()
    count = 0
    if strikes:
        standing = [one for one in records.strikes.of(account.id) if one.counts(now_ms)]
        count = len(standing) + 1
    decision = Decision(
        id=name,
        account=account.id,
        post=post.id,
        measure=measure,
        consequence=_consequence(count, policy),
        ground=grounds.ground,
        facts=grounds.facts,
        is_automated=grounds.is_automated,
        decided_by=grounds.decided_by,
        case=grounds.case,
        entry=grounds.entry,
        at_ms=now_ms,
    )
    records.decisions.add(decision)
    if strikes:
        until = now_ms + policy.strike_ms
        records.strikes.add(Strike(new_id(), account.id, decision.id, now_ms, until))
    records.posts.put(replace(post, state=_STATE[measure], removed_at_ms=now_ms))
    _tell(records, account, decision, count=count, policy=policy, now_ms=now_ms)
    return decision


def overturn(
    records: Records, decision: Decision, *, by: str, policy: ModerationPolicy, now_ms: int
) -> None:
    """Take a decision back, with all that followed from it."""
    records.decisions.put(replace(decision, overturned_at_ms=now_ms))
    note(records, at_ms=now_ms, actor=by, action="decision.overturned", subject=decision.id)
    strike = records.strikes.for_decision(decision.id)
    if strike is not None and strike.lifted_at_ms is None:
        records.strikes.put(replace(strike, lifted_at_ms=now_ms))
    post = records.posts.find(decision.post)
    if post is not None and _may_come_back(post, decision):
        publish(records, replace(post, removed_at_ms=None), by=by, now_ms=now_ms)
    if decision.entry is not None:
        _contest(records, decision, now_ms)
    lift_ban(records, decision.account, by=by, policy=policy, now_ms=now_ms)


def _may_come_back(post: Post, decision: Decision) -> bool:
    """Tell whether nothing but this decision keeps a post from being shown."""
    is_its_doing = post.state is _STATE[decision.measure] and not post.is_withdrawn
    return is_its_doing and bool(post.rendition)  # else its picture is deleted by now


def publish(records: Records, post: Post, *, by: str, now_ms: int) -> None:
    """Show a post to everybody."""
    first = post.published_at_ms or now_ms
    records.posts.put(replace(post, state=PostState.PUBLISHED, published_at_ms=first))
    note(records, at_ms=now_ms, actor=by, action="post.published", subject=post.id)
    records.events.tell(post.account, "post.published", post.id, {}, now_ms)
    records.events.tell(None, "feed.new", post.id, {}, now_ms)


def lift_ban(
    records: Records, name: str, *, by: str, policy: ModerationPolicy, now_ms: int
) -> None:
    """Let an account back in, if too few strikes are left for its ban."""
    account = records.accounts.get(name)
    standing = sum(one.counts(now_ms) for one in records.strikes.of(name))
    if account.standing is Standing.BANNED and standing < policy.strikes_to_ban:
        records.accounts.put(replace(account, standing=Standing.ACTIVE))
        note(records, at_ms=now_ms, actor=by, action="account.unbanned", subject=name)
        records.events.tell(name, "account.unbanned", name, {"strikes": standing}, now_ms)


def _consequence(count: int, policy: ModerationPolicy) -> Consequence:
    if count == 0:
        return Consequence.NONE
    return Consequence.BAN if count >= policy.strikes_to_ban else Consequence.WARNING


def _tell(
    records: Records,
    account: Account,
    decision: Decision,
    *,
    count: int,
    policy: ModerationPolicy,
    now_ms: int,
) -> None:
    done = "refused" if decision.measure is Measure.REFUSE else "removed"
    note(
        records,
        at_ms=now_ms,
        actor=decision.decided_by,
        action=f"post.{done}",
        subject=decision.post,
        facts={"decision": decision.id, "consequence": str(decision.consequence)},
    )
    facts = {"decision": decision.id, "ground": decision.ground}
    records.events.tell(account.id, f"post.{done}", decision.post, facts, now_ms)
    counted: dict[str, str | int | bool | None] = {
        "strikes": count,
        "of": policy.strikes_to_ban,
        "decision": decision.id,
    }
    if decision.consequence is Consequence.WARNING:
        records.events.tell(account.id, "account.warned", account.id, counted, now_ms)
    if decision.consequence is Consequence.BAN and account.standing is Standing.ACTIVE:
        records.accounts.put(replace(account, standing=Standing.BANNED))
        records.events.tell(account.id, "account.banned", account.id, counted, now_ms)
        note(
            records,
            at_ms=now_ms,
            actor=decision.decided_by,
            action="account.banned",
            subject=account.id,
            facts={"decision": decision.id},
        )
    if account.standing is not Standing.DELETED:
        letters.statement_of_reasons(
            records, account, decision, count=count, policy=policy, at_ms=now_ms
        )


def _contest(records: Records, decision: Decision, now_ms: int) -> None:
    entry = str(decision.entry)
    known = records.contested.find(entry)
    if known is None:
        records.contested.add(ContestedEntry(entry, decision.id, 1, now_ms))
    else:
        records.contested.put(
            replace(known, decision=decision.id, count=known.count + 1, at_ms=now_ms)
        )
