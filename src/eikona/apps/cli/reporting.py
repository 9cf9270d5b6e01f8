"""Reports that commands write besides what they print: the option, its check, the files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from eikona.apps.cli.outputs import check_output
from eikona.apps.cli.progress import Progress, open_progress
from eikona.apps.cli.workers import Workers
from eikona.domain.errors import UsageError
from eikona.domain.report import ReportRow

_HTML, _CSV = (".html", ".htm"), ".csv"

ReportOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write a report: FILE.html shows the pictures side by side and has the same as a"
        " table beside it, FILE.csv; FILE.csv alone is that table. Repeat it for several.",
    ),
]


def report_files(paths: Sequence[Path], inputs: Sequence[str] = ()) -> tuple[Path, ...]:
    """Return the files that ``--report`` asks for, a table beside each page.

    Args:
        paths: as they are named.
        inputs: what is read, none of which may be lost.

    Raises:
        UsageError: a name ends otherwise, there is no place for it, or another file is there.
        UnwritableError: one cannot be written.
    """
    files: dict[Path, None] = {}
    for path in paths:
        ending = path.suffix.lower()
        if ending not in (*_HTML, _CSV):
            raise UsageError(f"--report {path}: name a file that ends in .html or .csv")
        files[path] = None
        if ending != _CSV:
            beside = path.with_suffix(_CSV)
            _check_beside(beside, path, named=paths)
            files[beside] = None
    for path in files:
        check_output("--report", path, inputs=inputs)
    return tuple(files)


def _check_beside(table: Path, page: Path, *, named: Sequence[Path]) -> None:
    """Make sure that the table that comes with a page takes no other file's place.

    Raises:
        UsageError: something stands there that is no such table and was not named.
    """
    from eikona.adapters.report.csv_table import is_report  # noqa: PLC0415  only needed here

    if table.is_file() and table not in named and not is_report(table):
        raise UsageError(
            f"--report {page}: a table is written beside it, and {table} is another file:"
            f" name another page, or {table} too if it may be lost"
        )


def write_reports(
    files: Sequence[Path],
    rows: Sequence[ReportRow],
    *,
    title: str,
    summary: Mapping[str, str],
    workers: Workers,
    empty: str,
) -> None:
    """Write each report, showing how far the thumbnails are.

    Args:
        files: as ``report_files`` gave them.
        rows: the matches.
        title: heading of the page.
        summary: facts at its top.
        workers: who decodes the pictures.
        empty: what the page says where there are no rows.

    Raises:
        UnwritableError: one cannot be written.
    """
    for path in files:
        if path.suffix.lower() == _CSV:
            from eikona.adapters.report.csv_table import write_csv  # noqa: PLC0415  only needed here

            write_csv(rows, path)
            continue
        from eikona.adapters.report.html_page import write_html  # noqa: PLC0415  imports Pillow
        from eikona.adapters.report.thumbnails import ThumbnailOptions  # noqa: PLC0415

        progress = open_progress(lambda: _pictures(rows), noun="thumbnail")
        try:
            options = ThumbnailOptions(
                limits=workers.limits, run=workers.run, advance=progress.advance
            )
            write_html(rows, path, title=title, summary=summary, thumbnails=options, empty=empty)
        finally:
            progress.close()


def hash_bits() -> dict[str, int]:
    """Return the length of each hash whose distances are bits."""
    from eikona.domain.fingerprint import Comparison  # noqa: PLC0415  only needed here
    from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

    return {
        name: row.bits for name, row in ALGORITHMS.items() if row.comparison is Comparison.HAMMING
    }


def say_where(files: Sequence[Path], progress: Progress) -> None:
    """Say on standard error which reports were written."""
    for path in files:
        progress.say(f"Report: {path}")


def _pictures(rows: Sequence[ReportRow]) -> set[str]:
    return {path for row in rows for path in (row.query_path, row.entry_path) if path is not None}
