"""Which picture is made from which, and which pairs are scored."""

import pytest

from eikona.domain.errors import UnlabelledError
from eikona.services.label_pairs import Folder, NamedPair, Originals, pairs

NAMED = ("in/cat.jpg", "in/cat-2.jpg", "in/0.png", "in/ünï.jpg")


@pytest.mark.parametrize(
    ("altered", "original"),
    [
        ("out/cat.png", "in/cat.jpg"),
        ("out/deep/cat_cropped.jpg", "in/cat.jpg"),
        ("out/bright_cat.jpg", "in/cat.jpg"),
        ("out/cat (1).jpg", "in/cat.jpg"),
        ("out/cat.crop.jpg", "in/cat.jpg"),
        ("out/cat-2.jpg", "in/cat-2.jpg"),
        ("out/cat-2-dark.jpg", "in/cat-2.jpg"),
        ("out/dark-cat-2.jpg", "in/cat-2.jpg"),
        ("out/cat-3.jpg", "in/cat.jpg"),
        ("out/rotated_0.png", "in/0.png"),
        ("out/ünï-grey.png", "in/ünï.jpg"),
    ],
)
def test_an_altered_picture_carries_its_originals_name(altered, original):
    assert Originals(NAMED).of(altered) == original


@pytest.mark.parametrize("altered", ["out/dog.jpg", "out/cats.jpg", "out/10.png", "out/Cat.jpg"])
def test_other_names_are_of_no_original(altered):
    with pytest.raises(UnlabelledError, match="no original's name"):
        Originals(NAMED).of(altered)


def test_names_that_fit_two_originals_are_refused():
    both = Originals(["in/a.jpg", "in/b.jpg", "in/x/c.jpg", "in/y/c.png"])
    with pytest.raises(UnlabelledError, match=r"in/a\.jpg or of in/b\.jpg"):
        both.of("out/a-b.jpg")
    with pytest.raises(UnlabelledError, match=r"in/x/c\.jpg or of in/y/c\.png"):
        both.of("out/c.jpg")


OF = {f"out/{number}-x.jpg": f"in/{number}.jpg" for number in range(50)}
EVERY = [*OF.values(), "in/unused.jpg"]


def test_balanced_pairs_are_each_with_its_own_and_one_other():
    found = list(pairs(OF, EVERY, every_pair=False, seed=3))
    assert [one.altered for one in found] == [name for name in OF for _ in range(2)]
    assert all((one.original == OF[one.altered]) is one.is_copy for one in found)
    assert [one.is_copy for one in found] == [True, False] * 50
    assert found == list(pairs(OF, EVERY, every_pair=False, seed=3))
    assert found != list(pairs(OF, EVERY, every_pair=False, seed=4))


def test_others_are_drawn_evenly():
    drawn = dict.fromkeys(("a", "b", "c"), 0)
    for seed in range(600):
        _, other = pairs({"b-x": "b"}, ["a", "b", "c"], every_pair=False, seed=seed)
        drawn[other.original] += 1
    assert drawn["b"] == 0
    assert 240 < drawn["a"] < 360


def test_every_pair_is_each_with_each():
    found = set(pairs(OF, EVERY, every_pair=True, seed=0))
    assert found == {NamedPair(a, o, OF[a] == o) for a in OF for o in EVERY}


def test_one_original_alone_has_no_other():
    assert list(pairs({"a-x": "a"}, ["a"], every_pair=False, seed=0)) == [
        NamedPair("a-x", "a", True)
    ]


def test_pictures_are_found_by_path_or_name():
    folder = Folder("in", ["in/a.jpg", "in/x/b.jpg", "in/x/c.jpg", "in/y/c.jpg"])
    assert folder.find("in/a.jpg") == folder.find("a.jpg") == "in/a.jpg"
    assert folder.find("x/b.jpg") == folder.find("b.jpg") == "in/x/b.jpg"
    assert folder.find("x/c.jpg") == "in/x/c.jpg"
    with pytest.raises(UnlabelledError, match="2 pictures are"):
        folder.find("c.jpg")
    with pytest.raises(UnlabelledError, match="no picture is"):
        folder.find("d.jpg")
