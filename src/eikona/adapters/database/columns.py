"""Kinds of columns that hold the fields of nouns: enumerations, tuples and facts as text."""

import json
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class EnumText(TypeDecorator[StrEnum]):
    """A ``StrEnum`` by its value."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        """Hold members of ``kind``."""
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """Return what is stored."""
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Return what was stored."""
        del dialect
        return None if value is None else self.kind(value)


class EnumsText(TypeDecorator[tuple[StrEnum, ...]]):
    """A tuple of members of a ``StrEnum``, between spaces."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        """Hold members of ``kind``."""
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: tuple[StrEnum, ...] | None, dialect: Dialect) -> str | None:
        """Return what is stored."""
        del dialect
        return None if value is None else " ".join(value)

    def process_result_value(
        self, value: str | None, dialect: Dialect
    ) -> tuple[StrEnum, ...] | None:
        """Return what was stored."""
        del dialect
        return None if value is None else tuple(self.kind(one) for one in value.split())


class FactsText(TypeDecorator[Mapping[str, Any]]):
    """Facts, as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> str | None:
        """Return what is stored."""
        del dialect
        return None if value is None else json.dumps(dict(value), sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, Any] | None:
        """Return what was stored."""
        del dialect
        return None if value is None else MappingProxyType(json.loads(value))
