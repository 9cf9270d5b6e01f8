"""The timing of lists, in small: every row is there, and the table says what was missed."""

from benchmarks.lists import command, tables


def test_every_row_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "_FORMATS", {"ndjson": "all.ndjson"})
    rows = command.measure(tmp_path, 50, 1)
    assert [(row["format"], row["what"]) for row in rows] == [
        ("ndjson", what) for what in ("import", "import again", "export", "read")
    ]
    lines = (tmp_path / "all.ndjson").read_text().splitlines()
    assert len(lines) == 50
    assert all(20 < row["peak_mb"] < 1000 for row in rows if row["what"] != "read")
    assert sum('"tags":["partner"' in line for line in lines) == 17


def row(what, seconds):
    return {
        "family": "lists",
        "what": what,
        "entries": 10,
        "rounds": 2,
        "peak_mb": 100,
        "load": 1.0,
        "file_mb": 7.0,
        "machine": {"cpu": "one", "cores": 2},
        "commit": "abc",
        "date": "2026-11-21",
        **dict.fromkeys(("median", "cpu_median", "cpu_least", "cpu_most"), seconds),
    }


def test_the_table_tells_what_is_slow():
    assert tables.lists([]) == ""
    rows = [
        {**row(what, seconds), "format": name}
        for name, times in {
            "typed": (5, 4),
            "csv": (21, 4),
            "ndjson": (5, 6),
            "parquet": (20, 20),
            "threatexchange": (1, 1),
        }.items()
        for what, seconds in zip(
            ("import", "import again", "export", "read"), (*times, 3, 0.5), strict=True
        )
    ]
    lines = tables.lists(rows).splitlines()[2:7]
    assert ["missed" in line for line in lines] == [False, True, True, False, False]
    assert "5.0 s (5.0 to 5.0) [5.0 s]" in lines[0]
