import csv
from dataclasses import replace
from pathlib import Path

import pytest

from eikona.adapters.report.csv_table import is_report, write_csv
from eikona.domain.alignment import NO_ALIGNMENT
from eikona.domain.errors import UsageError
from eikona.domain.fingerprint import Orientation
from eikona.domain.verdict import Outcome
from tests.unit.adapters.report.report_rows import HOSTILE_NAMES, row


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_writes_one_line_a_match_under_a_fixed_header(tmp_path: Path) -> None:
    found = replace(NO_ALIGNMENT, inliers=12)
    rows = [
        row(orientation=Orientation.ROTATE_90, group="7", bank="a.bank", alignment=found),
        row("b.jpg", outcome=Outcome.REVIEW, expected_false_matches=None, distances={"ahash": 3}),
    ]
    write_csv(rows, tmp_path / "out.csv")
    assert _read(tmp_path / "out.csv") == [
        [
            *("file", "entry", "outcome", "expected_false_matches", "ahash", "nmf", "pdq"),
            *("inliers", "orientation", "reason", "group", "bank"),
        ],
        [
            *("copy.jpg", "original.jpg", "block", "2.5e-07", "", "0.125", "12"),
            *("12", "rotate-90", "PDQ is 12 of 256 bits away", "7", "a.bank"),
        ],
        [
            *("b.jpg", "original.jpg", "review", "", "3", "", ""),
            *("", "original", "PDQ is 12 of 256 bits away", "", ""),
        ],
    ]


def test_without_rows_there_is_a_header(tmp_path: Path) -> None:
    write_csv([], tmp_path / "out.csv")
    (header,) = _read(tmp_path / "out.csv")
    assert header[0] == "file"


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "\n=1", "  =1", "＝1", " ＠x"]
)
def test_a_name_that_a_spreadsheet_would_run_begins_with_an_apostrophe(
    tmp_path: Path, name: str
) -> None:
    write_csv([row(name, name, reason=name, group=name, bank=name)], tmp_path / "out.csv")
    cells = _read(tmp_path / "out.csv")[1]
    assert [cells[0], cells[1], *cells[-3:]] == [f"'{name}"] * 5


def test_numbers_are_left_as_numbers(tmp_path: Path) -> None:
    write_csv([row(distances={"nmf": -0.25}, expected_false_matches=0.0)], tmp_path / "out.csv")
    assert _read(tmp_path / "out.csv")[1][3:5] == ["0", "-0.25"]


def test_hostile_names_stay_in_their_cells(tmp_path: Path) -> None:
    write_csv([row(name) for name in HOSTILE_NAMES], tmp_path / "out.csv")
    header, *lines = _read(tmp_path / "out.csv")
    assert len(lines) == len(HOSTILE_NAMES)
    assert {len(line) for line in lines} == {len(header)}


def test_letters_that_steer_a_terminal_or_turn_text_are_shown_by_number(tmp_path: Path) -> None:
    write_csv([row("evil\u202egpj.exe\x1b[2J\u2028é ص\x7f")], tmp_path / "out.csv")
    assert _read(tmp_path / "out.csv")[1][0] == "evil\\u202egpj.exe\\x1b[2J\\u2028é ص\\x7f"
    assert is_report(tmp_path / "out.csv")
    (tmp_path / "other.csv").write_text("file,entry\n")
    assert not is_report(tmp_path / "other.csv")


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")

    def rows():
        yield row()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_csv(rows(), target)
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        write_csv([row()], tmp_path / "absent" / "out.csv")
    with pytest.raises(UsageError, match="is a folder"):
        write_csv([row()], tmp_path)
