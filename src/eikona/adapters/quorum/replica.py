"""A node's own replica of the reference bank: it fetches each picture by digest and hashes it."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from eikona.adapters.bank.bank import Bank
from eikona.adapters.bank.store import BankStore
from eikona.deciding.rules import parse_rule
from eikona.domain.bank import Entry
from eikona.domain.errors import BankLacksHashError, EikonaError
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.local_features import MOST_FEATURES
from eikona.domain.match import Match
from eikona.domain.verdict import Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.services.judge_case import Held
from eikona.services.reference import Reference, pictures_digest

_SOURCE = "sha256:"
_VERSION_FILE = "version.json"
_UNREADABLE_MOST = 1000  # names of pictures that are remembered because they do not decode
_BATCH = 64  # pictures that are put into the bank at once
_SEVERITY = (Outcome.CLEAR, Outcome.REVIEW, Outcome.BLOCK)

Take = Callable[[bytes], Fingerprint]  # from a digest to a fingerprint


class Replica:
    """A bank with the version that it is of; for any thread."""

    def __init__(self, folder: Path, *, rule: str) -> None:
        """Open a replica, or begin one, of version 0: of no reference at all.

        Args:
            folder: where it is; or a bank that is kept by others, which is version 1 for good.
            rule: what judges.

        Raises:
            EikonaError: it cannot be used.
        """
        self._rule = rule
        self._leading = parse_rule(rule, ALGORITHMS).needs[0]
        self._lock = threading.Lock()
        self.progress = (0, 0)  # pictures that are hashed, and those that are to be
        self._about = folder.with_name(f"{folder.name}.{_VERSION_FILE}")
        self.version, self.digest, self.unreadable = _version(self._about)
        if not folder.exists():
            BankStore.create(folder, local_features=_descriptors(rule)).close()
        self._bank = Bank.open(folder, writable=True)

    def close(self) -> None:
        """Let go of the bank."""
        with self._lock:
            self._bank.close()

    def held(self) -> Held:
        """Return what is held just now, to be searched."""
        with self._lock:
            return Held(self.version, self.digest, self._search)

    def take(self, reference: Reference, fingerprint_of: Take) -> list[str]:
        """Become a replica of a newer list.

        Cases are judged by the old one until the new one is there as a whole.

        Args:
            reference: that the administrator has signed.
            fingerprint_of: fetches and hashes a picture.

        Returns:
            Names of pictures that cannot be decoded, which nothing can be a copy of, then.

        Raises:
            EikonaError: the bank cannot be written.
            OSError: a picture cannot be had just now.
        """
        wanted = {one.name: _SOURCE + one.sha256.hex() for one in reference.pictures}
        with self._lock:
            there = {entry.name: entry.source for entry in self._bank}
        failed, new = [], []
        for number, (name, source) in enumerate(wanted.items()):
            self.progress = (number, len(wanted))
            if there.get(name) == source:
                continue
            try:
                new.append(_entry(name, source, fingerprint_of(_digest(source))))
            except OSError:
                raise
            except EikonaError:
                failed.append(name)
            if not self.version and len(new) == _BATCH:  # nobody is judged by it yet
                with self._lock:
                    self._bank.add_entries(new)
                new.clear()
        self.progress = (len(wanted), len(wanted))
        gone = [name for name in there if name not in wanted or name in failed]
        with self._lock:
            self._about.unlink(missing_ok=True)  # what a crash leaves is of no version
            for start in range(0, len(new), _BATCH):
                self._bank.add_entries(new[start : start + _BATCH])
            self._bank.remove(*gone, durable=True)
            self.version, self.digest = reference.version, pictures_digest(reference.pictures)
            self.unreadable = tuple(failed[:_UNREADABLE_MOST])
            about = {
                "version": self.version,
                "digest": self.digest.hex(),
                "unreadable": self.unreadable,
            }
            self._about.write_text(json.dumps(about), encoding="utf-8")
        return failed

    def __len__(self) -> int:
        """Return how many pictures it holds."""
        with self._lock:
            return sum(1 for _ in self._bank)

    def _search(self, picture: Fingerprint) -> Match | None:
        with self._lock:
            try:
                found = self._bank.search(picture, rule=self._rule)
                return max(found, key=_severity) if found else self._nearest(picture)
            except BankLacksHashError:  # nothing in it can be compared with anything
                return None

    def _nearest(self, picture: Fingerprint) -> Match | None:
        """Return what is nearest to a picture that the rule finds clear, by its first hash alone.

        That is for whoever reads the ballot: looking at local features again would cost more than
        the judgement did.
        """
        for one in self._bank.search(picture, rule=f"threshold:{self._leading}=0", nearest=1):
            cleared = replace(one.verdict, outcome=Outcome.CLEAR, match=False, rule=self._rule)
            return replace(one, verdict=cleared)
        return None


def hashes_for(rule: str) -> tuple[tuple[str, ...], bool]:
    """Return the names of the hashes that a rule reads, and whether it reads local features.

    Raises:
        UnknownRuleError: there is no such rule.
    """
    parsed = parse_rule(rule, ALGORITHMS)
    names = [name for name in parsed.reads if name in ALGORITHMS]
    return tuple(dict.fromkeys((*parsed.needs, *names))), parsed.aligns


def needs_of(rule: str) -> tuple[str, ...]:
    """Return the hashes that a rule cannot do without, each ``name@version``."""
    return tuple(str(ALGORITHMS[name].id) for name in parse_rule(rule, ALGORITHMS).needs)


def _severity(match: Match) -> int:
    return _SEVERITY.index(match.verdict.outcome)  # of equals, max keeps the first: the surest


def _descriptors(rule: str) -> int | None:
    return MOST_FEATURES if parse_rule(rule, ALGORITHMS).aligns else None


def _entry(name: str, source: str, fingerprint: Fingerprint) -> Entry:
    return Entry(name=name, fingerprint=fingerprint, created=datetime.now(UTC), source=source)


def _digest(source: str) -> bytes:
    return bytes.fromhex(source.removeprefix(_SOURCE))


def _version(about: Path) -> tuple[int, bytes | None, tuple[str, ...]]:
    """Return version, digest, and the names of pictures that are of it and cannot be decoded."""
    try:
        told = json.loads(about.read_text(encoding="utf-8"))
        unreadable = tuple(str(name) for name in told.get("unreadable", ()))
        return int(told["version"]), bytes.fromhex(told["digest"]), unreadable
    except (OSError, ValueError, KeyError, TypeError):
        return 0, None, ()
