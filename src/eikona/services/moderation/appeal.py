"""Somebody objects to a decision: a person will look at it."""

from collections.abc import Callable

from eikona.domain.account import Account
from eikona.domain.errors import InvalidInputError, NotFoundError, StateConflictError
from eikona.domain.moderation import Appeal, AppealState, Review, ReviewKind
from eikona.services.audit_log import note
from eikona.services.identifiers import new_id
from eikona.services.moderation.policy import ModerationPolicy
from eikona.services.store.records import Records, Store

TEXT_MOST = 4000  # characters


def make_appeal(
    decision: str,
    text: str,
    *,
    account: Account,
    store: Store,
    clock: Callable[[], int],
    policy: ModerationPolicy,
) -> Appeal:
    """Object to a decision against oneself, once.

    Raises:
        NotFoundError: there is no such decision against this account.
        StateConflictError: it was appealed, or taken back, or is too old.
        InvalidInputError: the text cannot be used.
    """
    said, now = text.strip(), clock()
    if not 1 <= len(said) <= TEXT_MOST:
        raise InvalidInputError(f"an appeal has 1 to {TEXT_MOST} characters")

    def make(records: Records) -> Appeal:
        against = records.decisions.find(decision)
        if against is None or against.account != account.id:
            raise NotFoundError("there is no such decision against you")
        if against.overturned_at_ms is not None:
            raise StateConflictError("the decision was taken back already")
        if records.appeals.against(decision) is not None:
            raise StateConflictError("the decision was appealed already")
        if now >= against.at_ms + policy.appeal_ms:
            raise StateConflictError("the decision is too old to be appealed")
        appeal = Appeal(new_id(), account.id, decision, said, AppealState.OPEN, now)
        records.appeals.add(appeal)
        records.reviews.add(
            Review(new_id(), ReviewKind.APPEAL, against.post, appeal.id, against.facts, now)
        )
        note(records, at_ms=now, actor=account.id, action="appeal.made", subject=appeal.id)
        return appeal

    return store.write(make)
