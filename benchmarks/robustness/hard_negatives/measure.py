"""How rules judge every pair of a class, each by itself and against a bank that holds them all."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

import eikona
from benchmarks.robustness.contenders import MILLION
from eikona.deciding.rule import Rule
from eikona.domain.alignment import Alignment
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.verdict import Distances, Outcome
from eikona.matching.guards import GUARDS, Guard, guards_of_bank
from eikona.matching.local_verification import Verifier
from eikona.matching.shortlist.postings import build_postings
from eikona.matching.shortlist.probing import SearchedTable
from eikona.matching.shortlist.searching import Shortlist
from eikona.services.compare_pictures import distances_between

COUNTS = (4, 6, 8, 10, 14)  # inliers
_OTHERS = 10  # of a class that each picture is compared with
_BEFORE = {name: guard for name, guard in GUARDS.items() if name != "filled"}


@dataclass(frozen=True, slots=True)
class Bank:
    """All pictures of all classes, as a search sees them.

    Attributes:
        table: their features.
    """

    table: SearchedTable

    @classmethod
    def of(cls, pictures: Sequence[Fingerprint]) -> "Bank":
        """Return a bank of these pictures."""
        rows = enumerate(picture.local_features for picture in pictures)
        return cls(SearchedTable(build_postings(len(pictures), rows), None))

    def guards(self, query: Fingerprint) -> Mapping[str, Guard]:
        """Return the guards that a search of this bank has."""
        found = Shortlist().shortlist(query.local_features, [self.table])
        return guards_of_bank(found.shared_by_many)


def looked_at(image: Image.Image) -> Fingerprint:
    """Return PDQ and local features of a picture."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return eikona.fingerprint(out.getvalue(), algorithms=["pdq", "dhash256"], local_features=True)


def judged(pictures: Sequence[Fingerprint], rule: Rule, bank: Bank) -> dict[str, object]:
    """Return shares of pairs: inliers, and outcomes by where a pair is judged."""
    inliers: dict[str, list[int]] = {"before": [], "after": []}
    outcomes: dict[str, list[Outcome]] = {name: [] for name in ("pair", "million", "bank")}
    for number, query in enumerate(pictures):
        plain = replace(query.local_features, margins=b"")
        guards = ({}, _BEFORE, GUARDS, bank.guards(query))
        bare, before, after, known = (Verifier(plain, some) for some in guards)
        drawn = np.random.default_rng(number).permutation(len(pictures) - 1)[:_OTHERS]
        for step in drawn.tolist():
            entry = pictures[(number + 1 + step) % len(pictures)]
            hashed = distances_between(
                replace(query, local_features=None), replace(entry, local_features=None)
            )
            alone = seen = found = bare.align(entry.local_features)
            if found.inliers >= COUNTS[0]:  # fewer say nothing, and guards leave no more
                found, alone, seen = (
                    one.align(entry.local_features) for one in (before, after, known)
                )
            inliers["before"].append(found.inliers)
            inliers["after"].append(alone.inliers)
            for name, entries, alignment in (
                ("pair", 1, alone),
                ("million", MILLION, alone),
                ("bank", MILLION, seen),
            ):
                outcomes[name].append(_outcome(rule, hashed, alignment, entries))
    return {
        "pairs": len(inliers["after"]),
        "most": max(inliers["after"]),
        **{f"inliers_{name}": _reached(values) for name, values in inliers.items()},
        **{
            name: {
                str(outcome): round(float(np.mean([one is outcome for one in said])), 5)
                for outcome in (Outcome.REVIEW, Outcome.BLOCK)
            }
            for name, said in outcomes.items()
        },
    }


def _outcome(rule: Rule, hashed: Distances, alignment: Alignment, entries: int) -> Outcome:
    return rule.decide(replace(hashed, alignment=alignment), entries=entries).outcome


def _reached(values: Sequence[int]) -> dict[str, float]:
    every = np.array(values)
    return {str(count): round(float((every >= count).mean()), 5) for count in COUNTS}
