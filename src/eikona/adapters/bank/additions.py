"""Works out what adding entries changes in a bank, without changing it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.contents import Contents, hash_keys, of_codes, of_entries
from eikona.adapters.bank.names import decode_name, encode_name
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
        bare: entries of which nothing but a code is known, to be written too.
    """

    entries: list[Entry]
    replaced: list[int]
    counts: Added
    bare: "BareCodes | None" = None

    @property
    def rows(self) -> int:
        """How many entries are to be written."""
        return len(self.entries) + (0 if self.bare is None else len(self.bare.names))

    def contents(self) -> list[Contents]:
        """Return the segments that hold them."""
        contents = by_schema(self.entries)
        if self.bare is not None:
            bare = self.bare
            contents.append(of_codes(bare.key, bare.names, bare.codes, bare.created))
        return contents

    def all_entries(self) -> list[Entry]:
        """Return them one by one: for few."""
        return [*self.entries, *(() if self.bare is None else self.bare.entries())]


@dataclass(frozen=True, slots=True)
class BareCodes:
    """Entries of which nothing but a code is known.

    Attributes:
        key: which hash.
        names: as bytes.
        codes: shape (names, key.size).
        created: when.
    """

    key: HashKey
    names: list[bytes]
    codes: NDArray[np.uint8]
    created: datetime

    def entries(self) -> Iterator[Entry]:
        """Yield them one by one."""
        versions = {self.key.name: self.key.version}
        for name, code in zip(self.names, self.codes, strict=True):
            picture = bare_fingerprint({self.key.name: code.tobytes()}, versions)
            yield Entry(name=decode_name(name), fingerprint=picture, created=self.created)


def plan_entries(snapshot: Snapshot, entries: Sequence[Entry]) -> Additions:
    """Plan to add whole entries.

    A name that is there already keeps its entry where nothing is new. Where the picture is the
    same, its hashes are put together with those that are there; otherwise the new entry takes its
    place. Of several entries of one name the last counts.

    Raises:
        UsageError: an entry has no proper name.
        InvalidFingerprintError: an entry has no hash, or one that no bank can hold.
    """
    by_name = {encode_name(entry.name): entry for entry in entries}
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
    check_key(key)
    encoded = [encode_name(name) for name in names]
    if len(set(encoded)) != len(encoded):
        raise UsageError("a name stands there twice: give each code a name of its own")
    there = snapshot.find(encoded)
    changed, replaced = [], []
    for place, row in there.items():
        old, code = snapshot.entry_at(row), codes[place].tobytes()
        same_version = old.fingerprint.versions.get(key.name) == key.version
        if same_version and old.fingerprint.hashes[key.name] == code:
            continue
        changed.append(replace(old, fingerprint=_with_hash(old.fingerprint, key, code)))
        replaced.append(row)
    counts = Added(
        added=len(names) - len(there),
        replaced=len(replaced),
        unchanged=len(there) - len(replaced),
    )
    bare = None
    if counts.added:
        new = np.ones(len(names), np.bool_)
        new[list(there)] = False
        fresh = encoded if not there else [encoded[place] for place in np.flatnonzero(new)]
        bare = BareCodes(key, fresh, codes[new], created)
    return Additions(changed, replaced, counts, bare)


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


def _with_hash(fingerprint: Fingerprint, key: HashKey, code: bytes) -> Fingerprint:
    stale_grey = key.name == "forbild"  # the grey values were those of the hash replaced
    return replace(
        fingerprint,
        hashes={**fingerprint.hashes, key.name: code},
        versions={**fingerprint.versions, key.name: key.version},
        forbild_grey=b"" if stale_grey else fingerprint.forbild_grey,
    )


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


def by_schema(entries: Iterable[Entry]) -> list[Contents]:
    """Return segments of entries, one for each set of hashes."""
    groups = defaultdict(list)
    for entry in entries:
        schema = (hash_keys(entry.fingerprint), bool(entry.fingerprint.forbild_grey))
        groups[schema].append(entry)
    return [of_entries(group) for group in groups.values()]
