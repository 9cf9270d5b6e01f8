"""Runs the checks, then the tests; the last line names what was skipped and why."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

from bootstrap.usage import HELP, asks_for_help

_ROOT = Path(__file__).resolve().parent.parent
_SCRIPTS = Path(sys.executable).parent
_CHECKS = {
    "format": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
    "lint": [sys.executable, "-m", "ruff", "check", "--quiet", "."],
    "types": [sys.executable, "-m", "mypy", "--no-error-summary"],
    "layers": [sys.executable, str(_SCRIPTS / "lint-imports"), "--no-cache"],
    "tables": [sys.executable, "-m", "benchmarks.tables", "--check"],
    "settings": [sys.executable, "tools/settings_page.py", "--check"],
}


def main(arguments: list[str]) -> int:
    """Run the checks, or the checks and the tests, and return the exit code."""
    command, *rest = arguments or ["--help"]
    if command not in ("check", "test"):
        print(HELP["check"], HELP["test"], sep="\n", end="")
        return 0 if asks_for_help(arguments) else 2
    if asks_for_help(rest) or (command == "check" and rest):
        print(HELP[command], end="")
        return 0 if asks_for_help(rest) else 2
    failed = run_checks()
    if command == "check":
        print(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
        return 1 if failed else 0
    code, skipped = run_tests(rest)
    if code != 0:
        failed.append("tests")
    if skipped and os.environ.get("CI") == "true":
        failed.append("no test may be skipped here")
    if failed:
        print(f"Failed: {', '.join(failed)}.")
    print(describe(skipped))
    return 1 if failed else 0


def run_checks() -> list[str]:
    """Run every check, show what the failed ones say, and return their names."""
    failed = []
    for name, command in _CHECKS.items():
        began = time.monotonic()
        done = subprocess.run(
            command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        verdict = "FAILED" if done.returncode else "ok"
        print(f"{name:8}{verdict} ({time.monotonic() - began:.1f} s)", flush=True)
        if done.returncode:
            failed.append(name)
            sys.stdout.buffer.write(done.stdout)
            sys.stdout.flush()
    return failed


def run_tests(arguments: list[str]) -> tuple[int, Counter[str]]:
    """Run pytest and return its exit code with the reasons of skipped tests, counted."""
    with _folder() as folder:
        report = folder / "report.xml"
        # a base folder of its own: pytest's shared one is tidied up by every run at once
        places = [f"--junitxml={report}", f"--basetemp={folder / 'tests'}"]
        code = subprocess.call([sys.executable, "-m", "pytest", *places, *arguments], cwd=_ROOT)
        return code, skip_reasons(report) if report.exists() else Counter()


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a temporary folder for the time of a run."""
    folder = Path(tempfile.mkdtemp(prefix="eikona-tests-"))
    try:
        yield folder
    finally:
        # tests make trees that are deeper than shutil.rmtree can go
        subprocess.call([shutil.which("rm") or "rm", "-rf", str(folder)])


def skip_reasons(report: Path) -> Counter[str]:
    """Return the reasons of the skipped tests in a JUnit report; an expected failure is none."""
    tree = ET.parse(report)  # noqa: S314 - written by our own pytest a moment ago
    return Counter(
        skip.get("message", "no reason given")
        for skip in tree.iter("skipped")
        if skip.get("type") != "pytest.xfail"
    )


def describe(skipped: Counter[str]) -> str:
    """Return the last line of a run."""
    if not skipped:
        return "Skipped groups: none."
    groups = "; ".join(f"{reason} ({count})" for reason, count in sorted(skipped.items()))
    return f"Skipped groups: {groups}."


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
