"""Pages of lists: where one ended, as text that clients hand back."""

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from eikona.services.store.post_collections import Place

PAGE_MOST = 100
_USUAL = 20
Item = TypeVar("Item")

After = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,15}\.[0-9a-f]{20}$",
        description="What `next` of the page before says; left out for the first page.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=PAGE_MOST, description="How many at most.")]
USUAL_LIMIT = _USUAL


class Page(BaseModel, Generic[Item]):
    """Part of a list."""

    items: list[Item]
    next: str | None = Field(
        description="Pass it as `after` for the following page; None at the end.",
        examples=["1795291200000.9f86d081884c7d659a2f"],
    )


def place_of(after: str | None) -> Place | None:
    """Return where a page begins."""
    if after is None:
        return None
    at_ms, _, name = after.partition(".")
    return Place(int(at_ms), name)


def text_of(at_ms: int, name: str) -> str:
    """Return where a page ended."""
    return f"{at_ms}.{name}"
