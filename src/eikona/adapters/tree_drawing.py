"""Draws a decision tree: questions from left to right, how many pairs take which way, answers.

One scene of rectangles, ribbons and text, written as SVG or painted as PNG.
"""

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from eikona.adapters.report.atomic_file import replacing, replacing_bytes
from eikona.deciding.trees.outline import counts, question, sureness
from eikona.deciding.trees.tree import Leaf, Node, Split, Tree, depth, leaves
from eikona.domain.errors import UsageError

_MARGIN, _TITLE = 28.0, 64.0  # pixels
_CARD_WIDTH, _CARD_HEIGHT = 210.0, 62.0
_STEP_X, _STEP_Y = 300.0, 82.0  # from one question to the next, from one answer to the next
_RIBBON = (2.0, 30.0)  # of no pair, of all pairs of one kind
_SAMPLES = 24  # points of a curve
_FONTS = "Inter, Helvetica, Arial, sans-serif"
_FINE = 2  # times as large as it will be is a PNG painted
_MOST_PIXELS = 60_000_000  # of a PNG while it is painted

_PAPER, _INK, _FAINT, _LINE = "#fbfaf7", "#1d2126", "#6d747c", "#d9d6cf"
_COPIES, _OTHERS = "#c8553d", "#8fa3b0"
_TONE = {"block": "#c8553d", "review": "#dd9a2b", "clear": "#7c9473"}


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    width: float
    height: float
    fill: str
    edge: str | None = None
    round_by: float = 0.0


@dataclass(frozen=True, slots=True)
class _Words:
    x: float
    y: float  # of the middle of the letters
    text: str
    size: float
    fill: str
    anchor: str = "l"  # or m, r


@dataclass(frozen=True, slots=True)
class _Ribbon:
    points: tuple[tuple[float, float], ...]
    width: float
    fill: str


Shape = _Box | _Words | _Ribbon


@dataclass(frozen=True, slots=True)
class _Scene:
    width: float
    height: float
    shapes: Sequence[Shape]


def draw_tree(tree: Tree, target: Path) -> None:
    """Write a picture of ``tree``; the suffix of ``target`` says of which kind.

    Raises:
        UsageError: the suffix is none of .svg and .png, or the tree is too large for a PNG.
        UnwritableError: it cannot be written.
    """
    scene = _scene(tree)
    kind = target.suffix.lower()
    if kind == ".svg":
        with replacing(target) as page:
            page.write(_svg(scene))
    elif kind == ".png":
        with replacing_bytes(target) as file:
            _painted(scene).save(file, "PNG", optimize=True)
    else:
        raise UsageError(f"{target.name}: a tree is drawn as .svg or .png, name one of them")


def _scene(tree: Tree) -> _Scene:
    rows = len(list(leaves(tree.root)))
    width = 2 * _MARGIN + depth(tree.root) * _STEP_X + _CARD_WIDTH
    height = 2 * _MARGIN + _TITLE + rows * _STEP_Y
    ribbons: list[Shape] = []
    cards: list[Shape] = []
    _Layout(tree, ribbons, cards).place(tree.root, 0, 0)
    return _Scene(width, height, [*_title(tree, width), *ribbons, *cards])


def _title(tree: Tree, width: float) -> Iterator[Shape]:
    kinds = f"{tree.copies:,} pairs of copies and {tree.others:,} of others"
    yield _Words(_MARGIN, _MARGIN + 8, f"Grown from {kinds}", 19, _INK)
    shares = f"shares hold where {100 * tree.prior:g} % of all pairs are copies"
    yield _Words(_MARGIN, _MARGIN + 34, shares, 13, _FAINT)
    for place, (name, fill) in enumerate((("others", _OTHERS), ("copies", _COPIES))):
        right = width - _MARGIN - place * 86
        yield _Words(right, _MARGIN + 34, name, 13, _FAINT, "r")
        yield _Box(right - 64, _MARGIN + 29, 10, 10, fill, round_by=2)


@dataclass(frozen=True, slots=True)
class _Layout:
    tree: Tree
    ribbons: list[Shape]
    cards: list[Shape]

    def place(self, node: Node, level: int, row: int) -> tuple[float, int]:
        """Draw what is below; return the middle of the node's card, and the rows it took."""
        left = _MARGIN + level * _STEP_X
        if isinstance(node, Leaf):
            middle = _MARGIN + _TITLE + (row + 0.5) * _STEP_Y
            self.cards.extend(_answer_card(self.tree, node, left, middle))
            return middle, 1
        yes_at, yes_rows = self.place(node.yes, level + 1, row)
        no_at, no_rows = self.place(node.no, level + 1, row + yes_rows)
        middle = (yes_at + no_at) / 2
        for child, word, at in ((node.yes, "yes", yes_at), (node.no, "no", no_at)):
            self._ways(child, word, (left + _CARD_WIDTH, middle), (left + _STEP_X, at))
        self.cards.extend(_question_card(node, left, middle))
        return middle, yes_rows + no_rows

    def _ways(
        self, child: Node, word: str, start: tuple[float, float], end: tuple[float, float]
    ) -> None:
        """Draw two ribbons side by side: copies above others, as wide as they are many."""
        copies, others = _shares(self.tree, child)
        whole = copies + others
        for width, fill, off in (
            (copies, _COPIES, -others / 2),
            (others, _OTHERS, copies / 2),
        ):
            y, z = start[1] + off, end[1] + off
            self.ribbons.append(_Ribbon(_curve((start[0], y), (end[0], z)), width, fill))
        lift = -whole / 2 - 10 if end[1] <= start[1] else whole / 2 + 10
        self.cards.append(_Words(end[0] - 12, end[1] + lift, word, 13, _FAINT, "r"))


def _question_card(split: Split, left: float, middle: float) -> Iterator[Shape]:
    half = _CARD_HEIGHT / 2 - 8
    yield _Box(left, middle - half, _CARD_WIDTH, 2 * half, "#ffffff", _LINE, 10)
    yield _Words(left + _CARD_WIDTH / 2, middle, f"{question(split)}?", 15, _INK, "m")


def _answer_card(tree: Tree, leaf: Leaf, left: float, middle: float) -> Iterator[Shape]:
    tone, top = _TONE[leaf.outcome], middle - _CARD_HEIGHT / 2
    yield _Box(left, top, _CARD_WIDTH, _CARD_HEIGHT, "#ffffff", _LINE, 10)
    yield _Box(left, top, 8, _CARD_HEIGHT, tone, None, 4)
    yield _Words(left + 22, middle - 16, str(leaf.outcome), 16, tone)
    yield _Words(left + _CARD_WIDTH - 12, middle - 16, sureness(tree, leaf), 12, _INK, "r")
    whole = _CARD_WIDTH - 34
    copies = whole * tree.share(leaf)
    yield _Box(left + 22, middle - 2, whole, 7, _OTHERS, None, 2)
    yield _Box(left + 22, middle - 2, copies, 7, _COPIES, None, 2)
    yield _Words(left + 22, middle + 19, counts(leaf), 12, _FAINT)


def _shares(tree: Tree, node: Node) -> tuple[float, float]:
    """Return how wide the ribbons of copies and of others are."""
    found = list(leaves(node))
    least, most = _RIBBON

    def width(part: int, whole: int) -> float:
        return (least + (most - least) * math.sqrt(part / whole)) / 2 if part else 0.0

    return (
        width(sum(leaf.copies for leaf in found), tree.copies),
        width(sum(leaf.others for leaf in found), tree.others),
    )


def _curve(start: tuple[float, float], end: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    points = []
    for step in range(_SAMPLES + 1):
        share = step / _SAMPLES
        smooth = share * share * (3 - 2 * share)
        points.append(
            (
                start[0] + (end[0] - start[0]) * share,
                start[1] + (end[1] - start[1]) * smooth,
            )
        )
    return tuple(points)


def _svg(scene: _Scene) -> str:
    size = f'width="{scene.width:.0f}" height="{scene.height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONTS}">',
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>',
        *(_svg_shape(shape) for shape in scene.shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _svg_shape(shape: Shape) -> str:
    if isinstance(shape, _Box):
        edge = f' stroke="{shape.edge}"' if shape.edge else ""
        return (
            f'<rect x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}"'
            f' height="{shape.height:.1f}" rx="{shape.round_by:g}" fill="{shape.fill}"{edge}/>'
        )
    if isinstance(shape, _Words):
        anchor = {"l": "start", "m": "middle", "r": "end"}[shape.anchor]
        return (
            f'<text x="{shape.x:.1f}" y="{shape.y + shape.size * 0.35:.1f}" fill="{shape.fill}"'
            f' font-size="{shape.size:g}" text-anchor="{anchor}">{html.escape(shape.text)}</text>'
        )
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.points)
    return (
        f'<polyline points="{points}" fill="none" stroke="{shape.fill}"'
        f' stroke-width="{shape.width:.1f}" stroke-opacity="0.55"/>'
    )


def _painted(scene: _Scene) -> Image.Image:
    """Paint a scene, larger than it will be so that edges are smooth.

    Raises:
        UsageError: it would be too large.
    """
    size = (math.ceil(scene.width) * _FINE, math.ceil(scene.height) * _FINE)
    if math.prod(size) > _MOST_PIXELS:
        raise UsageError("the tree is too large for a PNG: draw it as .svg, or train less --depth")
    image = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(image, "RGBA")
    for shape in scene.shapes:
        if isinstance(shape, _Box):
            _paint_box(draw, shape)
        elif isinstance(shape, _Words):
            font = ImageFont.load_default(shape.size * _FINE)
            at = (shape.x * _FINE, shape.y * _FINE)
            draw.text(at, shape.text, shape.fill, font, anchor=f"{shape.anchor}m")
        else:
            _paint_ribbon(draw, shape)
    return image.reduce(_FINE)


def _paint_box(draw: ImageDraw.ImageDraw, box: _Box) -> None:
    if box.width <= 0:
        return
    corners = (box.x, box.y, box.x + box.width, box.y + box.height)
    radius = min(box.round_by, box.width / 2, box.height / 2) * _FINE
    draw.rounded_rectangle(
        tuple(corner * _FINE for corner in corners), radius, box.fill, box.edge, _FINE
    )


def _paint_ribbon(draw: ImageDraw.ImageDraw, ribbon: _Ribbon) -> None:
    if not ribbon.width:
        return
    half = ribbon.width / 2
    above = [(x * _FINE, (y - half) * _FINE) for x, y in ribbon.points]
    below = [(x * _FINE, (y + half) * _FINE) for x, y in ribbon.points]
    draw.polygon([*above, *reversed(below)], f"{ribbon.fill}8c")
