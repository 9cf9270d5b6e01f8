"""The report as a table for spreadsheets: one line a match."""

import csv
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from eikona.adapters.report.atomic_file import replacing
from eikona.adapters.system_errors import unwritable
from eikona.domain.report import ReportRow

_BEFORE_DISTANCES = ("file", "entry", "outcome", "expected_false_matches")
_AFTER_DISTANCES = ("inliers", "orientation", "reason", "group", "bank")
_STEERING = frozenset({"Cc", "Cf", "Zl", "Zp"})  # classes of letters that are not seen
_BYTE = 0x100
_BLANK = ("\t", "\r", "\n")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # some read the wide forms like the others


def write_csv(rows: Iterable[ReportRow], target: Path) -> None:
    r"""Write ``rows`` as CSV (RFC 4180) in UTF-8.

    The columns are file, entry, outcome, expected_false_matches, the distance of each hash that
    any row has (by name, sorted), inliers, orientation, reason, group, bank. A number that is not
    known is left empty. Text that a spreadsheet would run as a formula, which begins with ``=``,
    ``+``, ``-``, ``@`` (even after spaces), a tab or a line end, has an apostrophe before it.
    Bytes of a file name that are no UTF-8 stand as ``\udcXX``, letters that steer a terminal or
    turn text around as ``\xXX`` and ``\uXXXX``.

    Raises:
        UsageError: there is no folder for ``target``, or a folder of that name.
        UnwritableError: it cannot be written.
    """
    rows = list(rows)
    hashes = sorted({name for row in rows for name in row.distances})
    with replacing(target) as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([*_BEFORE_DISTANCES, *hashes, *_AFTER_DISTANCES])
        for row in rows:
            writer.writerow(_cells(row, hashes))


def is_report(file: Path) -> bool:
    """Whether a file begins as those that ``write_csv`` writes.

    Raises:
        UnwritableError: it cannot be looked at.
    """
    head = ",".join(_BEFORE_DISTANCES).encode()
    try:
        with file.open("rb") as table:
            return table.read(len(head)) == head
    except OSError as error:
        raise unwritable(file, error) from error


def _cells(row: ReportRow, hashes: list[str]) -> list[str]:
    return [
        _text(row.query),
        _text(row.entry),
        str(row.outcome),
        _number(row.expected_false_matches),
        *(_number(row.distances.get(name)) for name in hashes),
        "" if row.alignment is None else str(row.alignment.inliers),
        str(row.orientation),
        _text(row.reason),
        _text(row.group),
        _text(row.bank),
    ]


def _number(number: float | None) -> str:
    return "" if number is None else f"{number:.6g}"


def _shown(letter: str) -> str:
    """Return a letter, or the number of one that steers a terminal or turns text around."""
    if letter in _BLANK or unicodedata.category(letter) not in _STEERING:
        return letter
    return f"\\x{ord(letter):02x}" if ord(letter) < _BYTE else f"\\u{ord(letter):04x}"


def _text(text: str) -> str:
    shown = text.encode("utf-8", "backslashreplace").decode("utf-8")
    shown = "".join(map(_shown, shown))
    runs = shown.startswith(_BLANK) or shown.lstrip().startswith(_FORMULA)
    return f"'{shown}" if runs else shown
