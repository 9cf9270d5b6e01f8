"""The tables of the plain scan."""

from benchmarks.index import linear_tables

_MACHINE = {"cpu": "Some CPU", "numpy": "2.4", "faiss": "1.12"}


def _row(name, what, **more):
    facts = {"family": "linear", "set": name, "what": what, "codes": 1000, "radius": 31}
    facts |= {"median": 1.5, "iqr": [1, 2], "machine": _MACHINE, "commit": "abc", "date": "today"}
    return facts | more


def test_goals_are_held_against_what_was_measured():
    rows = [
        _row("one-31", "eikona, plain scan", ratio=1.31, ratio_iqr=[1, 2]),
        _row("scan", "eikona, plain scan, a picture in 8 orientations", median=0.3),
        _row("bank", "open", median=0.5),
        {"family": "speed", "set": "one-31"},
    ]
    table = linear_tables.scans(rows)
    assert "| 1.31× (1.00 to 2.00) | ≤ 1.3× | **missed** |" in table
    assert "| 0.3 ms (1 to 2) |  | ≤ 0.3 ms | met |" in table
    assert "faiss 1.12, commit `abc`, today." in table
    assert "open" not in table
    assert linear_tables.bank(rows).splitlines()[2:] == ["| open | 1,000 | 0.5 ms |"]


def test_nothing_measured_is_no_table():
    assert linear_tables.scans([]) == linear_tables.bank([]) == ""
