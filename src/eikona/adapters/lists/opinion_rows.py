"""Gathers hashes with partners' opinions on them, one record after the other."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eikona.adapters.lists.building import RawRows
from eikona.adapters.lists.hash_types import is_type
from eikona.domain.bank import EntryState

_FACTS = ("state", "tags", "note", "source")


class OpinionRows:
    """Rows until they are many."""

    def __init__(self, foreign: Counter[str], *, is_opinion: bool = True) -> None:
        """Begin.

        Args:
            foreign: counts hashes of types that no bank holds.
            is_opinion: see ``EntryColumns``.
        """
        self._foreign = foreign
        self._is_opinion = is_opinion
        self._known: dict[str, bool] = {}
        self._by_kind: dict[str, _Columns] = {}
        self._named = _Columns()
        self._names: list[str] = []
        self._signals: list[Mapping[str, Any]] = []

    def add(
        self,
        line: int,
        kind: str,
        code: str,
        *,
        state: EntryState,
        tags: tuple[str, ...] = (),
        note: str | None = None,
        source: str | None = None,
    ) -> None:
        """Add one hash, which will be called like itself."""
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = is_type(kind)
        if not known:
            self._foreign[kind] += 1
            return
        columns = self._by_kind.get(kind)
        if columns is None:
            columns = self._by_kind[kind] = _Columns()
        columns.codes.append(code)
        columns.add(line, state, tags, note, source)

    def add_named(
        self,
        line: int,
        name: str,
        signals: Mapping[str, Any],
        *,
        state: EntryState,
        tags: tuple[str, ...] = (),
        note: str | None = None,
        source: str | None = None,
    ) -> None:
        """Add hashes of one picture, all of known types."""
        self._names.append(name)
        self._signals.append(signals)
        self._named.add(line, state, tags, note, source)

    def raw(self) -> Iterator[RawRows]:
        """Yield the rows."""
        for kind, columns in self._by_kind.items():
            yield RawRows(
                columns.lines, {kind: columns.codes}, columns.facts(), is_opinion=self._is_opinion
            )
        if self._names:
            kinds = dict.fromkeys(kind for signals in self._signals for kind in signals)
            cells = {kind: [one.get(kind) for one in self._signals] for kind in kinds}
            facts = self._named.facts()
            lines = self._named.lines
            yield RawRows(lines, cells, facts, self._names, is_opinion=self._is_opinion)


class _Columns:
    """Facts of rows."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.codes: list[str] = []
        self._states: list[str] = []
        self._tags: list[tuple[str, ...]] = []
        self._notes: list[str | None] = []
        self._sources: list[str | None] = []

    def add(
        self,
        line: int,
        state: EntryState,
        tags: tuple[str, ...],
        note: str | None,
        source: str | None,
    ) -> None:
        self.lines.append(line)
        self._states.append(state.value)
        self._tags.append(tags)
        self._notes.append(note)
        self._sources.append(source)

    def facts(self) -> Mapping[str, Sequence[Any]]:
        values = (self._states, self._tags, self._notes, self._sources)
        return dict(zip(_FACTS, values, strict=True))
