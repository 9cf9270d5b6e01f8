"""Reports to look at in a browser, of pictures painted here."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from eikona.adapters.report.html_page import write_html
from eikona.domain.fingerprint import Orientation
from eikona.domain.report import ReportRow
from eikona.domain.verdict import Outcome

# Turns the entry into a copy that the orientation turns back.
_UNDONE_BY = {
    Orientation.ROTATE_90: Image.Transpose.ROTATE_270,
    Orientation.ROTATE_180: Image.Transpose.ROTATE_180,
    Orientation.ROTATE_270: Image.Transpose.ROTATE_90,
    Orientation.FLIP_TOP_BOTTOM: Image.Transpose.FLIP_TOP_BOTTOM,
    Orientation.FLIP_LEFT_RIGHT: Image.Transpose.FLIP_LEFT_RIGHT,
    Orientation.TRANSPOSE: Image.Transpose.TRANSPOSE,
    Orientation.TRANSVERSE: Image.Transpose.TRANSVERSE,
}
_DISTINCT = 40  # pictures in a large report


def painting(seed: int, width: int = 480, height: int = 320) -> Image.Image:
    """Return soft colours that no turn or mirroring leaves as they are."""
    generator = np.random.default_rng(seed)
    small = generator.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def turned_copy(entry: Image.Image, orientation: Orientation) -> Image.Image:
    """Return the copy that ``orientation`` turns into the entry's pose."""
    undo = _UNDONE_BY.get(orientation)
    return entry if undo is None else entry.transpose(undo)


def make_rows(number: int, folder: Path) -> list[ReportRow]:
    """Return rows of every outcome and orientation; all but the first few share pictures."""
    generator = np.random.default_rng(number)
    orientations = list(Orientation)
    paths: list[tuple[Path, Path]] = []
    for seed in range(min(number, _DISTINCT)):
        entry, copy = folder / f"entry-{seed}.jpg", folder / f"copy-{seed}.jpg"
        painting(seed).save(entry, quality=90)
        turned_copy(painting(seed), orientations[seed % 8]).save(copy, quality=90)
        paths.append((entry, copy))
    rows = []
    for k in range(number):
        entry, copy = paths[k % len(paths)]
        distance = int(generator.integers(0, 90))
        outcome = (
            Outcome.BLOCK if distance <= 31 else Outcome.REVIEW if distance <= 74 else Outcome.CLEAR
        )
        rows.append(
            ReportRow(
                query=f"album/{k % 7}/copy-{k}.jpg",
                query_path=str(copy),
                entry=f"bank/entry-{k % len(paths)}.jpg",
                entry_path=str(entry),
                outcome=outcome,
                orientation=orientations[k % len(paths) % 8],
                distances={"pdq": distance, "dhash": int(generator.integers(0, 40)), "nmf": 0.25},
                bits={"pdq": 256, "dhash": 64},
                expected_false_matches=None if k % 10 == 9 else 10.0 ** (distance / 8 - 9),
                reason=f"PDQ over eight orientations is {distance} of 256 bits away",
                query_size=(480, 320),
                entry_size=(480, 320),
            )
        )
    return rows


def write_report(rows: Iterable[ReportRow], target: Path, **changes: Any) -> Path:
    """Write a report with a usual head, but for the changes."""
    head: dict[str, Any] = {
        "title": "Copies found in album",
        "summary": {"Folder": "album", "Bank": "bank.eikona, 40 entries", "Rule": "eikona"},
        "empty": "No copies found among 12 pictures.",
    }
    write_html(rows, target, **(head | changes))
    return target
