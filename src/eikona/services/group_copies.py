"""Puts copies among many pictures into groups, the same ones whatever order the pictures come in.

Two pictures belong together when the rule blocks one as a copy of the other, whichever of the two
is asked about (ForBild's second step may say so of one direction only), or when their files are the
same byte for byte. Groups are the connected components of that relation: everything that a chain
of copies leads to. Where pictures have local features and the rule reads them, a part is a copy of
its whole; which pairs are looked at then is up to shortlists. Pictures that the rule leaves to a
person join no groups; each two of them stand apart as similar.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eikona.deciding.rule import Rule
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.verdict import Distances, Outcome, Verdict
from eikona.services.candidate_pairs import candidate_pairs
from eikona.services.compare_pictures import distances_between
from eikona.services.part_pairs import PartPairs

Measure = Callable[[Fingerprint, Fingerprint], Distances]
_STRENGTH: Mapping[Outcome, int] = {Outcome.CLEAR: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures and what the rule says of them.

    Attributes:
        first: number of the picture that was asked about.
        second: number of the one that it was compared with.
        verdict: the stronger one of both directions.
        distances: from the first to the second.
    """

    first: int
    second: int
    verdict: Verdict
    distances: Distances

    @property
    def blocks(self) -> bool:
        """Whether one is a copy of the other by look."""
        return self.verdict.outcome is Outcome.BLOCK


@dataclass(frozen=True, slots=True)
class Grouping:
    """What was found among the pictures.

    Attributes:
        groups: numbers of the pictures in each group of two or more, ascending; groups by their
            first.
        links: for each picture those that it was joined to a group by.
        similar: the nearest pair of each two groups, or of pictures in none, that a person should
            look at, nearest first.
    """

    groups: tuple[tuple[int, ...], ...]
    links: Mapping[int, tuple[int, ...]]
    similar: tuple[Pair, ...]


def group_copies(
    fingerprints: Sequence[Fingerprint],
    rule: Rule,
    *,
    same_bytes: Callable[[Sequence[int]], Iterable[Sequence[int]]],
) -> Grouping:
    """Group the copies among pictures.

    Args:
        fingerprints: of the pictures, with every hash that the rule needs. For results that do not
            depend on the order in which pictures were found, sort them by name.
        rule: decides what a copy is.
        same_bytes: parts numbers of pictures by the content of their files; asked only about
            pictures with equal hashes that the rule does not take for copies.
    """
    return _Search(fingerprints, rule).run(same_bytes)


def judge(
    rule: Rule,
    first: tuple[int, Fingerprint],
    second: tuple[int, Fingerprint],
    *,
    pictures: int,
    measure: Measure = distances_between,
) -> Pair:
    """Return what the rule says of two numbered pictures: the stronger of both directions.

    Args:
        rule: the rule.
        first: asked about first; it stays so where neither direction is stronger.
        second: the other one.
        pictures: how many there are in all.
        measure: gives the distances from one to the other.
    """
    pairs = []
    for (a, of_a), (b, of_b) in ((first, second), (second, first)):
        distances = measure(of_a, of_b)
        pairs.append(Pair(a, b, rule.decide(distances, entries=pictures), distances))
    return max(pairs, key=lambda pair: _STRENGTH[pair.verdict.outcome])


@dataclass(slots=True)
class _Search:
    """One search; pictures with the same evidence are one class, and judged once.

    Attributes:
        classes: numbers of the pictures with equal evidence, ascending.
        parents: the forest of groups: a step towards the number that stands for each group.
        links: see ``Grouping``.
        similar: pairs for a person to look at, by their numbers.
        parts: what local features say of the classes; None where there are none to be read.
    """

    fingerprints: Sequence[Fingerprint]
    rule: Rule
    classes: list[list[int]] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    links: dict[int, list[int]] = field(default_factory=dict)
    similar: dict[tuple[int, int], Pair] = field(default_factory=dict)
    parts: PartPairs | None = None

    def run(self, same_bytes: Callable[[Sequence[int]], Iterable[Sequence[int]]]) -> Grouping:
        self.parents = list(range(len(self.fingerprints)))
        evidence = self._classify()
        if self.rule.aligns and any(one.local_features for one in evidence):
            self.parts = PartPairs(evidence)
        for one, other in self._candidates(evidence):
            first, second = self.classes[one][0], self.classes[other][0]
            if self._root(first) != self._root(second):
                self._judge((first, evidence[one]), (second, evidence[other]), one, other)
        for members, of_all in zip(self.classes, evidence, strict=True):
            self._judge_within(members, of_all, same_bytes)
        groups: dict[int, list[int]] = {}
        for number in range(len(self.fingerprints)):
            groups.setdefault(self._root(number), []).append(number)
        found = sorted(tuple(members) for members in groups.values() if len(members) > 1)
        links = {number: tuple(others) for number, others in self.links.items()}
        return Grouping(tuple(found), links, self._nearest_similar())

    def _candidates(self, evidence: Sequence[Fingerprint]) -> Iterator[tuple[int, int]]:
        yield from candidate_pairs(evidence, self.rule.bounds)
        if self.parts is not None:
            yield from self.parts.pairs()

    def _classify(self) -> list[Fingerprint]:
        """Fill ``classes``, and return the evidence of each: only what the rule reads."""
        by_evidence: dict[object, list[int]] = {}
        evidence: list[Fingerprint] = []
        for number, fingerprint in enumerate(self.fingerprints):
            read = _read_by(self.rule, fingerprint)
            key = (
                tuple(read.hashes.items()),
                tuple(read.versions.items()),
                read.pdq_orientations,
                read.forbild_grey,
                read.quality,
                read.local_features,
            )
            if key not in by_evidence:
                by_evidence[key] = []
                evidence.append(read)
            by_evidence[key].append(number)
        self.classes = list(by_evidence.values())
        return evidence

    def _judge(
        self, first: tuple[int, Fingerprint], second: tuple[int, Fingerprint], one: int, other: int
    ) -> None:
        def measure(a: Fingerprint, b: Fingerprint) -> Distances:
            if self.parts is None:
                return distances_between(a, b)
            return self.parts.distances(*((one, other) if a is first[1] else (other, one)))

        pair = judge(self.rule, first, second, pictures=len(self.fingerprints), measure=measure)
        if pair.blocks:  # so does each of one class with each of the other
            for number in self.classes[other]:
                self._join(first[0], number)
            for number in self.classes[one]:
                self._join(number, second[0])
        elif pair.verdict.outcome is Outcome.REVIEW:
            self.similar[first[0], second[0]] = pair

    def _judge_within(
        self,
        members: list[int],
        evidence: Fingerprint,
        same_bytes: Callable[[Sequence[int]], Iterable[Sequence[int]]],
    ) -> None:
        """Judge pictures with equal hashes, which may be too plain to tell copies by them."""
        if len({self._root(number) for number in members}) == 1:
            return
        first, *others = members
        pair = judge(
            self.rule, (first, evidence), (first, evidence), pictures=len(self.fingerprints)
        )
        if pair.blocks:
            for number in others:
                self._join(first, number)
            return
        for same in same_bytes(members):
            for number in same[1:]:
                self._join(same[0], number)
        if pair.verdict.outcome is Outcome.REVIEW:
            for number in others:
                self.similar[first, number] = replace(pair, second=number)

    def _nearest_similar(self) -> tuple[Pair, ...]:
        leading = self.rule.needs[0]

        def nearness(pair: Pair) -> tuple[float, list[int]]:
            return pair.distances.by_name[leading], sorted((pair.first, pair.second))

        nearest: dict[tuple[int, int], Pair] = {}
        for pair in sorted(self.similar.values(), key=nearness):
            one, other = sorted((self._root(pair.first), self._root(pair.second)))
            if one != other:
                nearest.setdefault((one, other), pair)
        return tuple(nearest.values())

    def _join(self, first: int, second: int) -> None:
        one, other = self._root(first), self._root(second)
        if one != other:
            self.parents[max(one, other)] = min(one, other)
            self.links.setdefault(first, []).append(second)
            self.links.setdefault(second, []).append(first)

    def _root(self, number: int) -> int:
        parents = self.parents
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number


def _read_by(rule: Rule, fingerprint: Fingerprint) -> Fingerprint:
    """Return a fingerprint with nothing but what the rule reads."""
    names = [name for name in rule.reads if name in fingerprint.hashes]
    return replace(
        fingerprint,
        hashes={name: fingerprint.hashes[name] for name in names},
        versions={name: fingerprint.versions[name] for name in names},
        pdq_orientations=fingerprint.pdq_orientations if "pdq" in names else (),
        forbild_grey=fingerprint.forbild_grey if "forbild" in names else b"",
        local_features=fingerprint.local_features if rule.aligns else None,
    )
