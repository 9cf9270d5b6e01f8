import itertools

import pytest

from eikona.services.keep_best import CopyFile, Role, best_of, roles_in


def file(name, **changes):
    facts = {
        "pixels": 100,
        "frames": 1,
        "has_few_colours": False,
        "size_bytes": 50,
        "modified_ns": 7,
        "identity": (1, name),
        "is_link": False,
    }
    return CopyFile(name=name, **(facts | changes))


# Each is better than all that follow.
RANKED = [
    file("x", pixels=200, size_bytes=1),
    file("w", size_bytes=60, modified_ns=9),
    file("v", modified_ns=3),
    file("a"),
    file("b"),
    file("g", size_bytes=900, has_few_colours=True),
    file("link", pixels=900, size_bytes=900, is_link=True),
]


def test_pixels_then_colours_then_bytes_then_age_then_name_decide_and_links_come_last():
    for some in itertools.permutations(RANKED, 3):
        expected = min(some, key=RANKED.index)
        assert some[best_of(dict(enumerate(some)))] is expected


@pytest.mark.parametrize(
    ("other", "copy", "same", "role"),
    [
        (file("b"), True, False, Role.REDUNDANT),
        (file("b"), False, True, Role.REDUNDANT),
        (file("b"), False, False, Role.UNSURE),  # joined by something in between
        (file("b", is_link=True), True, True, Role.LINK),
        (file("b", identity=(1, "a")), True, True, Role.SAME_FILE),
        (file("b", frames=9), True, False, Role.UNSURE),  # only first frames were compared
        (file("b", frames=9), True, True, Role.REDUNDANT),
        (file("b", size_bytes=51), False, True, Role.UNSURE),
    ],
)
def test_what_becomes_of_the_others(other, copy, same, role):
    roles = roles_in(
        {4: file("a"), 8: other}, 4, is_copy=lambda *_: copy, same_bytes=lambda _: same
    )
    assert roles == {4: Role.KEPT, 8: role}


def test_still_copies_of_an_animation_are_looked_at_by_a_person():
    roles = roles_in(
        {0: file("a", frames=9), 1: file("b")},
        0,
        is_copy=lambda *_: True,
        same_bytes=lambda _: False,
    )
    assert roles[1] is Role.UNSURE
