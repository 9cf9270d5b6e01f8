"""The part of the log that is held in memory: all entries after a base."""

from collections.abc import Sequence

from eikona.adapters.raft.messages import Entry


class MemoryLog:
    """Entries one after the other, from the one after ``base_index`` on."""

    def __init__(self, base_index: int = 0, base_term: int = 0) -> None:
        self.base_index = base_index
        self.base_term = base_term
        self._entries: list[Entry] = []

    @property
    def last_index(self) -> int:
        """Return the last place, which is the base where there are no entries."""
        return self.base_index + len(self._entries)

    @property
    def last_term(self) -> int:
        """Return the term of the last place."""
        return self._entries[-1].term if self._entries else self.base_term

    def term_at(self, index: int) -> int | None:
        """Return the term at a place; None where the log does not reach, or no longer does."""
        if index == self.base_index:
            return self.base_term
        if self.base_index < index <= self.last_index:
            return self._entries[index - self.base_index - 1].term
        return None

    def between(self, after: int, last: int) -> Sequence[Entry]:
        """Return the entries after one place, up to and with another."""
        return self._entries[after - self.base_index : last - self.base_index]

    def some_after(self, after: int, *, max_bytes: int, max_entries: int) -> tuple[Entry, ...]:
        """Return as many entries after a place as fit, at least one where there is one."""
        taken: list[Entry] = []
        size = 0
        start = after - self.base_index
        for entry in self._entries[start : start + max_entries]:
            size += len(entry.data)
            if taken and size > max_bytes:
                break
            taken.append(entry)
        return tuple(taken)

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries that follow the last; the caller has made sure of it."""
        self._entries.extend(entries)

    def cut_from(self, index: int) -> None:
        """Forget the entry at a place and all after it."""
        del self._entries[max(index - self.base_index - 1, 0) :]

    def drop_to(self, index: int) -> None:
        """Forget all up to a place that the log holds, which becomes the base."""
        term = self.term_at(index)
        if term is None or index <= self.base_index:
            return
        del self._entries[: index - self.base_index]
        self.base_index, self.base_term = index, term

    def reset(self, index: int, term: int) -> None:
        """Forget everything; the log goes on after a place that a snapshot covers."""
        self._entries.clear()
        self.base_index, self.base_term = index, term

    def first_of_term(self, index: int) -> int:
        """Return the first place of the run of one term that a place belongs to."""
        term = self.term_at(index)
        while index > self.base_index + 1 and self.term_at(index - 1) == term:
            index -= 1
        return index
