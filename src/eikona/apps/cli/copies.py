"""What ``dedupe`` found, as records, as text and as rows of a report."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eikona.adapters.looks import Look
from eikona.adapters.redundant_file import FileFacts
from eikona.adapters.same_bytes import parts_by_content
from eikona.apps.cli.records import Record, counted, printable
from eikona.apps.cli.reporting import hash_bits
from eikona.deciding.rule import Rule
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.limits import Limits
from eikona.domain.report import ReportRow
from eikona.domain.verdict import Outcome
from eikona.matching.same_look import Luma, looks_the_same, side_for, turned
from eikona.services.compare_pictures import aligned_distances, distances_between
from eikona.services.group_copies import Grouping, Pair, group_copies, judge
from eikona.services.keep_best import CopyFile, Role, best_of, roles_in

SIMILAR = "similar, not copies"
TakeLooks = Callable[[Sequence[Look]], Iterable[Luma | None]]
_SAME_BYTES = "the files are the same byte for byte"


@dataclass(frozen=True, slots=True)
class Found:
    """A picture that was read: its file as it was before, and its fingerprint."""

    facts: FileFacts
    fingerprint: Fingerprint

    @classmethod
    def of(cls, facts: FileFacts, picture: Fingerprint) -> "Found":
        """Leave out what would take five times the memory of a picture's local features."""
        features = picture.local_features
        if features is not None:
            picture = replace(picture, local_features=replace(features, margins=b""))
        return cls(facts, picture)

    @property
    def name(self) -> str:
        """The path as it was found."""
        return self.facts.path

    @property
    def size(self) -> tuple[int, int]:
        """Upright width and height in pixels."""
        return self.fingerprint.width, self.fingerprint.height


@dataclass(frozen=True, slots=True)
class Group:
    """A group of copies: its number from 1, its members in order, and what becomes of each."""

    number: int
    best: int
    roles: dict[int, Role]

    @property
    def members(self) -> list[int]:
        """Numbers of its pictures, the best first."""
        return sorted(self.roles, key=lambda number: (number != self.best, number))

    @property
    def redundant(self) -> list[int]:
        """Numbers of the pictures that nothing is lost without."""
        return [number for number in self.members if self.roles[number] is Role.REDUNDANT]


@dataclass(slots=True)
class Copies:
    """The copies among pictures.

    Attributes:
        pictures: sorted by name, so that results do not depend on how they were found.
        rule: decides what a copy is.
        limits: what reading a file may take.
        groups: filled by ``find``.
        grouping: likewise.
    """

    pictures: Sequence[Found]
    rule: Rule
    limits: Limits
    groups: list[Group] = field(default_factory=list)
    grouping: Grouping = field(default_factory=lambda: Grouping((), {}, ()))

    def find(self) -> None:
        """Group the pictures and choose the best of each group."""
        prints = [picture.fingerprint for picture in self.pictures]
        self.grouping = group_copies(prints, self.rule, same_bytes=self._same_bytes)
        for number, members in enumerate(self.grouping.groups, 1):
            files = {member: self._copy_file(member) for member in members}
            best = best_of(files)
            roles = roles_in(
                files,
                best,
                is_copy=self._is_whole_copy,
                same_bytes=lambda numbers: len(self._same_bytes(numbers)) == 1,
            )
            self.groups.append(Group(number, best, roles))

    def look_closely(self, take: TakeLooks) -> None:
        """Call redundant only what shows the same as the kept picture in every part.

        Hashes see too little for that: pages of one form are copies to them.

        Args:
            take: gives the luma of each look, or None where that fails, in order.
        """
        close = [
            (group, member, side_for(*self.pictures[member].size, *self.pictures[group.best].size))
            for group in self.groups
            for member in group.redundant
            if len(self._same_bytes((member, group.best))) > 1
        ]
        looked = [(member, group.best, side) for group, member, side in close if side]
        looks = [
            Look(self.pictures[number].name, side)
            for member, best, side in looked
            for number in (member, best)
        ]
        lumas = iter(take(looks))
        same = {
            member
            for member, best, _ in looked
            if self._agree(member, best, next(lumas), next(lumas))
        }
        for group, member, _ in close:
            if member not in same:
                group.roles[member] = Role.UNSURE

    def _agree(self, member: int, best: int, one: Luma | None, other: Luma | None) -> bool:
        if one is None or other is None:
            return False
        prints = (self.pictures[number].fingerprint for number in (member, best))
        return looks_the_same(turned(one, distances_between(*prints).orientation), other)

    def records(self, *, keep: bool) -> Iterator[Record]:
        """Yield one object a group, then one for each two similar pictures."""
        for group in self.groups:
            members = group.members
            record: Record = {
                "kind": "group",
                "group": group.number,
                "files": [self.pictures[member].name for member in members],
                "best": self.pictures[group.best].name,
                "pictures": [self._picture_record(member, group, keep) for member in members],
            }
            if keep:
                record["redundant"] = [self.pictures[member].name for member in group.redundant]
            yield record
        for pair in self.grouping.similar:
            yield {
                "kind": "similar",
                "files": sorted(self.pictures[n].name for n in (pair.first, pair.second)),
                "outcome": str(pair.verdict.outcome),
                "distances": dict(pair.distances.by_name),
                "orientation": str(pair.distances.orientation),
                "reason": pair.verdict.reason,
            }

    def lines(self, *, keep: bool) -> Iterator[str]:
        """Yield the same as text."""
        for group in self.groups:
            members = group.members
            yield f"group {group.number}: {counted(len(members), 'picture')}"
            for member in members:
                picture = self.pictures[member]
                role = str(group.roles[member]) if keep else "best" * (member == group.best)
                width, height = picture.size
                yield (
                    f"  {role:<9}  {width:>5} x {height:<5}  {picture.facts.size_bytes:>11,} bytes"
                    f"  {printable(picture.name)}"
                )
        if self.grouping.similar:
            yield f"{SIMILAR}:"
        for pair in self.grouping.similar:
            names = [printable(self.pictures[n].name) for n in (pair.first, pair.second)]
            distance = pair.distances.by_name[self.rule.needs[0]]
            yield f"  {self.rule.needs[0]} {distance:<6.4g}  {'  '.join(sorted(names))}"

    def rows(self) -> Iterator[ReportRow]:
        """Yield for each copy how it relates to the best of its group, then the similar pairs."""
        for group in self.groups:
            links = self._nearest_link(group)
            for member in group.members[1:]:
                yield self._row(self._pair(member, group.best), f"group {group.number}", links)
        for pair in self.grouping.similar:
            yield self._row(pair, SIMILAR, {})

    def _row(self, pair: Pair, group: str, links: Mapping[int, int]) -> ReportRow:
        outcome, reason = pair.verdict.outcome, pair.verdict.reason
        if group != SIMILAR and not pair.blocks:
            if len(self._same_bytes((pair.first, pair.second))) == 1:
                reason = _SAME_BYTES
            else:  # it is no copy of the best itself: show what it was joined by
                pair = self._pair(pair.first, links[pair.first])
                reason = f"joined by another copy: {pair.verdict.reason}"
                if not pair.blocks:
                    reason = _SAME_BYTES
            outcome = Outcome.BLOCK
        query, entry = self.pictures[pair.first], self.pictures[pair.second]
        measure = aligned_distances if self.rule.aligns else distances_between
        distances = measure(query.fingerprint, entry.fingerprint)
        return ReportRow(
            query=query.name,
            query_path=query.name,
            entry=entry.name,
            entry_path=entry.name,
            outcome=outcome,
            orientation=distances.orientation,
            distances=distances.by_name,
            bits=hash_bits(),
            expected_false_matches=pair.verdict.expected_false_matches,
            reason=reason,
            group=group,
            query_size=query.size,
            entry_size=entry.size,
            alignment=distances.alignment,
        )

    def _pair(self, one: int, other: int) -> Pair:
        """Judge two pictures in both directions; the first one stays first."""
        prints = (self.pictures[one].fingerprint, self.pictures[other].fingerprint)
        pair = judge(
            self.rule,
            (one, prints[0]),
            (other, prints[1]),
            pictures=len(self.pictures),
            measure=aligned_distances if self.rule.aligns else distances_between,
        )
        return Pair(one, other, pair.verdict, pair.distances)

    def _is_whole_copy(self, one: int, other: int) -> bool:
        """Whether nothing of one picture is lost with it: a part of it in another is not enough."""
        first, second = (
            replace(self.pictures[number].fingerprint, local_features=None)
            for number in (one, other)
        )
        numbered = (one, first), (other, second)
        return judge(self.rule, *numbered, pictures=len(self.pictures)).blocks

    def _nearest_link(self, group: Group) -> dict[int, int]:
        """Return for each member the one that leads from it towards the best."""
        towards, edge = {group.best: group.best}, deque([group.best])
        while edge:
            here = edge.popleft()
            for there in self.grouping.links.get(here, ()):
                if there not in towards:
                    towards[there] = here
                    edge.append(there)
        return towards

    def _picture_record(self, number: int, group: Group, keep: bool) -> Record:
        picture = self.pictures[number]
        record: Record = {
            "file": picture.name,
            "width": picture.fingerprint.width,
            "height": picture.fingerprint.height,
            "frames": picture.fingerprint.frames,
            "bytes": picture.facts.size_bytes,
        }
        return record | {"role": str(group.roles[number])} if keep else record

    def _copy_file(self, number: int) -> CopyFile:
        facts, fingerprint = self.pictures[number].facts, self.pictures[number].fingerprint
        return CopyFile(
            name=facts.path,
            pixels=math.prod(self.pictures[number].size),
            frames=fingerprint.frames,
            has_few_colours=fingerprint.image_format == "gif",
            size_bytes=facts.size_bytes,
            modified_ns=facts.modified_ns,
            identity=facts.identity,
            is_link=facts.is_link,
        )

    def _same_bytes(self, numbers: Sequence[int]) -> list[list[int]]:
        """Part pictures by the bytes of their files; only files of one size are read."""
        by_size: dict[int, list[int]] = {}
        for number in numbers:
            by_size.setdefault(self.pictures[number].facts.size_bytes, []).append(number)
        parts = []
        for some in by_size.values():
            by_name = {self.pictures[number].name: number for number in some}
            found = parts_by_content(list(by_name), self.limits) if len(some) > 1 else [by_name]
            parts += [[by_name[name] for name in part] for part in found]
        return parts
