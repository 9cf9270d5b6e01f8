"""``eikona search``: looks pictures up in banks."""

from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.caching import Caching, with_caching
from eikona.apps.cli.options import Format
from eikona.apps.cli.pictures import Pictures
from eikona.apps.cli.records import (
    Record,
    alignment_record,
    json_line,
    printable,
    write_line,
    write_text,
)
from eikona.apps.cli.running import FINE, MATCH_FOUND, SOME_FAILED, end_with
from eikona.apps.cli.searched_banks import (
    AllowListOption,
    BankRuleOption,
    BanksOption,
    Found,
    HideAllowedOption,
    SearchedBanks,
)
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers, with_workers
from eikona.domain.bank import EVERY_ENTRY, EntryFilter, EntryState
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.services.scan_folder import Searched, scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eikona.domain.match import Match
    from eikona.services.search_banks import Asked

_HEAD = ("outcome", "distance", "places", "entry")
TopOption = Annotated[
    int | None,
    typer.Option("--top", min=1, metavar="NUMBER", help="At most so many matches of each picture."),
]
TagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="TAG", help="Only entries with this tag; with all if repeated."),
]
OwnerOption = Annotated[
    str | None, typer.Option("--owner", metavar="WHO", help="Only entries of this owner.")
]
StateOption = Annotated[
    list[EntryState] | None,
    typer.Option(
        "--state",
        help="Only entries that stand so; may be repeated. Withdrawn ones match in no case.",
    ),
]


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a search is to list, as its options say."""

    among: EntryFilter = EVERY_ENTRY
    nearest: int | None = None
    shows_allowed: bool = True

    def __call__(self) -> "Asked":
        """Return it as the search takes it."""
        from eikona.services.search_banks import Asked  # noqa: PLC0415  imports NumPy

        return Asked(among=self.among, nearest=self.nearest, shows_allowed=self.shows_allowed)


@with_workers
@with_caching
def search_pictures(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Files, folders (with all below them), - for standard input."
        ),
    ],
    *,
    bank: BanksOption,
    allow_list: AllowListOption = None,
    rule: BankRuleOption = None,
    radius: Annotated[
        int | None,
        typer.Option(
            "--radius",
            min=0,
            max=256,
            metavar="BITS",
            help="All whose PDQ is within so many of 256 bits, in any of eight orientations,"
            " nearest first and whatever the rule says of them.",
        ),
    ] = None,
    nearest: Annotated[
        int | None,
        typer.Option(
            "--nearest",
            min=1,
            metavar="NUMBER",
            help="So many entries that are nearest by the rule's first hash, however far they are"
            " and whatever the rule says of them.",
        ),
    ] = None,
    top: TopOption = None,
    hide_allowed: HideAllowedOption = False,
    tag: TagOption = None,
    owner: OwnerOption = None,
    state: StateOption = None,
    decode: options.DecodeOption = DecodeMode.AUTO,
    fail_on_match: Annotated[
        bool,
        typer.Option(
            "--fail-on-match", help="End with status 3 where a rule takes a picture for a copy."
        ),
    ] = False,
    output_format: options.FormatOption = Format.TEXT,
    workers: Workers,
    caching: Caching,
) -> None:
    """Look pictures up in a bank."""
    if state and set(state) == {EntryState.WITHDRAWN}:
        raise typer.BadParameter("withdrawn entries match in no case", param_hint="--state")
    if radius is not None and nearest is not None:
        raise typer.BadParameter("knows no radius: give one of them", param_hint="--nearest")
    pictures = Pictures(
        paths=paths,
        take=TakeFingerprint(decode=str(decode), limits=workers.limits),
        workers=workers,
        caching=caching,
        as_json=output_format is Format.JSON,
    )
    run = _SearchRun(
        banks=SearchedBanks(
            paths=bank,
            allow_lists=allow_list or [],
            rule=rule,
            radius=radius,
            as_json=pictures.as_json,
            say=pictures.say,
        ),
        asked=AskedFor(
            among=EntryFilter(
                tags=frozenset(tag or ()), owner=owner, states=frozenset(state or EntryState)
            ),
            nearest=nearest,
            shows_allowed=not hide_allowed,
        ),
        top=top,
        fail_on_match=fail_on_match,
        pictures=pictures,
    )
    end_with(run, interrupted=pictures.how_to_go_on)


@dataclass(slots=True)
class _SearchRun:
    """One run of the command, from checked options to exit status."""

    banks: SearchedBanks
    asked: AskedFor
    top: int | None
    fail_on_match: bool
    pictures: Pictures
    found: Found = field(default_factory=Found)
    has_head: bool = False

    def __call__(self) -> int:
        with self.banks.opened():
            self.pictures.take = take_for(self.banks, self.pictures.take)
            with closing(self.pictures.read()) as read:
                for result in scan(read, search=partial(self.banks.search, self.asked())):
                    if isinstance(result, Searched):
                        self._write(result.key.name, result.fingerprint, result.matches[: self.top])
                    else:
                        self.pictures.fail(result.key.name, result.error)
            said = self.found.text(self.banks)
            self.pictures.progress.say("; ".join([*self.pictures.summary(), said]))
            if not self.found.pictures and not self.banks.hold(self.asked.among):
                self.pictures.say("No entry has what --tag, --owner and --state ask for.")
        if self.found.matched and self.fail_on_match:
            return MATCH_FOUND
        return SOME_FAILED if self.pictures.failures or self.banks.failures else FINE

    def _write(self, name: str, picture: Fingerprint, matches: "Sequence[Match]") -> None:
        self.found.take(matches)
        record = search_record(name, picture, matches)
        if self.pictures.as_json:
            write_line(json_line(record))
            return
        if matches and not self.has_head:
            write_text(_line(*_HEAD))
            self.has_head = True
        write_text(_text(record, with_bank=self.banks.are_several))


def take_for(banks: SearchedBanks, take: TakeFingerprint) -> TakeFingerprint:
    """Return ``take`` with what the banks' rules read besides the usual hashes."""
    return replace(take.with_hashes(banks.needs), local_features=banks.reads_features)


def search_record(name: str, picture: Fingerprint, matches: "Sequence[Match]") -> Record:
    """Return what ``search`` and ``scan`` say of one picture."""
    return {"file": name, "matches": [_match_record(picture, match) for match in matches]}


def _match_record(picture: Fingerprint, match: "Match") -> Record:
    verdict, distances = match.verdict, match.distances
    allowed_by = match.allowed_by
    return {
        "entry": match.entry.name,
        "bank": match.bank,
        "source": match.entry.source,
        "match": verdict.match,
        "outcome": str(verdict.outcome),
        "expected_false_matches": verdict.expected_false_matches,
        "confidence": verdict.confidence,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "allowed_by": None if allowed_by is None else asdict(allowed_by),
        "distance": match.distance,
        "distances": dict(distances.by_name),
        "similarity_percent": dict(distances.similarity_percent),
        **alignment_record(picture, match.entry.fingerprint, distances),
    }


def _text(record: Record, *, with_bank: bool) -> str:
    name, matches = printable(record["file"]), record["matches"]
    if not matches:
        return f"{name}: no match"
    return "\n".join([f"{name}:", *(_match_text(match, with_bank=with_bank) for match in matches)])


def _match_text(match: Record, *, with_bank: bool) -> str:
    notes = [printable(match["bank"])] if with_bank else []
    if match["orientation"] != "original":
        notes.append(match["orientation"])
    if (by := match["allowed_by"]) is not None:
        notes.append(f"allowed by {printable(by['bank'])}: {printable(by['entry'])}")
    noted = f"  ({', '.join(notes)})" if notes else ""
    places = "-" if match["inliers"] is None else str(match["inliers"])
    entry = f"{printable(match['entry'])}{noted}"
    return _line(match["outcome"], f"{match['distance']:.4g}", places, entry)


def _line(outcome: str, distance: str, places: str, entry: str) -> str:
    return f"  {outcome:<7}  {distance:>8}  {places:>6}  {entry}"
