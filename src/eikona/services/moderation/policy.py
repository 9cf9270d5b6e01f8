"""How strict the server is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModerationPolicy:
    """Numbers of moderation.

    Attributes:
        strikes_to_ban: strikes in force at which an account is banned.
        strike_ms: how long a strike counts.
        lock_ms: how long a reviewer has a case to himself.
        appeal_ms: how long after a decision it can be appealed.
    """

    strikes_to_ban: int
    strike_ms: int
    lock_ms: int
    appeal_ms: int
