"""What the page is given: each distinct picture and hash once, rows that point at them."""

import base64
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eikona.adapters.report.thumbnails import MIME, NoThumbnail, Thumbnail
from eikona.adapters.report.wording import odds, visible
from eikona.domain.fingerprint import Orientation
from eikona.domain.pose import TELLING
from eikona.domain.report import ReportRow
from eikona.domain.verdict import Outcome

OUTCOMES = (Outcome.BLOCK, Outcome.REVIEW, Outcome.CLEAR)  # the surest first
THUMBNAILS_PER_BLOCK = 64  # parsed by the page at a time, once one of them is looked at

_POSES = tuple(Orientation)
_DIGITS = 5  # of a share of a side, behind the point
_NOT_AT_HAND = "not at hand"
# Inside a script element, only what could end it matters to the parser.
_SCRIPT_SAFE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})

Shown = Mapping[str, Thumbnail | NoThumbnail]


def script_json(value: object) -> str:
    """Return ``value`` as JSON that can stand in a script element, in ASCII alone."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).translate(_SCRIPT_SAFE)


def paths_of(rows: Iterable[ReportRow]) -> list[str]:
    """Return the files to be shown, each once, in the order of the rows."""
    paths = (path for row in rows for path in (row.query_path, row.entry_path))
    return list(dict.fromkeys(path for path in paths if path is not None))


def page_data(rows: Sequence[ReportRow], shown: Shown, *, text: Mapping[str, str]) -> str:
    """Return the page's data as JSON.

    Args:
        rows: in the order they are shown at first.
        shown: thumbnail of each of ``paths_of(rows)``.
        text: sentences that the page says in some state.
    """
    tables = _Tables(shown, are_several_banks=len({row.bank for row in rows}) > 1)
    listed = [tables.row(row) for row in rows]
    return script_json(
        {
            "perBlock": THUMBNAILS_PER_BLOCK,
            "mime": MIME,
            "outcomes": OUTCOMES,
            "poses": _POSES,
            "hashes": [[name, bits] for name, bits in tables.hashes.items()],
            "pictures": tables.pictures,
            "rows": listed,
            "text": dict(text),
        }
    )


def thumbnail_blocks(shown: Shown) -> Iterator[str]:
    """Yield the thumbnails as JSON lists of base64, numbered as in ``page_data``."""
    images = [each.data for each in shown.values() if isinstance(each, Thumbnail)]
    for start in range(0, len(images), THUMBNAILS_PER_BLOCK):
        block = images[start : start + THUMBNAILS_PER_BLOCK]
        yield script_json([base64.b64encode(data).decode("ascii") for data in block])


@dataclass(slots=True)
class _Tables:
    """Numbers of pictures and hashes, given as rows come."""

    shown: Shown
    are_several_banks: bool = False
    hashes: dict[str, int] = field(default_factory=dict)  # bits by name, 0 where it has none
    pictures: list[list[Any]] = field(default_factory=list)
    _numbers: dict[tuple[str, str | None, tuple[int, int] | None], int] = field(
        default_factory=dict
    )
    _thumbnails: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        made = (path for path, each in self.shown.items() if isinstance(each, Thumbnail))
        self._thumbnails = {path: number for number, path in enumerate(made)}

    def row(self, row: ReportRow) -> list[Any]:
        for name in row.distances:
            self.hashes.setdefault(name, row.bits.get(name, 0))
        return [
            self._picture(row.query, row.query_path, row.query_size),
            self._picture(self._entry_of(row), row.entry_path, row.entry_size),
            OUTCOMES.index(row.outcome),
            _POSES.index(row.orientation),
            [_finite(row.distances.get(name)) for name in self.hashes],
            _finite(row.expected_false_matches),
            odds(row.expected_false_matches),
            visible(row.reason),
            visible(row.group),
            _motion(row),
        ]

    def _entry_of(self, row: ReportRow) -> str:
        return f"{row.bank}: {row.entry}" if self.are_several_banks else row.entry

    def _picture(self, name: str, path: str | None, size: tuple[int, int] | None) -> int:
        key = (name, path, size)
        if key not in self._numbers:
            self._numbers[key] = len(self.pictures)
            self.pictures.append(self._described(name, path, size))
        return self._numbers[key]

    def _described(self, name: str, path: str | None, size: tuple[int, int] | None) -> list[Any]:
        folder, slash, base = name.rpartition("/")
        described = [visible(folder + slash), visible(base), *(size or (0, 0))]
        each = NoThumbnail(_NOT_AT_HAND) if path is None else self.shown[path]
        if isinstance(each, NoThumbnail):
            return [*described, -1, 0, 0, visible(each.reason)]
        return [*described, self._thumbnails[path or ""], each.width, each.height, ""]


def _motion(row: ReportRow) -> list[float] | None:
    """Return how the query lies on the entry: how many places say so, then the motion.

    The motion has shares of both pictures' sides for pixels: a, b, c of x, then of y.
    """
    found = row.alignment
    if found is None or found.inliers < TELLING or not row.query_size or not row.entry_size:
        return None
    width, height = row.query_size
    shares = [
        round(number / long, _DIGITS)
        for (a, b, c), long in zip(found.transform, row.entry_size, strict=True)
        for number in (a * width, b * height, c)
    ]
    return [found.inliers, *shares]


def _finite(number: float | None) -> float | int | None:
    """Return ``number`` as JSON can hold it: whole where it is, None where it is infinite."""
    if number is None or not math.isfinite(number):
        return None
    return int(number) if float(number).is_integer() else number
