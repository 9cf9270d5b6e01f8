"""Takes the picture of a report that stands in the docs.

usage: .venv/bin/eikona demo --data FOLDER --no-browser
       .venv/bin/python tools/report_picture.py FOLDER/samples/report.html
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from browser import FLAGS, browser

_TARGET = Path(__file__).resolve().parent.parent / "docs" / "img" / "report.png"
_SIZE = {"width": 1280, "height": 960}  # pixels
_COLOURS = 256  # a palette makes the file half as large
_FILTER = "rotated"  # as the names of such copies have it


def main(report: Path) -> None:
    """Show the turned copies of ``report``, unblurred, and save what a person would see."""
    path = browser()
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = program.new_page(viewport={"width": _SIZE["width"], "height": _SIZE["height"]})
        page.goto(report.resolve().as_uri())
        page.get_by_role("switch", name="Blur").uncheck()
        page.fill("#text", _FILTER)
        page.locator("#count", has_text=" of ").wait_for()
        page.evaluate("document.activeElement.blur()")
        page.evaluate(
            "Promise.all([...document.querySelectorAll('img[src]')].map(one => one.decode()))"
        )
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        program.close()
    palette = shot.quantize(_COLOURS, kmeans=3)
    shot.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(_TARGET, optimize=True)
    print(f"{_TARGET}: {_TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
