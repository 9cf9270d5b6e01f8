import pytest
from hypothesis import given
from hypothesis import strategies as st

from eikona.adapters.report.wording import odds, visible


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (None, ""),
        (float("nan"), ""),
        (-1.0, ""),
        (2.5e-7, "1 in 4 million"),
        (1 / 4_100_000_000, "1 in 4.1 billion"),
        (1e-12, "1 in 1 trillion"),
        (9.99e-7, "1 in 1 million"),
        (1.006e-6, "1 in 990,000"),
        (1.001e-6, "1 in 1 million"),
        (0.004, "1 in 250"),
        (1 / 3200, "1 in 3,200"),
        (0.5, "1 in 2"),
        (0.8, "1 in 1.2"),
        (1.0, "about 1"),
        (3.49, "about 3.5"),
        (12345.0, "about 12,000"),
        (0.0, "fewer than 1 in 1,000 trillion"),
        (1e-300, "fewer than 1 in 1,000 trillion"),
        (float("inf"), "about 1,000 trillion"),
    ],
)
def test_says_odds_as_a_person_would(expected: float | None, words: str) -> None:
    assert odds(expected) == words


@given(st.floats(1e-15, 0.999))
def test_what_is_said_is_within_a_rounding_of_what_is_meant(expected: float) -> None:
    number, _, unit = odds(expected).removeprefix("1 in ").partition(" ")
    said = float(number.replace(",", "")) * {
        "": 1,
        "million": 1e6,
        "billion": 1e9,
        "trillion": 1e12,
    }.get(unit, 1)
    assert said == pytest.approx(1 / expected, rel=0.051)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("holiday/beach (2).jpg", "holiday/beach (2).jpg"),
        ("صورة.jpg", "صورة.jpg"),
        ("\U0001f468\u200d\U0001f469.jpg", "\U0001f468\u200d\U0001f469.jpg"),
        ("a\nb\tc\x00", "a\\x0ab\\x09c\\x00"),
        ("evil\u202egpj.exe", "evil\\xe2\\x80\\xaegpj.exe"),
        ("latin\udce9", "latin\\xe9"),
        ("half\ud800", "half\\xed\\xa0\\x80"),
        ("", ""),
    ],
)
def test_shows_what_has_no_shape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_shown_text_can_always_be_written_and_never_turns_the_line(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert shown.replace("\u200c", "").replace("\u200d", "").isprintable()
