import importlib.resources
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from eikona.domain.alignment import Alignment
from eikona.domain.fingerprint import Orientation
from eikona.domain.report import ReportRow
from eikona.domain.verdict import Outcome
from tests.e2e.conftest import OpenPage
from tests.e2e.reports import make_rows, painting, turned_copy, write_report
from tests.unit.adapters.report.report_rows import HOSTILE_NAMES, row

pytestmark = pytest.mark.slow

Made = tuple[list[ReportRow], Path]

PHONE, DESK = 390, 1440


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Made]:
    """Reports of 0, 1, 50 and 10 000 rows."""
    made = {}
    for number in (0, 1, 50, 10_000):
        folder = tmp_path_factory.mktemp(f"rows-{number}")
        rows = make_rows(number, folder)
        made[number] = rows, write_report(rows, folder / "report.html")
    return made


def _shown(page: Page) -> list[str]:
    """Return the names of the found pictures that are in the document, from the top."""
    return page.eval_on_selector_all(".name.found", "all => all.map(one => one.title)")


def _in_view(page: Page) -> list[str]:
    """Return the names of the found pictures whose rows reach into the window."""
    return page.eval_on_selector_all(
        ".match",
        """all => all.filter(one => {
          const box = one.getBoundingClientRect();
          return box.bottom > 0 && box.top < innerHeight;
        }).map(one => one.querySelector('.found').title)""",
    )


def _pixels(part: Locator) -> np.ndarray[Any, Any]:
    image = Image.open(io.BytesIO(part.screenshot())).convert("RGB")
    return np.asarray(image, dtype=np.float64)


def _settled(page: Page) -> None:
    """Wait until every picture in the document is decoded."""
    page.evaluate(
        "Promise.all([...document.querySelectorAll('img[src]')].map(one => one.decode()))"
    )


# ---- opening ------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("number", [1, 50, 10_000])
def test_shows_its_first_rows_and_at_the_end_its_last(
    open_page: OpenPage, reports: dict[int, Made], number: int, width: int
) -> None:
    rows, path = reports[number]
    page = open_page(path, width, 844)
    assert _in_view(page)[0] == rows[0].query
    _settled(page)
    assert page.locator(".frame img").first.evaluate("one => one.naturalWidth") > 0
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator(f'.name.found[title="{rows[-1].query}"]')).to_be_in_viewport()
    assert page.locator("#list > li").count() < 60  # whatever the number of rows
    assert page.evaluate("document.documentElement.scrollWidth") == width  # nothing sticks out


def test_rows_meet_no_blank_while_scrolling(open_page: OpenPage, reports: dict[int, Made]) -> None:
    rows, path = reports[10_000]
    page = open_page(path)
    height = page.locator(".ruler:not(.for-heading)").evaluate("one => one.offsetHeight")
    order = {each.query: number for number, each in enumerate(rows)}
    for top in (0, 700, 5000, 123_456, 1_000_000, 40):
        page.evaluate("top => scrollTo(0, top)", top)
        page.wait_for_function("() => document.querySelector('#list > li') !== null")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => done()))")
        numbers = [order[name] for name in _in_view(page)]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert (len(numbers) + 1) * height >= 900 - 330


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_without_rows_it_says_so(open_page: OpenPage, reports: dict[int, Made], width: int) -> None:
    page = open_page(reports[0][1], width)
    expect(page.get_by_text("No copies found among 12 pictures.")).to_be_visible()
    expect(page.locator("#tools")).to_be_hidden()
    expect(page.locator("#reset")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("Enter")


def test_without_scripts_there_is_a_table(open_page: OpenPage, reports: dict[int, Made]) -> None:
    rows, path = reports[50]
    page = open_page(path, java_script_enabled=False)
    expect(page.locator("noscript tr")).to_have_count(51)
    expect(page.locator("noscript").get_by_text(rows[49].query, exact=True)).to_be_visible()


def test_says_what_was_found(open_page: OpenPage, reports: dict[int, Made]) -> None:
    rows, path = reports[50]
    page = open_page(path)
    first = page.locator(".match").first
    expect(first).to_contain_text(f"{rows[0].distances['pdq']:g} of 256")
    expect(first).to_contain_text(f"{rows[0].distances['dhash']:g} of 64")
    expect(first).to_contain_text("0.250")
    expect(first.locator(".odds")).to_have_text(
        re.compile(r"^1 in .* look-ups would show this by chance$|^Chance alone would show about")
    )
    expect(page.locator("#count")).to_have_text("50 matches")
    expect(page.locator(".facts")).to_contain_text("bank.eikona, 40 entries")
    assert rows[9].expected_false_matches is None
    page.fill("#text", "copy-9.jpg")
    expect(page.locator("#count")).to_have_text("1 of 50 matches")
    expect(page.locator(".match .odds")).to_have_text("")


# ---- filter, sort, group ------------------------------------------------------------------------


def test_filters_by_text(open_page: OpenPage, reports: dict[int, Made]) -> None:
    _, path = reports[10_000]
    page = open_page(path)
    page.keyboard.press("/")
    page.keyboard.type("COPY-4321.j")
    expect(page.locator("#count")).to_have_text("1 of 10,000 matches")
    assert _shown(page) == ["album/2/copy-4321.jpg"]
    page.keyboard.type("zzz")
    expect(page.get_by_text("No match passes this filter.")).to_be_visible()
    assert _shown(page) == []
    page.get_by_role("button", name="Show all matches").click()
    expect(page.locator("#count")).to_have_text("10,000 matches")
    assert page.input_value("#text") == ""


def test_filters_by_outcome(open_page: OpenPage, reports: dict[int, Made]) -> None:
    rows, path = reports[50]
    page = open_page(path)
    buttons = page.locator("#outcomes button")
    counts = {each: sum(one.outcome is each for one in rows) for each in Outcome}
    for outcome in Outcome:
        expect(buttons.filter(has_text=str(outcome))).to_contain_text(str(counts[outcome]))
    buttons.filter(has_text="block").click()
    buttons.filter(has_text="clear").click()
    expect(page.locator("#count")).to_have_text(f"{counts[Outcome.REVIEW]} of 50 matches")
    expected = [each.query for each in rows if each.outcome is Outcome.REVIEW]
    shown = _shown(page)
    assert shown == expected[: len(shown)]


@pytest.mark.parametrize(("name", "ceiling"), [("pdq", 20), ("dhash", 7)])
def test_filters_by_distance(
    open_page: OpenPage, reports: dict[int, Made], name: str, ceiling: int
) -> None:
    rows, path = reports[50]
    page = open_page(path)
    page.select_option("#hash", label=name)
    page.fill("#ceiling", str(ceiling))
    expected = [each.query for each in rows if each.distances[name] <= ceiling]
    expect(page.locator("#count")).to_have_text(f"{len(expected)} of 50 matches")
    shown = _shown(page)
    assert shown == expected[: len(shown)]
    expect(page.locator(".match .hash").first).to_have_text(name)


def _natural(name: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


_RANK = {Outcome.BLOCK: 0, Outcome.REVIEW: 1, Outcome.CLEAR: 2}
_KEYS = {
    "as found": lambda row: 0,
    "outcome": lambda row: _RANK[row.outcome],
    "distance": lambda row: row.distances["pdq"],
    "odds": lambda row: (
        float("inf") if row.expected_false_matches is None else row.expected_false_matches
    ),
    "name found": lambda row: _natural(row.query),
    "name of entry": lambda row: _natural(row.entry),
}


@pytest.mark.parametrize("order", _KEYS)
def test_sorts_and_reverses(open_page: OpenPage, reports: dict[int, Made], order: str) -> None:
    rows, path = reports[50]
    page = open_page(path)
    page.select_option("#sort", label=order)
    expected = [each.query for each in sorted(rows, key=_KEYS[order])]
    shown = _shown(page)
    assert len(shown) > 4
    assert shown == expected[: len(shown)]
    page.click("#direction")
    shown = _shown(page)
    assert shown == expected[::-1][: len(shown)]


@pytest.mark.parametrize(
    ("group", "key"),
    [
        ("entry", lambda row: row.entry),
        ("folder", lambda row: row.query.rpartition("/")[0] + "/"),
        ("outcome", lambda row: row.outcome.capitalize()),
    ],
)
def test_groups(open_page: OpenPage, reports: dict[int, Made], group: str, key: Any) -> None:
    rows, path = reports[50]
    page = open_page(path)
    page.select_option("#group", label=group)
    members: dict[str, list[str]] = {}
    for each in rows:
        members.setdefault(key(each), []).append(each.query)
    first, *_ = members
    heading = page.locator(".heading").first
    expect(heading.locator("bdi")).to_have_text(first)
    expect(heading.locator(".number")).to_have_text(str(len(members[first])))
    expected = [name for group in members.values() for name in group]
    shown = _shown(page)
    assert shown == expected[: len(shown)]
    heading.locator("button").click()
    expect(heading.locator("button")).to_have_attribute("aria-expanded", "false")
    assert _shown(page)[0] == expected[len(members[first])]


def test_copies_of_each_other_are_grouped_at_once(open_page: OpenPage, tmp_path: Path) -> None:
    rows = [row("b.jpg", group="2"), row("a.jpg", group="1"), row("c.jpg", group="2")]
    page = open_page(write_report(rows, tmp_path / "out.html"))
    assert page.locator(".heading bdi").all_text_contents() == ["2", "1"]
    assert _shown(page) == ["b.jpg", "c.jpg", "a.jpg"]


# ---- keyboard -----------------------------------------------------------------------------------


def _expect_focus(page: Page, name: str) -> None:
    page.wait_for_function(
        """name => {
          const row = document.activeElement.closest('.match');
          return row && row.querySelector('.found').title === name;
        }""",
        arg=name,
    )


def test_is_read_by_keyboard_alone(open_page: OpenPage, reports: dict[int, Made]) -> None:
    rows, path = reports[50]
    page = open_page(path)
    for key, number in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("k", 0)):
        page.keyboard.press(key)
        _expect_focus(page, rows[number].query)
    for _ in range(30):
        page.keyboard.press("j")
    _expect_focus(page, rows[30].query)
    assert rows[30].query in _in_view(page)
    page.keyboard.press("Enter")
    viewer = page.locator("#viewer")
    expect(viewer).to_be_visible()
    expect(page.locator("#viewer-place")).to_have_text("31 of 50")
    page.keyboard.press("j")
    expect(page.locator("#viewer-facts")).to_contain_text(rows[31].query)
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    _expect_focus(page, rows[31].query)
    page.keyboard.press("Tab")
    _expect_focus(page, rows[32].query)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_keys_typed_into_the_filter_are_text(open_page: OpenPage, reports: dict[int, Made]) -> None:
    page = open_page(reports[50][1])
    page.keyboard.press("/")
    page.keyboard.type("jkbsu?/")
    assert page.input_value("#text") == "jkbsu?/"
    assert page.is_checked("#blur")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("Escape")
    assert page.input_value("#text") == ""
    expect(page.locator("#count")).to_have_text("50 matches")


def test_the_row_in_use_stays_while_the_list_scrolls(
    open_page: OpenPage, reports: dict[int, Made]
) -> None:
    rows, path = reports[10_000]
    page = open_page(path)
    page.keyboard.press("j")
    page.evaluate("scrollTo(0, 500000)")
    page.wait_for_function("() => document.querySelectorAll('.match').length > 3")
    _expect_focus(page, rows[0].query)
    page.keyboard.press("j")
    _expect_focus(page, rows[1].query)
    assert rows[1].query in _in_view(page)


# ---- pictures -----------------------------------------------------------------------------------


def test_pictures_are_blurred_until_looked_at(
    open_page: OpenPage, reports: dict[int, Made]
) -> None:
    page = open_page(reports[50][1])
    filters = [page.locator(".match").nth(number).locator("img").first for number in (0, 1)]

    def seen() -> list[bool]:
        return [
            "blur" not in one.evaluate("one => getComputedStyle(one).filter") for one in filters
        ]

    assert seen() == [False, False]
    page.locator(".match").nth(1).hover()
    assert seen() == [False, True]
    page.mouse.move(0, 0)
    page.keyboard.press("j")
    assert seen() == [True, False]
    page.keyboard.press("u")
    assert seen() == [True, True]
    page.get_by_role("switch", name="Blur").check()
    assert seen() == [False, False]
    page.keyboard.press("g")
    page.keyboard.press("u")
    assert "grayscale" in filters[1].evaluate("one => getComputedStyle(one).filter")


@pytest.mark.parametrize("orientation", Orientation)
def test_a_turned_copy_lines_up_with_its_entry(
    open_page: OpenPage, tmp_path: Path, orientation: Orientation
) -> None:
    entry, copy = tmp_path / "entry.png", tmp_path / "copy.png"
    picture = painting(3)
    picture.save(entry)
    turned_copy(picture, orientation).save(copy)
    rows = [row(query_path=str(copy), entry_path=str(entry), orientation=orientation)]
    page = open_page(write_report(rows, tmp_path / "out.html"))
    page.keyboard.press("u")
    _settled(page)
    frames = page.locator(".pair .frame")

    def apart() -> float:
        found, entered = _pixels(frames.first), _pixels(frames.last)
        height, width = np.minimum(found.shape, entered.shape)[:2]
        return float(np.abs(found[:height, :width] - entered[:height, :width]).mean())

    assert apart() < 3
    page.keyboard.press("a")
    assert not page.is_checked("#aligned")
    if orientation is not Orientation.ORIGINAL:
        assert apart() > 15

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    stage = page.locator("#stage")
    for aligned in (False, True):
        page.get_by_role("switch", name="Align").last.set_checked(aligned)
        _settled(page)
        views = []
        for share in ("0", "100"):
            page.fill("#slider", share)
            views.append(_pixels(stage)[20:-60, 20:-20])
        same = float(np.abs(views[0] - views[1]).mean()) < 3
        assert same == (aligned or orientation is Orientation.ORIGINAL)


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("askew", [0, 23, 180])
def test_a_part_lies_where_its_places_do(
    open_page: OpenPage, tmp_path: Path, askew: int, width: int
) -> None:
    entry, copy = tmp_path / "entry.png", tmp_path / "copy.png"
    picture, middle = painting(3), (300, 130)  # of the part, in the entry
    picture.save(entry)
    # half a pixel of the entry to one of the part, turned around the middle of both
    ahead, aside = 0.5 * np.cos(np.deg2rad(askew)), 0.5 * np.sin(np.deg2rad(askew))
    rows_of = ((ahead, -aside), (aside, ahead))
    motion = tuple(
        (float(a), float(b), float(to - 150 * a - 100 * b))
        for (a, b), to in zip(rows_of, middle, strict=True)
    )
    part = picture.transform(
        (300, 200), Image.Transform.AFFINE, [*motion[0], *motion[1]], Image.Resampling.BICUBIC
    )
    part.save(copy)
    alignment = Alignment(12, (motion[0], motion[1]), mirrored=False, pairs=())
    one = row(
        query_path=str(copy),
        entry_path=str(entry),
        query_size=(300, 200),
        entry_size=(480, 320),
        alignment=alignment,
    )
    page = open_page(write_report([one], tmp_path / "out.html"), width=width)
    page.keyboard.press("u")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    _settled(page)
    assert "12 places" in page.text_content("#hint")
    stage = page.locator("#stage")
    views = []
    for share in ("0", "100"):
        page.fill("#slider", share)
        views.append(_pixels(stage))
    high, wide = views[0].shape[:2]
    x, y = round(middle[0] / 480 * wide), round(middle[1] / 320 * high)
    near = slice(y - high // 10, y + high // 10), slice(x - wide // 12, x + wide // 12)
    assert np.abs(views[0][near] - views[1][near]).mean() < 4
    corner = slice(high // 20, high // 8), slice(wide // 20, wide // 8)
    assert np.abs(views[0][corner] - views[1][corner]).mean() > 15  # only the part is shown there

    corners = np.array([(0, 0), (300, 0), (300, 200), (0, 200)])
    expected = np.array([alignment.moved(*place) for place in corners]) / 320
    drawn = page.get_attribute("#outline polygon", "points").split()
    points = np.array([[float(number) for number in pair.split(",")] for pair in drawn])
    assert np.abs(points - expected).max() < 0.01
    page.keyboard.press("a")
    assert not page.is_visible("#outline")
    page.keyboard.press("a")
    page.keyboard.press("d")
    assert not page.is_visible("#outline")
    assert page.is_visible("#stage .entry .outline")


def test_slider_and_blink_show_the_one_or_the_other(open_page: OpenPage, tmp_path: Path) -> None:
    red, blue = tmp_path / "red.png", tmp_path / "blue.png"
    Image.new("RGB", (300, 200), (220, 0, 0)).save(red)
    Image.new("RGB", (300, 200), (0, 0, 220)).save(blue)
    rows = [row(query_path=str(red), entry_path=str(blue))]
    page = open_page(write_report(rows, tmp_path / "out.html"))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    _settled(page)
    stage = page.locator("#stage")

    def share_of_red() -> float:
        pixels = _pixels(stage)
        height = pixels.shape[0]  # of a band that neither the handle nor a margin reaches into
        return float((pixels[height * 3 // 10 : height * 4 // 10, :, 0] > 120).mean())

    assert share_of_red() == pytest.approx(0.5, abs=0.03)
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    assert share_of_red() == pytest.approx(0.7, abs=0.03)
    box = stage.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    assert share_of_red() == pytest.approx(0.25, abs=0.03)

    page.keyboard.press("b")
    for flipped, share in (("true", 0.0), ("false", 1.0)):
        page.wait_for_function(
            f"() => document.getElementById('stage').dataset.flip === '{flipped}'"
        )
        page.keyboard.press("b")  # holds it still, on the other picture
        assert share_of_red() == pytest.approx(1 - share, abs=0.03)
        page.keyboard.press("s")
        page.keyboard.press("b")
    page.keyboard.press("d")
    assert share_of_red() == pytest.approx(0.5, abs=0.03)


def test_nothing_blinks_by_itself_where_motion_is_not_wanted(
    open_page: OpenPage, reports: dict[int, Made]
) -> None:
    page = open_page(reports[1][1], reduced_motion="reduce")
    page.clock.install()
    page.keyboard.press("j")
    page.keyboard.press("b")
    flip = page.locator("#stage")
    expect(flip).to_have_attribute("data-flip", "true")
    page.clock.run_for(10_000)
    expect(flip).to_have_attribute("data-flip", "true")
    page.keyboard.press("b")
    expect(flip).to_have_attribute("data-flip", "false")


def test_a_picture_that_cannot_be_shown_says_why(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no image")
    rows = [row(query_path=str(tmp_path / "text.jpg"))]
    page = open_page(write_report(rows, tmp_path / "out.html"))
    expect(page.locator(".why").first).to_have_text(re.compile("begin like no image format"))
    expect(page.locator(".why").nth(1)).to_have_text("not at hand")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.keyboard.press("b")


# ---- looks and access ---------------------------------------------------------------------------


def _ground(page: Page) -> tuple[int, ...]:
    said = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return tuple(map(int, re.findall(r"\d+", said)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_is_as_dark_as_the_system_until_told(
    open_page: OpenPage, reports: dict[int, Made], scheme: str
) -> None:
    page = open_page(reports[1][1], color_scheme=scheme)
    assert (max(_ground(page)) < 60) == (scheme == "dark")
    page.get_by_role("switch", name="Dark").click()
    assert (max(_ground(page)) < 60) == (scheme == "light")


_AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def _violations(page: Page) -> list[str]:
    page.evaluate(_AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
        for each in found
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("number", [0, 50])
def test_breaks_no_rule_of_accessibility(
    open_page: OpenPage, reports: dict[int, Made], number: int, width: int, scheme: str
) -> None:
    page = open_page(reports[number][1], width, color_scheme=scheme, reduced_motion="reduce")
    assert _violations(page) == []
    if not number:
        return
    if width == PHONE:
        page.click("#more")
    page.select_option("#group", label="folder")
    assert _violations(page) == []
    page.keyboard.press("?")
    assert _violations(page) == []
    page.keyboard.press("Escape")
    page.locator(".pair").first.click()
    for key in ("s", "b", "d"):
        page.keyboard.press(key)
        assert _violations(page) == []


@pytest.mark.parametrize(("width", "number"), [(PHONE, -1), (DESK, 0), (DESK, -1)])
def test_hostile_names_are_text(
    open_page: OpenPage, tmp_path: Path, width: int, number: int
) -> None:
    rows = [
        row(name, name, reason=name, group=name, distances={name: 3.0}, bits={name: 64})
        for name in HOSTILE_NAMES
    ]
    name = HOSTILE_NAMES[number]
    path = write_report(rows, tmp_path / "out.html", title=name, summary={name: name}, empty=name)
    page = open_page(path, width)
    title = page.title()
    assert title != "run"
    if width == PHONE:
        page.click("#more")
    page.select_option("#group", label="none")
    assert _shown(page)[0] == "</script><script>document.title='run'</script>.jpg"
    for place in range(1, len(rows) + 1):
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.locator("#viewer-place")).to_have_text(f"{place} of {len(rows)}")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.keyboard.press("Escape")
    assert _violations(page) == []
    assert page.title() == title
    assert page.locator("script").count() == 2
