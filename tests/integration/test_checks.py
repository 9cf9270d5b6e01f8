"""The runner behind ``./eikona test``: what it makes of a report that pytest itself wrote."""

import importlib
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

TESTS = """
import pytest

def test_passes(): pass

@pytest.mark.xfail(reason="expected", strict=True)
def test_fails_as_expected(): assert False

@pytest.mark.skip(reason="heic: no decoder")
@pytest.mark.parametrize("number", [1, 2])
def test_heic(number): pass

def test_browser(): pytest.skip("browser: none found")
"""


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("checks")


def test_names_every_reason_to_skip_but_no_expected_failure(
    checks: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_none.py").write_text("import pytest\npytest.importorskip('absent_module')\n")
    report = tmp_path / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        f"--junitxml={report}",
        "-p",
        "no:cacheprovider",
    ]
    subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL, check=True)

    skipped = checks.skip_reasons(report)
    assert skipped["heic: no decoder"] == 2
    assert skipped["browser: none found"] == 1
    assert len(skipped) == 3  # and the module that could not be imported
    assert checks.describe(skipped).startswith("Skipped groups: browser: none found (1); ")
    assert checks.describe(Counter()) == "Skipped groups: none."


@pytest.mark.parametrize(("on_ci", "code"), [("true", 1), ("", 0)])
def test_a_skip_fails_on_ci_alone(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys, on_ci: str, code: int
) -> None:
    monkeypatch.setenv("CI", on_ci)
    monkeypatch.setattr(checks, "run_checks", list)
    monkeypatch.setattr(checks, "run_tests", lambda _: (0, Counter({"heic: no decoder": 2})))
    assert checks.main(["test"]) == code
    assert capsys.readouterr().out.splitlines()[-1] == "Skipped groups: heic: no decoder (2)."


@pytest.mark.parametrize(
    ("failed", "tests", "code", "last"),
    [
        ([], 0, 0, "Skipped groups: none."),
        (["lint"], 0, 1, "Failed: lint."),
        ([], 1, 1, "Failed: tests."),
        (["lint", "types"], 1, 1, "Failed: lint, types, tests."),
    ],
)
def test_any_failure_fails_the_run(
    checks: ModuleType, monkeypatch, capsys, failed: list[str], tests: int, code: int, last: str
) -> None:
    monkeypatch.setattr(checks, "run_checks", lambda: list(failed))
    monkeypatch.setattr(checks, "run_tests", lambda _: (tests, Counter()))
    assert checks.main(["test"]) == code
    assert last in capsys.readouterr().out.splitlines()[-2:]
    assert checks.main(["check"]) == (1 if failed else 0)


def test_wrong_usage(checks: ModuleType) -> None:
    assert checks.main(["check", "x"]) == 2
    assert checks.main(["test", "--help"]) == 0
