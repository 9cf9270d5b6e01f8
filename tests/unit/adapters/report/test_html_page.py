import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from eikona.adapters.report.html_page import write_html
from eikona.adapters.report.thumbnails import ThumbnailOptions
from eikona.domain.alignment import NO_ALIGNMENT, Alignment
from eikona.domain.errors import UsageError
from eikona.domain.fingerprint import Orientation
from eikona.domain.report import ReportRow
from eikona.domain.verdict import Outcome
from tests.unit.adapters.report.report_rows import HOSTILE_NAMES, painting, row, saved


class _Page(HTMLParser):
    """What a browser's parser would find: elements with their attributes, texts of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "title": [], "dd": []}
        self._within: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in self.texts:
            self._within.append(tag)
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if self._within:
            self.texts[self._within[-1]][-1] += data

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.texts["script"][0])

    @property
    def thumbnails(self) -> list[bytes]:
        blocks = [json.loads(text) for text in self.texts["script"][2:]]
        return [base64.b64decode(one) for block in blocks for one in block]


def _written(
    target: Path,
    rows: list[ReportRow],
    title: str = "Copies",
    summary: Mapping[str, str] | None = None,
    **options: Any,
) -> _Page:
    write_html(rows, target, title=title, summary=summary or {}, **options)
    return _Page(target.read_text(encoding="utf-8"))


def _named(picture: list[Any]) -> str:
    return picture[0] + picture[1]


def test_gives_the_page_what_the_rows_say(tmp_path: Path) -> None:
    rows = [
        row(
            "found/a.jpg", "b.jpg", orientation=Orientation.TRANSPOSE, group="g", query_size=(4, 3)
        ),
        row("found/c.jpg", "b.jpg", outcome=Outcome.CLEAR, distances={"nmf": 1.0, "ahash": 2}),
    ]
    data = _written(tmp_path / "out.html", rows).data
    assert data["hashes"] == [["pdq", 256], ["nmf", 0], ["ahash", 0]]
    assert [_named(each) for each in data["pictures"]] == ["found/a.jpg", "b.jpg", "found/c.jpg"]
    assert data["pictures"][0][2:] == [4, 3, -1, 0, 0, "not at hand"]
    first, second = data["rows"]
    assert first[:2] == [0, 1]
    assert data["outcomes"][first[2]] == "block"
    assert data["poses"][first[3]] == "transpose"
    assert first[4:] == [
        [12, 0.125],
        2.5e-7,
        "1 in 4 million",
        "PDQ is 12 of 256 bits away",
        "g",
        None,
    ]
    assert second[:2] == [2, 1]
    assert second[4] == [None, 1, 2]


def test_numbers_that_json_lacks_are_left_out(tmp_path: Path) -> None:
    rows = [row(distances={"pdq": float("inf")}, expected_false_matches=float("inf"))]
    (given,) = _written(tmp_path / "out.html", rows).data["rows"]
    assert given[4:6] == [[None], None]


def test_a_picture_that_is_found_often_is_in_the_file_once(tmp_path: Path) -> None:
    paths = [saved(painting(seed=n), tmp_path / f"{n}.jpg") for n in range(3)]
    rows = [
        row(f"{n}.jpg", "2.jpg", query_path=paths[n], entry_path=paths[2]) for n in (0, 1, 2, 0)
    ]
    page = _written(tmp_path / "out.html", rows)
    assert len(page.thumbnails) == 3
    numbers = {_named(each): each[4] for each in page.data["pictures"]}
    assert sorted(numbers.values()) == [0, 1, 2]
    assert all(data[8:12] == b"WEBP" for data in page.thumbnails)
    assert page.data["pictures"][0][5:7] == [90, 60]


def test_numbers_of_thumbnails_skip_what_cannot_be_shown(tmp_path: Path) -> None:
    good = saved(painting(), tmp_path / "good.jpg")
    rows = [row("absent.jpg", "good.jpg", query_path=str(tmp_path / "no.jpg"), entry_path=good)]
    page = _written(tmp_path / "out.html", rows)
    absent, shown = page.data["pictures"]
    assert absent[4] == -1
    assert "no such file" in absent[7]
    assert shown[4] == 0
    assert len(page.thumbnails) == 1


def test_loads_nothing_and_runs_only_its_own_script(tmp_path: Path) -> None:
    page = _written(tmp_path / "out.html", [row(name) for name in HOSTILE_NAMES], HOSTILE_NAMES[0])
    (policy,) = [
        attributes["content"]
        for tag, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("img-src") == "data:"
    assert rules.pop("base-uri") == rules.pop("form-action") == "'none'"
    for name, text in (
        ("script-src", page.texts["script"][1]),
        ("style-src", page.texts["style"][0]),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules.pop(name) == f"'sha256-{digest}'"
    assert not rules
    assert len(page.texts["script"]) == 2
    for tag, attributes in page.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        for name in ("src", "href", "data", "action", "srcset"):
            value = attributes.get(name) or "data:"
            assert value.startswith(("data:", "#")), (tag, value)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_text_changes_no_element(tmp_path: Path, name: str) -> None:
    plain = _written(tmp_path / "a.html", [row()], summary={"Folder": "x"})
    hostile = _written(
        tmp_path / "b.html",
        [row(name, name, reason=name, group=name, distances={name: 3.0}, bits={name: 64})],
        name,
        {name: name},
        empty=name,
    )
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert re.search("[\x00-\x09\x0b-\x1f\u202e\u2028]", "".join(hostile.texts["title"])) is None
    assert len(hostile.data["rows"]) == 1


def test_says_what_stands_at_its_top(tmp_path: Path) -> None:
    page = _written(
        tmp_path / "out.html", [], "A & B", {"Folder": "<x>", "Bank": "b"}, empty="None."
    )
    assert page.texts["title"] == ["A & B"]
    assert page.texts["dd"][:2] == ["<x>", "b"]
    assert page.data["text"]["empty"] == "None."
    assert page.data["rows"] == []


def test_without_scripts_there_is_a_table_of_the_first_rows(tmp_path: Path) -> None:
    target = tmp_path / "out.html"
    write_html([row(f"{n}.jpg") for n in range(300)], target, title="t", summary={})
    (plain,) = re.findall(r"<noscript>(.*?)</noscript>", target.read_text(), re.DOTALL)
    assert plain.count("<tr>") == 201
    assert "300 matches: 300 block, 0 review, 0 clear" in plain
    assert "1 in 4 million" in plain


def test_says_how_many_pictures_were_left_out(tmp_path: Path) -> None:
    paths = [saved(painting(seed=n), tmp_path / f"{n}.jpg") for n in range(4)]
    rows = [row(path, path, query_path=path, entry_path=path) for path in paths]
    page = _written(tmp_path / "out.html", rows, thumbnails=ThumbnailOptions(max_total_bytes=10))
    assert page.data["text"]["notice"].startswith("4 pictures are listed without a thumbnail")
    assert page.thumbnails == []
    page = _written(tmp_path / "out.html", rows)
    assert page.data["text"]["notice"] == ""


def test_a_place_that_cannot_be_written_is_said_before_any_work(tmp_path: Path) -> None:
    def run(function: object, items: object) -> Any:
        raise AssertionError("no thumbnail may be begun")

    rows = [row(query_path="a.jpg")]
    with pytest.raises(UsageError):
        write_html(
            rows,
            tmp_path / "absent" / "out.html",
            title="t",
            summary={},
            thumbnails=ThumbnailOptions(run=run),
        )


def test_says_how_a_part_lies_in_shares_of_both_pictures(tmp_path: Path) -> None:
    found = Alignment(9, ((0.5, 0.0, 20.0), (0.0, 0.25, 40.0)), mirrored=False, pairs=())
    sizes = {"query_size": (200, 400), "entry_size": (400, 200)}
    rows = [
        row(alignment=found, **sizes),
        row(alignment=replace(found, inliers=4), **sizes),
        row(alignment=found, query_size=(200, 400)),
        row(alignment=NO_ALIGNMENT, **sizes),
    ]
    first, *others = _written(tmp_path / "out.html", rows).data["rows"]
    assert first[9] == [9, 0.25, 0.0, 0.05, 0.0, 0.5, 0.2]
    assert [other[9] for other in others] == [None, None, None]
