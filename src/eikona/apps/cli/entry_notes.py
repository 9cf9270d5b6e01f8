"""What a person notes of entries: its options, and what they make of an entry."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli.records import failure_record, json_line, printable, write_line
from eikona.domain.bank import Entry, EntryState
from eikona.domain.errors import EntryNotFoundError

if TYPE_CHECKING:
    from eikona.adapters.bank.store import BankStore

NewTagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="TAG", help="A word to find it by; repeat it for several."),
]
NewOwnerOption = Annotated[
    str | None, typer.Option("--owner", metavar="WHO", help="Whose picture it is.")
]
NewNoteOption = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Anything else.")]
NewStateOption = Annotated[
    EntryState | None,
    typer.Option(
        "--state",
        help="Where it stands: entries in review and contested ones never block by themselves,"
        " withdrawn ones match nothing.",
    ),
]


@dataclass(frozen=True, slots=True)
class Notes:
    """What is to be noted of entries; None leaves what is there.

    Attributes:
        tags: those to add.
        without_tags: those to take away.
        owner: whose pictures they are.
        note: anything else.
        state: where they stand.
    """

    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    owner: str | None = None
    note: str | None = None
    state: EntryState | None = None

    def __bool__(self) -> bool:
        """Whether anything is to be noted."""
        return self != NOTHING_NEW

    def on(self, entry: Entry) -> Entry:
        """Return an entry with this noted of it."""
        tags = dict.fromkeys((*entry.tags, *self.tags))
        return replace(
            entry,
            tags=tuple(tag for tag in tags if tag not in self.without_tags),
            owner=entry.owner if self.owner is None else self.owner,
            note=entry.note if self.note is None else self.note,
            state=entry.state if self.state is None else self.state,
        )


NOTHING_NEW = Notes()


def names_there(store: "BankStore", names: Sequence[str], *, as_json: bool) -> Iterable[str]:
    r"""Yield each name that an entry has, and report those that none has.

    A name may be written as ``list`` shows it: odd letters as ``\xNN``, a byte each.
    """
    for name in dict.fromkeys(names):
        try:
            yield _name_of(store, name)
        except EntryNotFoundError as error:
            _say_missing(name, error, as_json=as_json)


def _name_of(store: "BankStore", name: str) -> str:
    try:
        return store.entry(name).name
    except EntryNotFoundError:
        written = _unescaped(name)
        if written == name:
            raise
        return store.entry(written).name


def _say_missing(name: str, error: EntryNotFoundError, *, as_json: bool) -> None:
    if as_json:
        record = failure_record(name, error)
        write_line(json_line({"entry": name, "error": record["error"]}))
    else:
        typer.echo(f"{printable(name)}: {error} ({error.code})", err=True)


def _unescaped(name: str) -> str:
    r"""Return a name without the ``\xNN`` that ``printable`` puts into it."""
    return re.sub(
        r"(?:\\x[0-9a-f]{2})+",
        lambda found: bytes.fromhex(found[0].replace("\\x", "")).decode("utf-8", "surrogateescape"),
        name,
    )
