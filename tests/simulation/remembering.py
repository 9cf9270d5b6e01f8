"""Pure functions that remember what they gave: all replicas of a schedule read the same bytes."""

from contextlib import ExitStack, contextmanager
from functools import lru_cache
from unittest.mock import patch

from eikona.balloting import cases, quorum_machine, receipts, signing, speakers
from eikona.balloting.commands import order_of
from eikona.balloting.statements import message_of, submission_digest


@contextmanager
def pure_functions_remember():
    """Make schedules quick; what each function gives is what it would give anyway."""
    orders, messages = lru_cache(2048)(order_of), lru_cache(4096)(message_of)
    digests = {}

    def digest(submission):  # holds a mapping, so it has no hash: known by being the same one
        if id(submission) not in digests:
            if len(digests) > 2048:
                digests.clear()
            digests[id(submission)] = (submission, submission_digest(submission))
        return digests[id(submission)][1]

    with ExitStack() as stack:
        stack.enter_context(patch.object(quorum_machine, "order_of", orders))
        stack.enter_context(patch.object(cases, "submission_digest", digest))
        for module in (receipts, signing, speakers):
            stack.enter_context(patch.object(module, "message_of", messages))
        yield
