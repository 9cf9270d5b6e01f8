"""Pictures of trees: every question and answer is there, whatever the tree looks like."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from eikona.adapters.tree_drawing import draw_tree
from eikona.deciding.trees.outline import outline, sureness
from eikona.deciding.trees.tree import Leaf, Split, Tree, leaves
from eikona.domain.errors import UsageError
from eikona.domain.verdict import Outcome

CLEAR = Leaf(Outcome.CLEAR, match=False, copies=0, others=900)
BLOCK = Leaf(Outcome.BLOCK, match=True, copies=900, others=0)
REVIEW = Leaf(Outcome.REVIEW, match=True, copies=30, others=10)


def tree(root):
    found = list(leaves(root))
    sums = (sum(one.copies for one in found), sum(one.others for one in found))
    return Tree(root, 0.5, *sums, {}, {})


def chain(levels):
    node = CLEAR
    for level in range(levels):
        node = Split("<pdq & co>", level, REVIEW, node)
    return Split("inliers", 5, node, BLOCK)


def texts(path):
    return [one.text for one in ET.parse(path).iter() if one.tag.endswith("text")]


@pytest.mark.parametrize("levels", [0, 1, 6])
def test_every_question_and_answer_stands_in_the_picture(levels, tmp_path):
    made = tree(chain(levels))
    draw_tree(made, tmp_path / "tree.svg")
    said = texts(tmp_path / "tree.svg")
    for leaf in leaves(made.root):
        assert sureness(made, leaf) in said
    assert said.count("<pdq & co> at most 0?") == bool(levels)
    assert said.count("inliers at most 5?") == 1
    assert said.count("yes") == said.count("no") == levels + 1


def test_a_png_shows_the_colours_of_its_outcomes(tmp_path):
    draw_tree(tree(chain(1)), tmp_path / "tree.PNG")
    pixels = np.asarray(Image.open(tmp_path / "tree.PNG").convert("RGB")).reshape(-1, 3)
    colours = {tuple(colour) for colour in np.unique(pixels, axis=0).tolist()}
    assert {(0xC8, 0x55, 0x3D), (0xDD, 0x9A, 0x2B), (0x7C, 0x94, 0x73)} <= colours


def test_other_kinds_of_picture_and_trees_that_are_too_large_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"\.svg or \.png"):
        draw_tree(tree(chain(1)), tmp_path / "tree.gif")

    def full(level):
        return REVIEW if not level else Split("pdq", 1, full(level - 1), full(level - 1))

    with pytest.raises(UsageError, match="too large for a PNG"):
        draw_tree(tree(Split("inliers", 1, full(9), BLOCK)), tmp_path / "tree.png")
    draw_tree(tree(Split("inliers", 1, full(9), BLOCK)), tmp_path / "tree.svg")
    assert texts(tmp_path / "tree.svg").count("review") == 512


def test_an_outline_has_a_line_for_each():
    lines = outline(tree(chain(1))).splitlines()
    assert lines == [
        "inliers at most 5?",
        "├ yes: <pdq & co> at most 0?",
        "│  ├ yes: review, at least 53.0 % copies (30 copies, 10 others)",
        "│  └ no:  clear, at most 0.5 % copies (0 copies, 900 others)",
        "└ no:  block, at least 99.5 % copies (900 copies, 0 others)",
    ]
