"""What a person is told of rulings, and of pictures that are not guarded."""

import pytest

from eikona.apps.cli.quorum_view import ruling_text, troubles


def ruled(outcome, *, clear=0, review=0, block=0, alive=4):
    count = {
        "clear": clear,
        "review": review,
        "block": block,
        "alive": alive,
        "needed": alive // 2 + 1,
    }
    event = {"outcome": outcome, "took_ms": 31.2, "position": 7, "case": "5-ab", "count": count}
    return ruling_text(event)


@pytest.mark.parametrize(
    ("outcome", "count", "text"),
    [
        ("block", {"block": 3}, "3 of 4 for block, 3 are needed"),
        ("clear", {"clear": 2}, "2 of 4 clear, 3 would have to be against it"),
        ("clear", {"clear": 2, "block": 2}, "2 of 4 not clear, 3 are needed"),
        (
            "review",
            {"block": 2, "review": 1},
            "3 of 4 not clear, 2 of them for block, 3 are needed",
        ),
        ("block", {"block": 2, "alive": 3}, "2 of 3 for block, 2 are needed"),
    ],
)
def test_a_ruling_says_what_it_rests_on(outcome, count, text):
    assert ruled(outcome, **count) == f"ruled {outcome} after 31 ms, {text}; decision 7, case 5-ab"


def test_a_ruling_of_long_ago_tells_no_time():
    count = {"clear": 2, "review": 0, "block": 0, "alive": 3, "needed": 2}
    event = {"outcome": "clear", "position": 0, "case": "0-a", "count": count}
    assert ruling_text(event).startswith("ruled clear, 2 of 3")


def test_pictures_that_are_not_guarded_are_named_with_who_cannot_decode_them():
    unreadable = {"bad.jpg": ["n1", "n2"], "worse\x1b.jpg": ["n1", "n2"], "odd.avif": ["n2"]}
    status = {"reference": {"trouble": "it is gone", "unreadable": unreadable}}
    assert list(troubles(status)) == [
        "WARNING: it is gone",
        "WARNING: n1, n2 cannot decode, and find no copies of: bad.jpg, worse\\x1b.jpg",
        "WARNING: n2 cannot decode, and find no copies of: odd.avif",
    ]
    assert list(troubles(status, of_nodes=False)) == ["WARNING: it is gone"]
