"""Times as answers have them."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

Time = Annotated[datetime, Field(examples=["2026-11-21T20:15:00Z"])]


def time_of(at_ms: int) -> datetime:
    """Return a time in milliseconds since 1970 as a date in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def known_time(at_ms: int | None) -> datetime | None:
    """Return a time, or None where there is none."""
    return None if at_ms is None else time_of(at_ms)
