"""Hands on the mail that waits; what fails is tried again, later each time, for some days."""

from collections.abc import Callable
from dataclasses import replace

from eikona.domain.errors import MailError
from eikona.domain.record import Mail
from eikona.services.store.records import Records, Store

AT_ONCE = 20
WAITS_S = (10, 60, 300, 1800, 7200)
GIVEN_UP_S = 3 * 24 * 3600

Postman = Callable[[Mail], None]
"""Hands a mail on, or raises ``MailError``."""


def send_mail(*, store: Store, postman: Postman, clock: Callable[[], int]) -> tuple[int, int]:
    """Hand on what is due; return how much went, and how much did not.

    A mail goes out twice if the process dies between handing it on and writing that down, never
    not at all.
    """
    sent = failed = 0
    for mail in store.read(lambda records: records.mails.due(clock(), AT_ONCE)):
        try:
            postman(mail)
        except MailError:
            failed += 1
            _later(mail, store=store, now_ms=clock())
        else:
            sent += 1
            _forget(mail, store=store)
    return sent, failed


def _forget(mail: Mail, *, store: Store) -> None:
    store.write(lambda records: records.mails.remove(mail.id))


def _later(mail: Mail, *, store: Store, now_ms: int) -> None:
    if now_ms - mail.created_at_ms > 1000 * GIVEN_UP_S:
        _forget(mail, store=store)
        return
    due = now_ms + 1000 * WAITS_S[min(mail.tries, len(WAITS_S) - 1)]
    changed = replace(mail, tries=mail.tries + 1, due_at_ms=due)

    def wait(records: Records) -> None:
        if records.mails.find(mail.id) is not None:  # else its account was deleted meanwhile
            records.mails.put(changed)

    store.write(wait)
