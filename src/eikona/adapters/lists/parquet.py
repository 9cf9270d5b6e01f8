"""Entries as Parquet: the columns of ``docs/how-to/exchange-hashes.md``, a row group at once.

Needs pyarrow (Apache-2.0), which the extra ``parquet`` installs.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

import numpy as np

from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.lists.building import RawRows, build
from eikona.adapters.lists.facts import FACTS, NAME, moment
from eikona.adapters.lists.hash_types import is_label, key_label
from eikona.adapters.lists.listed import BYTES_AT_ONCE, MOST_HASHES, BadLine, Chunk
from eikona.adapters.lists.stored_facts import NUMBERS, stored_facts, stored_names
from eikona.domain.errors import InvalidTableError, MissingExtraError
from eikona.services.ports import HashKey

MAGIC = b"PAR1"
_GREY = "forbild_grey"
_EXACT = "exact"  # JSON of the texts that are no Unicode, such as names of files
_TEXTS = (NAME, "owner", "note", "source")
_REPEATED = ("state", "owner", "note", "source", "format", "decode")  # of few texts, mostly
_ROWS = 1 << 16  # of a batch that is read
_SHORT = 64  # bytes: about what a number or a fixed hash takes
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def arrow() -> Any:  # noqa: ANN401  pyarrow has no types
    """Return pyarrow with its Parquet module.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  an extra
        import pyarrow.compute  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError(
            "Parquet needs pyarrow, which is not installed:"
            f" {sys.executable} -m pip install pyarrow"
        ) from error
    return pa


def read_parquet(file: BinaryIO, created: datetime) -> Iterator[Chunk]:
    """Yield what the rows say; lines are numbers of rows.

    Args:
        file: one that can be read from anywhere.
        created: when entries that do not say it come into their bank.

    Raises:
        InvalidTableError: it is no Parquet, or has no column of a hash.
        MissingExtraError: pyarrow is not installed.
    """
    pa = arrow()
    table = _opened(file)
    names = table.schema_arrow.names
    labels = [name for name in names if is_label(name)]
    if not labels:
        raise InvalidTableError(f"no column is a hash's: there are {', '.join(names)}")
    if len(labels) > MOST_HASHES:
        raise InvalidTableError(
            f"{len(labels)} columns are hashes', and one list may have {MOST_HASHES}: part it"
        )
    wanted = [name for name in names if name in {*labels, *FACTS, NAME, _EXACT}]
    start = 1
    for group in range(table.num_row_groups):
        rows = table.metadata.row_group(group).num_rows
        taken = 0
        try:
            for batch in table.iter_batches(_ROWS, row_groups=[group], columns=wanted):
                for chunk in _chunks(batch, start + taken, labels, created):
                    yield chunk
                    taken += chunk.rows
        except (pa.ArrowException, OSError, MemoryError) as error:
            said = f"this row and {rows - taken - 1} after it cannot be read: {error}"
            yield Chunk(bad=(BadLine(start + taken, said),), rows=rows - taken)
        start += rows


def _opened(file: BinaryIO) -> Any:  # noqa: ANN401
    """Return a Parquet file; texts that stand there often are read as one.

    Otherwise a short file might have gigabytes of them.
    """
    pa = arrow()
    try:
        table = pa.parquet.ParquetFile(file)
        texts = [one.name for one in table.schema_arrow if one.type == pa.string()]
        repeated = [name for name in texts if name in _REPEATED]
        return pa.parquet.ParquetFile(file, metadata=table.metadata, read_dictionary=repeated)
    except (pa.ArrowException, OSError) as error:
        raise InvalidTableError(f"this is no Parquet file: {error}") from error


def _chunks(batch: Any, start: int, labels: Sequence[str], created: datetime) -> Iterator[Chunk]:  # noqa: ANN401
    """Yield a batch in pieces, so that what their rows say is not too much at once."""
    columns = {name: _values(name, batch.column(at)) for at, name in enumerate(batch.schema.names)}
    step = max(1, BYTES_AT_ONCE // max(1, sum(map(_longest, batch.columns))))
    for first in range(0, batch.num_rows, step):
        some = {name: cells[first : first + step] for name, cells in columns.items()}
        yield _chunk(some, start + first, labels, created)


def _longest(column: Any) -> int:  # noqa: ANN401
    """Return about how many bytes the longest value of a column has."""
    pa = arrow()
    kind, compute = column.type, pa.compute
    if pa.types.is_dictionary(kind):
        return _longest(column.dictionary)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        most = compute.max(compute.list_value_length(column)).as_py() or 0
        return int(most) * _longest(column.flatten())
    if kind in (pa.string(), pa.binary(), pa.large_string(), pa.large_binary()):
        return int(compute.max(compute.binary_length(column)).as_py() or 0)
    return _SHORT


def _chunk(
    columns: dict[str, list[Any]], start: int, labels: Sequence[str], created: datetime
) -> Chunk:
    if "tags" in columns:
        columns["tags"] = [tuple(tags) if type(tags) is list else tags for tags in columns["tags"]]
    for place, exact in enumerate(columns.get(_EXACT, ())):
        if isinstance(exact, str):
            _put_exact(exact, place, columns)
    raw = RawRows(
        range(start, start + len(columns[labels[0]])),
        {label: columns[label] for label in labels},
        {name: cells for name, cells in columns.items() if name in FACTS},
        names=columns.get(NAME),
    )
    return build(raw, created)


def _put_exact(exact: str, place: int, columns: Mapping[str, list[Any]]) -> None:
    """Put texts as they were in the place of what stands for them."""
    try:
        texts = json.loads(exact)
        for name in texts.keys() & {*_TEXTS, "tags"} & columns.keys():
            columns[name][place] = tuple(texts[name]) if name == "tags" else texts[name]
    except (ValueError, AttributeError, TypeError, RecursionError):
        columns.get(NAME, [None] * (place + 1))[place] = {_EXACT: exact}  # which is no name


def _values(name: str, column: Any) -> list[Any]:  # noqa: ANN401
    """Return a column's values; those that stand there often are made once."""
    pa = arrow()
    kind = column.type
    if pa.types.is_fixed_size_binary(kind) and not column.null_count:
        size, first = kind.byte_width, column.offset * kind.byte_width
        data = column.buffers()[1].to_pybytes()[first : first + size * len(column)]
        return [data[at : at + size] for at in range(0, len(data), size)]
    if name != NAME and not pa.types.is_nested(kind) and not pa.types.is_binary(kind):
        found = column.dictionary_encode()
        known = [*_listed(found.dictionary), None]
        places = found.indices.fill_null(len(known) - 1).to_pylist()
        return list(map(known.__getitem__, places))
    return _listed(column)


def _listed(column: Any) -> list[Any]:  # noqa: ANN401
    """Return values as Python's; what Python cannot hold is something that nobody takes."""
    pa = arrow()
    if pa.types.is_timestamp(column.type):
        return [_moment(ticks, column.type.unit) for ticks in column.cast(pa.int64()).to_pylist()]
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException):
        values = [_value(one) for one in column]
    return values


def _moment(ticks: int | None, unit: str) -> datetime | int | None:
    """Return when so many units after the beginning of 1970 were; the number where no time is."""
    if ticks is None:
        return None
    try:
        return moment(ticks * 1_000_000 // _PER_SECOND[unit])
    except OverflowError:
        return ticks


def _value(scalar: Any) -> Any:  # noqa: ANN401
    try:
        return scalar.as_py()
    except (ValueError, OverflowError, arrow().ArrowException):
        return _Unreadable()


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """In place of a value that Arrow has and Python cannot: no column takes it."""

    def __str__(self) -> str:
        return "a value that cannot be read"


@dataclass(frozen=True, slots=True)
class ParquetWriter:
    """Writes entries, each chunk as a row group.

    Attributes:
        keys: the hashes that have a column.
    """

    keys: Sequence[HashKey]

    def write(self, chunks: Iterable[EntryColumns], file: BinaryIO) -> None:
        """Write a file.

        Raises:
            MissingExtraError: pyarrow is not installed.
        """
        pa = arrow()
        schema = self._schema(pa)
        with pa.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
            for columns in chunks:
                arrays = self._arrays(pa, columns)
                ordered = [
                    arrays.get(field.name, pa.nulls(len(columns), field.type)) for field in schema
                ]
                writer.write_batch(pa.record_batch(ordered, schema=schema))

    def _schema(self, pa: Any) -> Any:  # noqa: ANN401
        wholes = {"quality": pa.uint8()} | {
            name: pa.uint32() for name in NUMBERS if name != "quality"
        }
        kinds = {
            "tags": pa.list_(pa.string()),
            "created": pa.timestamp("us", tz="UTC"),
            _GREY: pa.binary(),
            **wholes,
        }
        return pa.schema(
            [
                (NAME, pa.string()),
                *((key_label(key), pa.binary(key.size)) for key in self.keys),
                *((name, kinds.get(name, pa.string())) for name in FACTS),
                (_EXACT, pa.string()),
            ]
        )

    def _arrays(self, pa: Any, columns: EntryColumns) -> dict[str, Any]:  # noqa: ANN401
        values = {NAME: stored_names(columns), **stored_facts(columns)}
        exact = _made_unicode(values)
        arrays = {
            name: pa.array(column, pa.string())
            for name, column in values.items()
            if name in (*_TEXTS, "state", "format", "decode")
        }
        arrays["tags"] = pa.array(values["tags"], pa.list_(pa.string()))
        arrays["created"] = pa.array(values["created"], pa.timestamp("us", tz="UTC"))
        for name in NUMBERS:
            kind = pa.uint8() if name == "quality" else pa.uint32()
            arrays[name] = pa.array(columns.records[name], kind)
        for key, codes in columns.codes.items():
            buffer = pa.py_buffer(np.ascontiguousarray(codes))
            kind = pa.binary(key.size)
            arrays[key_label(key)] = pa.FixedSizeBinaryArray.from_buffers(
                kind, len(columns), [None, buffer]
            )
        if columns.greys is not None:
            arrays[_GREY] = pa.array([grey.tobytes() for grey in columns.greys], pa.binary())
        if exact is not None:
            arrays[_EXACT] = pa.array(exact, pa.string())
        return arrays


def _made_unicode(values: dict[str, list[Any]]) -> list[str | None] | None:
    """Put replacement letters where texts are no Unicode; return the texts as they were, as JSON.

    None where nothing was replaced.
    """
    exact: dict[int, dict[str, Any]] = {}
    for name in (*_TEXTS, "tags"):
        for place, value in enumerate(values[name]):
            clean = tuple(map(_unicode, value)) if name == "tags" else _unicode(value)
            if clean != value:
                exact.setdefault(place, {})[name] = value
                values[name][place] = clean
    if not exact:
        return None
    rows = len(values[NAME])
    return [json.dumps(exact[place]) if place in exact else None for place in range(rows)]


def _unicode(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()
