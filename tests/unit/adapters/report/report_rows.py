"""Rows and pictures for tests of reports."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from eikona.domain.fingerprint import Orientation
from eikona.domain.report import ReportRow
from eikona.domain.verdict import Outcome

# Names that have broken other people's reports.
HOSTILE_NAMES = (
    "</script><script>document.title='run'</script>.jpg",
    "<!--<script>.jpg",
    "<img src=x onerror=\"document.title='run'\">.jpg",
    "\"'`&amp;{{script}}${1+1}\\.jpg",
    "evil\u202egpj.exe",
    "صورة العطلة.jpg",
    "two\nlines\r\ttab\x00nul\x7f.jpg",
    "half\udc80\ud800.jpg",
    "\u2028\u2029\ufeff.jpg",
    "=HYPERLINK(1).jpg",
    "x" * 4096 + ".jpg",
    "deep/" * 700 + "leaf.jpg",
)


def row(query: str = "copy.jpg", entry: str = "original.jpg", **changes: Any) -> ReportRow:
    """Return a row with something in every field, but for the changes."""
    usual: dict[str, Any] = {
        "query_path": None,
        "entry_path": None,
        "outcome": Outcome.BLOCK,
        "orientation": Orientation.ORIGINAL,
        "distances": {"pdq": 12, "nmf": 0.125},
        "bits": {"pdq": 256},
        "expected_false_matches": 2.5e-7,
        "reason": "PDQ is 12 of 256 bits away",
    }
    return ReportRow(query=query, entry=entry, **(usual | changes))


def painting(width: int = 90, height: int = 60, seed: int = 0) -> Image.Image:
    """Return soft colours that no turn or mirroring leaves as they are."""
    generator = np.random.default_rng(seed)
    small = generator.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def saved(image: Image.Image, path: Path, **options: Any) -> str:
    """Save an image and return its path as a row has it."""
    image.save(path, **options)
    return str(path)
