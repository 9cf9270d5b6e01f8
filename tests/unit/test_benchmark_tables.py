"""Tables and plots in the docs against the results that they are made from."""

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from benchmarks import tables
from benchmarks.speed import tables as speed_tables
from benchmarks.speed.tables import Goal

_ROOT = Path(__file__).resolve().parent.parent.parent
_MACHINE = {"cpu": "Some CPU", "cores": 2, "system": "Linux", "python": "3.11.0", "numpy": "2.4"}


def _row(name, what, kind="eikona", **more):
    facts = {
        "family": "speed",
        "set": name,
        "what": what,
        "kind": kind,
        "computes": "13 hashes",
        "unit": "ms",
        "median": 2.5,
        "iqr": [2.4, 2.75],
        "ratio": 1.25,
        "ratio_iqr": [1.2, 1.3],
        "ratio_to_array": 1.5,
        "rounds": 40,
        "pictures": 60,
        "megapixels": 0.19,
        "kilobytes": 104.0,
        "commit": "0123456789",
        "date": "2026-11-21",
        "machine": _MACHINE,
    }
    return facts | more


@pytest.fixture
def project(tmp_path):
    """Return a project with one page, a marked table in it, and results."""
    (tmp_path / "docs" / "img").mkdir(parents=True)
    results = tmp_path / "benchmarks" / "results"
    results.mkdir(parents=True)
    (tmp_path / "docs" / "benchmarks.md").write_text(
        "before\n<!-- table: speed-native -->\n<!-- end -->\nafter\n"
    )
    rows = [_row("native", "eikona exact"), _row("native", "peer", "peer", ratio=7.3)]
    (results / "speed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def _page(project):
    return (project / "docs" / "benchmarks.md").read_text()


def test_writes_between_the_markers_only(project):
    assert tables.main([], project) == 0
    assert _page(project) == (
        "before\n<!-- table: speed-native -->\n"
        "| what | gives | a picture | over bare decode | goal |  | over decoding to an array |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| **eikona exact** | 13 hashes | 2.50 ms (2.40 to 2.75) | 1.25× (1.20 to 1.30)"
        " | ≤ 1.4× | met | 1.50× |\n"
        "| peer | 13 hashes | 2.50 ms (2.40 to 2.75) | 7.30× (1.20 to 1.30) |  |  | 1.50× |\n"
        "<!-- end -->\nafter\n"
    )


def test_check_shows_the_difference_and_writes_nothing(project, capsys):
    before = _page(project)
    assert tables.main(["--check"], project) == 1
    assert "+| **eikona exact** | 13 hashes |" in capsys.readouterr().out
    assert _page(project) == before


def test_check_passes_on_what_was_written(project, capsys):
    tables.main([], project)
    assert tables.main(["--check"], project) == 0
    assert capsys.readouterr().out == ""


def test_an_edited_number_fails_the_check(project):
    tables.main([], project)
    page = project / "docs" / "benchmarks.md"
    page.write_text(_page(project).replace("1.25×", "1.05×"))
    assert tables.main(["--check"], project) == 1


def test_without_results_a_table_says_so(project):
    (project / "benchmarks" / "results" / "speed.jsonl").unlink()
    assert tables.main([], project) == 0
    assert "<!-- table: speed-native -->\n_Not measured yet._\n<!-- end -->" in _page(project)
    assert tables.main(["--check"], project) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!-- table: speed-nativ -->\n<!-- end -->\n", "no table is called 'speed-nativ'"),
        ("<!-- table: speed-native -->\n", "no <!-- end -->"),
        (
            "<!-- table: speed-native -->\n<!-- table: speed-12mp -->\n<!-- end -->\n",
            "no <!-- end -->",
        ),
        ("<!-- table: Speed -->\n<!-- end -->\n", "not lower-case words"),
    ],
)
def test_wrong_markers_are_refused(project, capsys, text, said):
    (project / "docs" / "benchmarks.md").write_text(text)
    assert tables.main(["--check"], project) == 1
    assert said in capsys.readouterr().err
    assert tables.main([], project) == 1
    assert _page(project) == text


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (Goal(1.4), 1.39, "met"),
        (Goal(1.4), 1.4, "met"),
        (Goal(1.4), 1.41, "**missed**"),
        (Goal(1.8, at_most=False), 1.81, "met"),
        (Goal(1.8, at_most=False), 1.8, "met"),
        (Goal(1.8, at_most=False), 1.79, "**missed**"),
    ],
)
def test_a_missed_goal_is_shown_as_missed(goal, value, verdict):
    assert goal.verdict(value) == verdict


def test_the_summary_holds_every_goal():
    speed_up = _row("folder", "eikona hash: 1 process over 2", "speed-up", median=1.7, jobs=None)
    slow = _row("folder", "imagehash, 4 hashes", "peer", jobs=2, ratio=5.0)
    fast = _row("folder", "pdqhash", "peer", jobs=2, ratio=1.1)
    rows = [speed_up, slow, fast]
    for name, what in speed_tables.GOALS:
        if name != "folder":
            rows.append(_row(name, what, median=0.2))
    table = speed_tables.summary(rows)
    assert table.count("≤") + table.count("≥") == len(speed_tables.GOALS)
    assert "| 1.70× | ≥ 1.8× | **missed** |" in table
    assert "| 1.10× | ≥ 3× | **missed** | 5.00× | 1.10× |" in table
    assert "| `eikona --help`, whole process | 0.20 s | ≤ 0.3 s | met |  |" in table


def test_every_table_has_a_page():
    pages = "".join((_ROOT / page).read_text("utf-8") for page in tables.PAGES)
    for name in tables.TABLES:
        assert f"<!-- table: {name} -->" in pages


def _png(text):
    chunks = ((b"IHDR", bytes(13)), (b"tEXt", b"Data\0" + text.encode()), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


@pytest.fixture
def plotted(project, monkeypatch):
    """Return the project with a plot of its ratios, which needs no drawing library."""

    def draw(data, path, digest):
        path.write_bytes(_png(digest))

    plot = tables.Plot(lambda rows: [row["ratio"] for row in rows], draw)
    monkeypatch.setattr(tables, "PLOTS", {"docs/img/plot.png": plot})
    tables.main([], project)
    return project


def test_a_plot_of_these_results_passes_the_check(plotted):
    assert tables.main(["--check"], plotted) == 0


def test_a_plot_of_other_results_fails_the_check(plotted, capsys):
    (plotted / "docs" / "img" / "plot.png").write_bytes(_png("other"))
    assert tables.main(["--check"], plotted) == 1
    assert "docs/img/plot.png" in capsys.readouterr().out


@pytest.mark.parametrize("png", [b"", b"no picture", _png("x")[:20], _png("x")[:-30]])
def test_a_damaged_plot_fails_the_check(plotted, png):
    (plotted / "docs" / "img" / "plot.png").write_bytes(png)
    assert tables.main(["--check"], plotted) == 1


def test_a_plot_that_cannot_be_drawn_is_said_and_the_tables_are_written(project, monkeypatch):
    def draw(data, path, digest):
        raise ModuleNotFoundError(name="matplotlib")

    plot = tables.Plot(lambda rows: [1], draw)
    monkeypatch.setattr(tables, "PLOTS", {"docs/img/plot.png": plot})
    assert tables.main([], project) == 1
    assert "**eikona exact**" in _page(project)


def test_checking_imports_nothing_but_the_standard_library():
    code = (
        "import sys; from benchmarks import tables; tables.main(['--check']);"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'PIL', 'matplotlib')))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=_ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
