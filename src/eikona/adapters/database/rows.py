"""Nouns as rows: one table, one frozen dataclass, columns called as its fields."""

from dataclasses import fields
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, insert, select, update

from eikona.domain.errors import NotFoundError


class Noun(Protocol):
    """A dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


N = TypeVar("N", bound=Noun)


class Rows(Generic[N]):
    """Implements ``Collection`` for the rows of one table, within one transaction."""

    def __init__(self, connection: Connection, table: Table, kind: type[N]) -> None:
        """Keep nouns of ``kind`` in ``table``; its primary key is their first field."""
        self._connection = connection
        self._table = table
        self._kind = kind
        self._names = [one.name for one in fields(kind)]
        self._key = table.c[self._names[0]]

    def add(self, noun: N) -> None:
        """Keep a new one."""
        self._connection.execute(insert(self._table).values(self._values(noun)))

    def put(self, noun: N) -> None:
        """Keep it as it is now.

        Raises:
            NotFoundError: there is none of its id.
        """
        values = self._values(noun)
        statement = update(self._table).where(self._key == values[self._key.name]).values(values)
        if self._connection.execute(statement).rowcount == 0:
            raise NotFoundError(f"there is no such {self._what()}")

    def find(self, key: str | int) -> N | None:
        """Return one by its id, if there is any."""
        return self._first(self._key == key)

    def get(self, key: str | int) -> N:
        """Return one by its id.

        Raises:
            NotFoundError: there is none.
        """
        if (found := self.find(key)) is None:
            raise NotFoundError(f"there is no such {self._what()}")
        return found

    def remove(self, key: str | int) -> bool:
        """Forget one; return whether there was any."""
        return self._remove_where(self._key == key) > 0

    def _values(self, noun: N) -> dict[str, Any]:
        return {name: getattr(noun, name) for name in self._names}

    def _what(self) -> str:
        return self._kind.__name__.lower()

    def _select(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        return select(*(self._table.c[name] for name in self._names)).where(*conditions)

    def _first(self, *conditions: ColumnElement[bool]) -> N | None:
        row = self._connection.execute(self._select(*conditions).limit(1)).first()
        return None if row is None else self._kind(*row)

    def _all(self, statement: Select[Any]) -> list[N]:
        return [self._kind(*row) for row in self._connection.execute(statement)]

    def _remove_where(self, *conditions: ColumnElement[bool]) -> int:
        return self._connection.execute(delete(self._table).where(*conditions)).rowcount
