"""Puts what lists say into a bank: what a line does not say of an entry stays as it is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from eikona.adapters.bank.additions import bare_fingerprint
from eikona.adapters.bank.store import BankStore
from eikona.adapters.hash_lists import BadLine, Listed
from eikona.domain.bank import Added, Entry
from eikona.domain.errors import EntryNotFoundError
from eikona.domain.fingerprint import Fingerprint
from eikona.services.ports import HashKey

_OF_PICTURE = {"format": "image_format"} | {
    name: name for name in ("width", "height", "frames", "frame", "quality", "decode")
}


@dataclass(slots=True)
class ListImport:
    """One import; lines that contradict an earlier one are refused.

    Attributes:
        store: the bank, open for writing.
        added: entries under new names.
        replaced: entries that were there otherwise.
        unchanged: lines that say what the bank has already.
    """

    store: BankStore
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    _created: datetime = field(default_factory=lambda: datetime.now(UTC))
    _first: dict[tuple[str, HashKey], tuple[int, bytes]] = field(default_factory=dict)

    def put(self, lines: Iterable[Listed]) -> list[BadLine]:
        """Add the entries of some lines, all at once, and return the lines that are refused.

        Raises:
            BankInUseError: another process is writing.
            OSError: the disk is full or broken.
        """
        refused: list[BadLine] = []
        taken = [line for line in lines if self._is_consistent(line, refused)]
        bare: list[Listed] = []
        full: list[Listed] = []
        for line in _united(taken):
            (full if line.facts or len(line.hashes) > 1 else bare).append(line)
        self._put_bare(bare)
        if full:
            self._count(self.store.add([self._entry(line) for line in full]))
        return refused

    def _is_consistent(self, line: Listed, refused: list[BadLine]) -> bool:
        for key, code in line.hashes.items():
            if line.name.endswith(code.hex()):
                continue  # the name says the hash: no other can stand under it
            first, before = self._first.setdefault((line.name, key), (line.line, code))
            if before != code:
                reason = f"line {first} gives {line.name!r} another {key.name}: rename one of them"
                refused.append(BadLine(line.line, reason))
                return False
        return True

    def _put_bare(self, lines: Sequence[Listed]) -> None:
        by_key: dict[HashKey, dict[str, bytes]] = defaultdict(dict)
        for line in lines:
            ((key, code),) = line.hashes.items()
            if line.name in by_key[key]:
                self.unchanged += 1
            by_key[key][line.name] = code
        for key, codes in by_key.items():
            rows = np.frombuffer(b"".join(codes.values()), np.uint8).reshape(len(codes), key.size)
            self._count(self.store.add_codes(key, list(codes), rows))

    def _count(self, added: Added) -> None:
        self.added += added.added
        self.replaced += added.replaced
        self.unchanged += added.unchanged

    def _entry(self, line: Listed) -> Entry:
        """Return the entry as the line has it, or adds to it."""
        try:
            old = self.store.entry(line.name)
        except EntryNotFoundError:
            old = Entry(name=line.name, fingerprint=bare_fingerprint({}, {}), created=self._created)
        facts = {name: value for name, value in line.facts.items() if name not in _OF_PICTURE}
        return replace(old, fingerprint=_fingerprint(old.fingerprint, line), **facts)


def _fingerprint(old: Fingerprint, line: Listed) -> Fingerprint:
    hashes, versions = dict(old.hashes), dict(old.versions)
    for key, code in line.hashes.items():
        hashes[key.name], versions[key.name] = code, key.version
    keeps_grey = hashes.get("forbild") == old.hashes.get("forbild")
    facts = {_OF_PICTURE[name]: value for name, value in line.facts.items() if name in _OF_PICTURE}
    return replace(
        old,
        hashes=hashes,
        versions=versions,
        forbild_grey=old.forbild_grey if keeps_grey else b"",
        **facts,
    )


def _united(lines: Sequence[Listed]) -> Iterable[Listed]:
    """Return the lines, those of one name with different hashes put together."""
    if len({key for line in lines for key in line.hashes}) < 2:
        return lines
    by_name: dict[str, Listed] = {}
    for line in lines:
        before = by_name.get(line.name)
        if before is not None:
            hashes: Mapping[HashKey, bytes] = {**before.hashes, **line.hashes}
            line = Listed(before.line, line.name, hashes, {**before.facts, **line.facts})  # noqa: PLW2901
        by_name[line.name] = line
    return by_name.values()
