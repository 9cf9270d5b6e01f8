"""``eikona bank``: makes banks, looks into them and takes entries out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.bank_add_command import BankArgument
from eikona.apps.cli.bank_policy_command import (
    AllowsOption,
    BlockOddsOption,
    OwnRuleOption,
    PlainOption,
    ReviewOddsOption,
    policy_changes,
    policy_record,
)
from eikona.apps.cli.entry_notes import names_there
from eikona.apps.cli.options import Format
from eikona.apps.cli.records import (
    Record,
    counted,
    json_line,
    printable,
    size_text,
    write_line,
    write_text,
)
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with
from eikona.domain.local_features import MOST_FEATURES
from eikona.domain.policy import DEFAULT_POLICY

if TYPE_CHECKING:
    from eikona.domain.bank import Entry

_INTERRUPTED = "Interrupted: run it again."


def create_bank(
    bank: BankArgument,
    *,
    local_features: Annotated[
        bool,
        typer.Option(
            "--local-features/--no-local-features",
            help="Keep local features of each entry: crops, collages and screenshots of it are"
            " found by them, and where they lie in it. They take 13 KB an entry, and tell far more"
            " of a picture than a hash does: who has the bank can see outlines of what is in it."
            " Leave them out of banks of sensitive pictures. A bank stays as it was made.",
        ),
    ] = True,
    descriptors: Annotated[
        int,
        typer.Option(
            "--descriptors",
            min=50,
            max=MOST_FEATURES,
            metavar="NUMBER",
            help="How many local features of each entry are looked up. Fewer, such as 200, 150 or"
            " 100, make searches of millions of entries need less memory, and find a little less.",
        ),
    ] = MOST_FEATURES,
    rule: OwnRuleOption = None,
    block_odds: BlockOddsOption = None,
    review_odds: ReviewOddsOption = None,
    plain: PlainOption = None,
    allow_list: AllowsOption = None,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Make an empty bank."""
    changes = policy_changes(rule, block_odds, review_odds, plain, allow_list=allow_list)

    def run() -> int:
        from eikona.adapters.bank.arguments import checked_policy  # noqa: PLC0415  imports NumPy
        from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy

        policy = checked_policy(DEFAULT_POLICY, changes)
        kept = descriptors if local_features else None
        BankStore.create(bank, local_features=kept).close()
        if changes:
            with BankStore.open(bank, writable=True) as store:
                store.set_policy(lambda _: policy)
        if output_format is Format.JSON:
            write_line(
                json_line({"bank": str(bank), "entries": 0, "local_features": local_features})
            )
        else:
            typer.echo(f"{printable(str(bank))} is there, and empty.", err=True)
        return FINE

    end_with(run, interrupted=lambda: _INTERRUPTED)


def remove_entries(
    bank: BankArgument,
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Entries, as list has them.")
    ],
    *,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Take entries out of a bank."""
    as_json = output_format is Format.JSON
    end_with(_RemoveRun(bank, names, as_json), interrupted=lambda: _INTERRUPTED)


@dataclass(slots=True)
class _RemoveRun:
    bank: Path
    names: list[str]
    as_json: bool

    def __call__(self) -> int:
        from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy

        with BankStore.open(self.bank, writable=True) as store:
            there = list(names_there(store, self.names, as_json=self.as_json))
            store.remove(there)
            for name in there:
                if self.as_json:
                    write_line(json_line({"entry": name, "removed": True}))
            left = len(store)
        typer.echo(f"{counted(len(there), 'name')} removed; {left} left.", err=True)
        return FINE if len(there) == len(dict.fromkeys(self.names)) else SOME_FAILED


def list_entries(
    bank: BankArgument,
    *,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Show what is in a bank."""

    def run() -> int:
        from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy

        with BankStore.open(bank) as store:
            for entry in store.entries():
                if output_format is Format.JSON:
                    write_line(json_line(entry_record(entry)))
                else:
                    write_text(_entry_text(entry))
        return FINE

    end_with(run, interrupted=lambda: _INTERRUPTED)


def describe_bank(bank: BankArgument, *, output_format: options.FormatOption = Format.TEXT) -> None:
    """Show how large a bank is and which hashes it has."""

    def run() -> int:
        record = _bank_record(bank)
        if output_format is Format.JSON:
            write_line(json_line(record))
        else:
            write_text(_bank_text(record))
        return FINE

    end_with(run, interrupted=lambda: _INTERRUPTED)


def entry_record(entry: "Entry") -> Record:
    """Return what ``list`` says of one entry."""
    picture = entry.fingerprint
    return {
        "entry": entry.name,
        "source": entry.source,
        "created": entry.created.isoformat(),
        "state": str(entry.state),
        "tags": list(entry.tags),
        "owner": entry.owner,
        "note": entry.note,
        "width": picture.width,
        "height": picture.height,
        "frames": picture.frames,
        "quality": picture.quality,
        "format": picture.image_format,
        "decode": str(picture.decode),
        "hashes": picture.hex,
        "versions": dict(picture.versions),
    }


def _entry_text(entry: "Entry") -> str:
    picture = entry.fingerprint
    facts = [f"{picture.width} x {picture.height}", f"quality {picture.quality}"]
    if picture.width == 0:
        facts = [", ".join(picture.hashes)]
    if str(entry.state) != "active":
        facts.append(str(entry.state))
    return f"{printable(entry.name)}  ({', '.join(facts)})"


def _bank_record(bank: Path) -> Record:
    from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy

    with BankStore.open(bank) as store:
        state = store.snapshot
        rows = (*state.manifest.segments, *state.manifest.tombstones)
        return {
            "bank": str(bank),
            "entries": len(state),
            "hashes": [
                {"name": key.name, "version": key.version, "bits": 8 * key.size, "entries": number}
                for key, number in state.held.items()
            ],
            "created": state.manifest.created.isoformat(),
            "changes": state.manifest.generation,
            "segments": len(state.segments),
            "removed_rows": state.rows - len(state),
            "bytes": sum(row.size for row in rows),
            "local_features": store.keeps_features,
            "descriptors": state.manifest.local_features,
            "entries_with_local_features": state.featured(),
            "policy": policy_record(store.policy),
        }


def _bank_text(record: Record) -> str:
    entries = record["entries"]
    noun = "entry" if entries == 1 else "entries"
    size = f"{size_text(record['bytes'])} in {counted(record['segments'], 'segment')}"
    head = f"{printable(record['bank'])}: {entries} {noun}, {size}"
    changed = f"  made {record['created'][:19]}, changed {counted(record['changes'], 'time')}"
    hashes = (
        f"  {one['name']:<16}{one['bits']:>4} bits  in {one['entries']}" for one in record["hashes"]
    )
    features = []
    if record["local_features"]:
        known = f"{record['descriptors']} looked up each"
        features = [f"  local features  {known}  in {record['entries_with_local_features']}"]
    return "\n".join([head, changed, *hashes, *features])
