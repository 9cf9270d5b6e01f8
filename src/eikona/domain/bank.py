"""What a bank holds: entries, each a reference fingerprint with what is known about it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from eikona.domain.fingerprint import Fingerprint


class EntryState(StrEnum):
    """Where an entry stands.

    Withdrawn entries match nothing. Those in review (not confirmed yet) and contested ones (an
    appeal against a match succeeded) never block by themselves: a person has to look.
    """

    REVIEW = "review"
    ACTIVE = "active"
    CONTESTED = "contested"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One member of a bank.

    Attributes:
        name: the path as added, or the name given; unique in a bank.
        fingerprint: its hashes. Of an entry from a list of hashes: width and height 0, quality 100
            unless the list says otherwise, an empty image format and only the hashes listed.
        source: absolute path or URL of the picture when it was added; empty where unknown.
        created: when it was added, in UTC.
        state: where it stands.
        tags: words to find it by.
        owner: whose picture it is.
        note: anything else.
    """

    name: str
    fingerprint: Fingerprint
    created: datetime
    source: str = ""
    state: EntryState = EntryState.ACTIVE
    tags: tuple[str, ...] = ()
    owner: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries a search is among; all of them unless told otherwise.

    Attributes:
        tags: those that an entry must have, all of them.
        owner: whose it must be; None for anybody's.
        states: where it may stand.
    """

    tags: frozenset[str] = frozenset()
    owner: str | None = None
    states: frozenset[EntryState] = frozenset(EntryState)

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is searched."""
        return (
            entry.state in self.states
            and self.owner in (None, entry.owner)
            and self.tags <= set(entry.tags)
        )


EVERY_ENTRY = EntryFilter()


@dataclass(frozen=True, slots=True)
class Added:
    """What adding entries changed.

    Attributes:
        added: entries under names that were new.
        replaced: entries whose name was there with other content.
        unchanged: entries that were there already.
    """

    added: int = 0
    replaced: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """What a bank keeps of a picture, of all that a fingerprint has.

    Attributes:
        hashes: names; None for all.
        local_features: whether they are kept.
    """

    hashes: frozenset[str] | None = None
    local_features: bool = True

    def of(self, fingerprint: Fingerprint) -> Fingerprint:
        """Return what is left of a fingerprint."""
        names = fingerprint.hashes.keys() if self.hashes is None else self.hashes
        return replace(
            fingerprint,
            hashes={name: code for name, code in fingerprint.hashes.items() if name in names},
            versions={name: one for name, one in fingerprint.versions.items() if name in names},
            local_features=fingerprint.local_features if self.local_features else None,
        )


KEPT_WHOLE = Kept()
