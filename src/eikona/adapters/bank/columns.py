"""Entries as columns: what many of them have, without an object for each.

A list of a million hashes passes through here, and a bank gives its entries as such columns too.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.names import decode_name
from eikona.adapters.bank.records import unpack_record, unpack_text
from eikona.domain.bank import Entry, EntryState
from eikona.domain.fingerprint import Fingerprint
from eikona.services.ports import HashKey

TEXT_FACTS = frozenset({"source", "tags", "owner", "note"})
RECORD_FACTS = frozenset(
    {"width", "height", "frames", "frame", "format", "quality", "decode", "state"}
)
GREY_FACT = "forbild_grey"
DECIDED = (EntryState.CONTESTED, EntryState.WITHDRAWN)  # an opinion takes no entry out of these
_OF_FINGERPRINT = MappingProxyType(
    {name: name for name in ("width", "height", "frames", "frame", "quality", "decode")}
    | {"format": "image_format"}
)
_FORBILD = "forbild"


@dataclass(frozen=True, slots=True)
class EntryColumns:
    """Entries that all have the same hashes, each name once.

    Attributes:
        names: as bytes.
        digests: of the names, shape (names,), uint64.
        codes: of each hash, shape (names, key.size).
        records: shape (names,), ``RECORD``.
        texts: as ``pack_text`` makes them; None where all are empty.
        greys: ForBild's grey values, shape (names, 256); None where there are none.
        given: which facts these say of entries that are there already; all others stay. ``created``
            is when an entry came into its bank, and always stays.
        is_opinion: whether states are somebody else's opinion: it takes no entry out of
            ``DECIDED``, and its tags are added to those that are there.
    """

    names: Sequence[bytes]
    digests: NDArray[np.uint64]
    codes: Mapping[HashKey, NDArray[np.uint8]]
    records: NDArray[np.void]
    texts: Sequence[bytes] | None = None
    greys: NDArray[np.uint8] | None = None
    given: frozenset[str] = frozenset()
    is_opinion: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def take(self, places: Collection[int] | NDArray[np.intp]) -> "EntryColumns":
        """Return the entries at these places."""
        chosen = np.fromiter(places, np.intp, len(places))
        if len(chosen) == len(self) and (np.diff(chosen) == 1).all():
            return self
        listed = chosen.tolist()
        return replace(
            self,
            names=[self.names[place] for place in listed],
            digests=self.digests[chosen],
            codes={key: codes[chosen] for key, codes in self.codes.items()},
            records=self.records[chosen],
            texts=None if self.texts is None else [self.texts[place] for place in listed],
            greys=None if self.greys is None else self.greys[chosen],
        )

    def text(self, place: int) -> bytes:
        """Return the text of one entry."""
        return b"" if self.texts is None else self.texts[place]

    def entry(self, place: int) -> Entry:
        """Return one of the entries."""
        facts = unpack_record(self.records[place])
        picture = facts.fingerprint(
            {key.name: codes[place].tobytes() for key, codes in self.codes.items()},
            {key.name: key.version for key in self.codes},
            b"" if self.greys is None else self.greys[place].tobytes(),
        )
        return Entry(
            name=decode_name(self.names[place]),
            fingerprint=picture,
            created=facts.created,
            state=facts.state,
            **unpack_text(self.text(place)),
        )

    def amended(self, old: Entry, place: int) -> Entry:
        """Return what the entry that is there becomes by the one at ``place``."""
        new = self.entry(place)
        facts: dict[str, Any] = {name: getattr(new, name) for name in TEXT_FACTS & self.given}
        if "state" in self.given and not (self.is_opinion and old.state in DECIDED):
            facts["state"] = new.state
        if self.is_opinion and "tags" in facts:
            facts["tags"] = tuple(dict.fromkeys((*old.tags, *new.tags)))
        picture = self._amended_picture(old.fingerprint, new.fingerprint)
        return replace(old, fingerprint=picture, **facts)

    def _amended_picture(self, old: Fingerprint, new: Fingerprint) -> Fingerprint:
        hashes = {**old.hashes, **new.hashes}
        grey = old.forbild_grey if hashes.get(_FORBILD) == old.hashes.get(_FORBILD) else b""
        facts = {
            field: getattr(new, field)
            for name, field in _OF_FINGERPRINT.items()
            if name in self.given
        }
        return replace(
            old,
            hashes=hashes,
            versions={**old.versions, **new.versions},
            forbild_grey=new.forbild_grey or grey,
            **facts,
        )
