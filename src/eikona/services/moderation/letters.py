"""Mails of moderation: every decision comes with its reasons and with what can be done about it."""

from eikona.domain.account import Account
from eikona.domain.moderation import Appeal, AppealState, Consequence, Decision, Measure
from eikona.services.accounts.letters import post_letter
from eikona.services.moderation.policy import ModerationPolicy
from eikona.services.store.records import Records

_DAY_MS = 24 * 3600 * 1000


def statement_of_reasons(
    records: Records,
    account: Account,
    decision: Decision,
    *,
    count: int,
    policy: ModerationPolicy,
    at_ms: int,
) -> None:
    """Say what was decided, why, by whom, and how to object."""
    done = "not published" if decision.measure is Measure.REFUSE else "removed"
    who = "automatically, by a quorum of programs" if decision.is_automated else "by a person"
    post_letter(
        records,
        to=account.email,
        subject=f"Your picture was {done}",
        text=f"Hello {account.name},\n\nyour picture (post {decision.post}) was {done}.\n\n"
        f"Why: {decision.ground}\nWhat this rests on: {decision.facts}\n"
        f"This was decided {who}.\n{_consequence(decision, count, policy)}\n"
        f"You can appeal to a person within {policy.appeal_ms // _DAY_MS} days: name the decision"
        f" {decision.id}.\n",
        at_ms=at_ms,
    )


def answer_to_appeal(records: Records, account: Account, appeal: Appeal, *, at_ms: int) -> None:
    """Say what became of an appeal."""
    said = (
        "The decision was taken back, with all that followed from it."
        if appeal.state is AppealState.OVERTURNED
        else "The decision stays."
    )
    post_letter(
        records,
        to=account.email,
        subject="Your appeal was decided",
        text=f"Hello {account.name},\n\na person has looked at your appeal against the decision"
        f" {appeal.decision}. {said}\n\n{appeal.answer}\n",
        at_ms=at_ms,
    )


def _consequence(decision: Decision, count: int, policy: ModerationPolicy) -> str:
    days = policy.strike_ms // _DAY_MS
    match decision.consequence:
        case Consequence.BAN:
            return (
                f"It is strike {count} of {policy.strikes_to_ban}: your account is banned. You can"
                " still log in, appeal, and export or delete your account.\n"
            )
        case Consequence.WARNING:
            return (
                f"It counts as strike {count} of {policy.strikes_to_ban} for {days} days; with"
                f" {policy.strikes_to_ban} the account is banned.\n"
            )
        case _:
            return "It does not count against your account.\n"
