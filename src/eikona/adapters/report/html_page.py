"""The report as one HTML file that loads nothing from outside and runs no script but its own."""

import base64
import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path

from eikona.adapters.report.atomic_file import replacing
from eikona.adapters.report.payload import (
    OUTCOMES,
    page_data,
    paths_of,
    thumbnail_blocks,
)
from eikona.adapters.report.thumbnails import NoThumbnail, ThumbnailOptions, make_thumbnails
from eikona.adapters.report.wording import odds, visible
from eikona.domain.report import ReportRow

NO_COPIES = "No copies found."

_SCRIPTS = ("report_data.js", "report_list.js", "report_viewer.js", "report_tools.js")  # as one
_ROWS_WITHOUT_SCRIPT = 200  # in the plain table for browsers that run no script
_THUMBNAILS_HERE = "<!-- thumbnails -->\n"  # the mark in the template, behind the script
_DEFAULT_OPTIONS = ThumbnailOptions()


def write_html(
    rows: Iterable[ReportRow],
    target: Path,
    *,
    title: str,
    summary: Mapping[str, str],
    thumbnails: ThumbnailOptions = _DEFAULT_OPTIONS,
    empty: str = NO_COPIES,
) -> None:
    """Write the report; it appears whole under its name or not at all.

    Args:
        rows: matches, in the order they are shown at first.
        target: the file.
        title: heading of the page.
        summary: what else stands at its top, such as folder, bank, rule and counts.
        thumbnails: how pictures are shown, by which workers, with which progress.
        empty: what the page says where there are no rows.

    Raises:
        UsageError: there is no folder for ``target``, or a folder of that name.
        UnwritableError: it cannot be written.
    """
    rows = list(rows)
    with replacing(target) as file:  # before the work: a place that cannot be written shows at once
        side = thumbnails.side_for(len(rows))
        shown = make_thumbnails(paths_of(rows), thumbnails, side=side)
        left_out = sum(isinstance(each, NoThumbnail) and each.left_out for each in shown.values())
        text = {"empty": visible(empty), "notice": _notice(left_out, thumbnails.max_total_bytes)}
        style, script = _template("report.css"), "\n".join(map(_template, _SCRIPTS))
        page = {
            "policy": _policy(style, script),
            "title": _escaped(title),
            "style": style,
            "script": script,
            "facts": "".join(_fact(name, said) for name, said in summary.items()),
            "plain": _plain(rows, empty),
            "data": page_data(rows, shown, text=text),
        }
        before, after = _template("report.html").split(_THUMBNAILS_HERE)
        file.write(_filled(before, page))
        for block in thumbnail_blocks(shown):
            file.write(f'<script type="application/json" class="thumbnails">{block}</script>\n')
        file.write(after)


def _template(name: str) -> str:
    return resources.files("eikona.adapters.report").joinpath(name).read_text(encoding="utf-8")


def _filled(template: str, page: Mapping[str, str]) -> str:
    """Put values in place of ``{{name}}``; what a value holds is never looked through again."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: page[found[1]], template)


def _policy(style: str, script: str) -> str:
    """Return the content security policy that allows these two texts and nothing else."""
    allowed = {"style-src": style, "script-src": script}
    digests = [
        f"{name} 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for name, text in allowed.items()
    ]
    rest = ["default-src 'none'", "img-src data:", "base-uri 'none'", "form-action 'none'"]
    return "; ".join([*rest, *digests])


def _escaped(text: str) -> str:
    return html.escape(visible(text))


def _fact(name: str, said: str) -> str:
    value = _escaped(said)  # whole as the title where the page cuts it short
    return f'<div><dt>{_escaped(name)}</dt><dd title="{value}"><bdi>{value}</bdi></dd></div>'


def _notice(left_out: int, max_bytes: int) -> str:
    if not left_out:
        return ""
    pictures = "1 picture is" if left_out == 1 else f"{left_out:,} pictures are"
    return (
        f"{pictures} listed without a thumbnail: those of this report may take "
        f"{max_bytes / 1e6:g} MB together."
    )


def _plain(rows: Sequence[ReportRow], empty: str) -> str:
    """Return what a browser that runs no script shows."""
    if not rows:
        return f"<p>{_escaped(empty)}</p>"
    counts = Counter(row.outcome for row in rows)
    told = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in OUTCOMES)
    first = f" The first {_ROWS_WITHOUT_SCRIPT}:" if len(rows) > _ROWS_WITHOUT_SCRIPT else ""
    return (
        f"<p>This browser runs no scripts, so here is a plain table. {len(rows):,} matches: "
        f"{told}.{first}</p><table><thead><tr><th>Found</th><th>Entry</th><th>Outcome</th>"
        "<th>By chance</th><th>Reason</th></tr></thead><tbody>"
        f"{''.join(_plain_row(row) for row in rows[:_ROWS_WITHOUT_SCRIPT])}</tbody></table>"
    )


def _plain_row(row: ReportRow) -> str:
    cells = (row.query, row.entry, row.outcome, odds(row.expected_false_matches), row.reason)
    return f"<tr>{''.join(f'<td><bdi>{_escaped(cell)}</bdi></td>' for cell in cells)}</tr>"
