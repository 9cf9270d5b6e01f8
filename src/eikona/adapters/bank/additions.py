"""Works out what adding entries changes in a bank, without changing it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.agreement import differing
from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.bank.contents import Contents, hash_keys, of_columns, of_entries
from eikona.adapters.bank.features import check_features
from eikona.adapters.bank.names import encode_name, name_digests
from eikona.adapters.bank.records import bare_records
from eikona.adapters.bank.snapshot import Snapshot
from eikona.domain.bank import Added, Entry
from eikona.domain.errors import InvalidFingerprintError, UsageError
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.hashing.registry import ALGORITHMS
from eikona.services.ports import HashKey

MOST_HASH_BYTES = 1 << 16
_GREY_BYTES = 256
_MOST_NAME = 40  # letters of an algorithm's name
_NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


@dataclass(frozen=True, slots=True)
class Additions:
    """What adding means.

    Attributes:
        entries: to be written.
        replaced: rows that new ones take the place of.
        counts: what to tell of it.
        columns: further entries to be written, as columns.
    """

    entries: list[Entry]
    replaced: list[int]
    counts: Added
    columns: EntryColumns | None = None

    @property
    def rows(self) -> int:
        """How many entries are to be written."""
        return len(self.entries) + (0 if self.columns is None else len(self.columns))

    def contents(self, descriptors: int | None) -> list[Contents]:
        """Return the segments that hold them; see ``of_entries``."""
        contents = by_schema(self.entries, descriptors)
        if self.columns is not None:
            contents.append(of_columns(self.columns))
        return contents

    def all_entries(self) -> list[Entry]:
        """Return them one by one: for few."""
        columns = self.columns
        more = [] if columns is None else map(columns.entry, range(len(columns)))
        return [*self.entries, *more]


def plan_entries(snapshot: Snapshot, entries: Sequence[Entry]) -> Additions:
    """Plan to add whole entries.

    A name that is there already keeps its entry where nothing is new. Where the picture is the
    same, its hashes are put together with those that are there; otherwise the new entry takes its
    place. Of several entries of one name the last counts.

    Raises:
        UsageError: an entry has no proper name.
        InvalidFingerprintError: an entry has no hash, or one that no bank can hold.
    """
    keeps_features = snapshot.manifest.local_features is not None
    by_name = {
        encode_name(entry.name): _as_kept(entry, keeps_features=keeps_features) for entry in entries
    }
    for entry in by_name.values():
        _check(entry)
    there = snapshot.find(list(by_name))
    new, replaced = [], []
    for place, entry in enumerate(by_name.values()):
        if place not in there:
            new.append(entry)
            continue
        united = unite(snapshot.entry_at(there[place]), entry)
        if united is not None:
            new.append(united)
            replaced.append(there[place])
    counts = Added(
        added=len(by_name) - len(there),
        replaced=len(replaced),
        unchanged=len(there) - len(replaced),
    )
    return Additions(new, replaced, counts)


def plan_codes(
    snapshot: Snapshot,
    key: HashKey,
    names: Sequence[str],
    codes: NDArray[np.uint8],
    created: datetime,
) -> Additions:
    """Plan to add one code each of many entries.

    A name that is there already gets this hash, or another value of it, and keeps all else.

    Raises:
        UsageError: a name is improper or there twice.
    """
    encoded = [encode_name(name) for name in names]
    if len(set(encoded)) != len(encoded):
        raise UsageError("a name stands there twice: give each code a name of its own")
    records = bare_records(len(names), created)
    return plan_columns(
        snapshot, EntryColumns(encoded, name_digests(encoded), {key: codes}, records)
    )


def plan_columns(snapshot: Snapshot, columns: EntryColumns) -> Additions:
    """Plan to add entries that are given as columns.

    A name that is there already gets the hashes and what else is ``given``, and keeps the rest.

    Raises:
        InvalidFingerprintError: there is a hash that no bank can hold.
    """
    for key in columns.codes:
        check_key(key)
    rows = snapshot.find_rows(columns.names, columns.digests)
    changed, replaced = [], []
    for place in differing(snapshot, columns, rows):
        old = snapshot.entry_at(int(rows[place]))
        new = columns.amended(old, place)
        if new != old:
            changed.append(new)
            replaced.append(int(rows[place]))
    fresh = np.flatnonzero(rows < 0)
    unchanged = len(rows) - len(fresh) - len(replaced)
    counts = Added(added=len(fresh), replaced=len(replaced), unchanged=unchanged)
    return Additions(changed, replaced, counts, columns.take(fresh) if len(fresh) else None)


def unite(old: Entry, new: Entry) -> Entry | None:
    """Return what an entry becomes when one of its name is added; None where it stays."""
    if not _same_picture(old.fingerprint, new.fingerprint):
        return new
    ours, theirs = old.fingerprint, new.fingerprint
    united = replace(
        new,
        created=old.created,
        fingerprint=replace(
            ours,
            hashes={**ours.hashes, **theirs.hashes},
            versions={**ours.versions, **theirs.versions},
            forbild_grey=theirs.forbild_grey or ours.forbild_grey,
            local_features=(
                ours.local_features if theirs.local_features is None else theirs.local_features
            ),
        ),
    )
    return None if united == old else united


def bare_fingerprint(hashes: dict[str, bytes], versions: dict[str, int]) -> Fingerprint:
    """Return a fingerprint of which nothing but hashes is known."""
    return Fingerprint(
        width=0,
        height=0,
        frames=1,
        frame=0,
        quality=100,
        decode=DecodeMode.EXACT,
        image_format="",
        hashes=hashes,
        versions=versions,
    )


def check_key(key: HashKey) -> None:
    """Make sure that a bank can hold this hash.

    Raises:
        InvalidFingerprintError: it cannot.
    """
    if not 0 < len(key.name) <= _MOST_NAME or not _NAME_LETTERS.issuperset(key.name):
        raise InvalidFingerprintError(
            f"{key.name!r} names no hash: use a to z, 0 to 9, dot, hyphen and underscore"
        )
    if not 0 < key.size <= MOST_HASH_BYTES:
        raise InvalidFingerprintError(
            f"{key.name}: a hash has 1 to {MOST_HASH_BYTES} bytes, not {key.size}"
        )
    known = ALGORITHMS.get(key.name)
    if known is not None and known.id.version == key.version and 8 * key.size != known.bits:
        raise InvalidFingerprintError(f"{key.name} has {known.bits} bits, not {8 * key.size}")


def _as_kept(entry: Entry, *, keeps_features: bool) -> Entry:
    """Return an entry without what the bank does not keep of it."""
    picture = entry.fingerprint
    features = picture.local_features
    if features is None or (keeps_features and not features.margins):
        return entry
    kept = replace(features, margins=b"") if keeps_features else None
    return replace(entry, fingerprint=replace(picture, local_features=kept))


def _check(entry: Entry) -> None:
    fingerprint = entry.fingerprint
    if not fingerprint.hashes:
        raise InvalidFingerprintError(f"{entry.name!r} has no hash: compute one at least")
    for key in hash_keys(fingerprint):
        check_key(key)
    if len(fingerprint.forbild_grey) not in (0, _GREY_BYTES) or (
        fingerprint.forbild_grey and "forbild" not in fingerprint.hashes
    ):
        raise InvalidFingerprintError(f"{entry.name!r}: grey values go with a ForBild hash")
    check_features(fingerprint.local_features)


def _same_picture(old: Fingerprint, new: Fingerprint) -> bool:
    """Whether two fingerprints agree in all that both of them have."""
    facts = [
        (one.width, one.height, one.frames, one.frame, one.quality, one.decode, one.image_format)
        for one in (old, new)
    ]
    return facts[0] == facts[1] and all(
        new.versions[name] == old.versions[name] and new.hashes[name] == old.hashes[name]
        for name in old.hashes.keys() & new.hashes.keys()
    )


def by_schema(entries: Iterable[Entry], descriptors: int | None) -> list[Contents]:
    """Return segments of entries, one for each set of hashes; see ``of_entries``."""
    return [of_entries(group, descriptors=descriptors) for group in group_by_schema(entries)]


def group_by_schema(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Return entries that have the same hashes together."""
    groups = defaultdict(list)
    for entry in entries:
        schema = (hash_keys(entry.fingerprint), bool(entry.fingerprint.forbild_grey))
        groups[schema].append(entry)
    return list(groups.values())
