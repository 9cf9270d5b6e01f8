"""Every attack: the 19 modifications of the poster, then 24 harder ones.

The strengths of the first list are set so that the median distances of Unihasher's published table
come out here too; where that table leaves a choice, the stronger form is taken.
"""

from collections.abc import Mapping
from types import MappingProxyType

from eikona.imaging.alterations import compound, geometry, noise, overlay, tone
from eikona.imaging.alterations.attack import Attack, Group, unchanged

_P, _H = Group.POSTER, Group.HARDER
_AREA = "of the area removed"
_SCREEN = "of the screen's area is the picture"
_SIDE = "pixels, longer side"
_ROWS = (
    Attack("bright", "bright", _P, tone.brightness, 1.6, "times as bright"),
    Attack("dark", "dark", _P, tone.brightness, 0.5, "times as bright"),
    Attack("black-and-white", "black and white", _P, tone.black_and_white, 0, "more contrast"),
    Attack("colour-noise", "colour noise", _P, noise.colour_noise, 0.1, "of the pixels"),
    Attack("gaussian-noise", "Gaussian noise", _P, noise.gaussian_noise, 20, "levels"),
    Attack("speckle", "speckle", _P, noise.speckle, 0.3, "of the level"),
    Attack("crop", "crop", _P, geometry.crop, 0.4, _AREA),
    Attack("desaturated", "desaturated", _P, tone.saturation, 0.3, "times as colourful"),
    Attack("saturated", "saturated", _P, tone.saturation, 4, "times as colourful"),
    Attack("faded", "faded", _P, tone.faded, 0.5, "hidden"),
    Attack("blur", "blur", _P, noise.blur, 3, "pixels"),
    Attack("sharpen", "sharpen", _P, noise.sharpen, 3, "times"),
    Attack("mirror", "mirrored left-right", _P, geometry.mirror, 1, ""),
    Attack("flip", "mirrored top-bottom", _P, geometry.flip, 1, ""),
    Attack("resize-32", "resized to 32", _P, geometry.longest_side, 32, _SIDE),
    Attack("resize-64", "resized to 64", _P, geometry.longest_side, 64, _SIDE),
    Attack("resize-128", "resized to 128", _P, geometry.longest_side, 128, _SIDE),
    Attack("resize-256", "resized to 256", _P, geometry.longest_side, 256, _SIDE),
    Attack("rotate", "rotated by 10 to 80°", _P, geometry.rotated_up_to, 80, "degrees at most"),
    Attack("jpeg-30", "JPEG 30", _H, unchanged, 30, "quality", quality=30),
    Attack("jpeg-10", "JPEG 10", _H, unchanged, 10, "quality", quality=10),
    Attack("crop-10", "crop removes 10 %", _H, geometry.crop, 0.1, _AREA),
    Attack("crop-25", "crop removes 25 %", _H, geometry.crop, 0.25, _AREA),
    Attack("crop-50", "crop removes 50 %", _H, geometry.crop, 0.5, _AREA),
    Attack("crop-75", "crop keeps 25 %", _H, geometry.crop, 0.75, _AREA),
    Attack("crop-90", "crop keeps 10 %", _H, geometry.crop, 0.9, _AREA),
    Attack("rotate-5", "rotated by 5°", _H, geometry.rotated, 5, "degrees"),
    Attack("rotate-15", "rotated by 15°", _H, geometry.rotated, 15, "degrees"),
    Attack("rotate-45", "rotated by 45°", _H, geometry.rotated, 45, "degrees"),
    Attack("rotate-90", "rotated by 90°", _H, geometry.rotated, 90, "degrees"),
    Attack("rotate-180", "rotated by 180°", _H, geometry.rotated, 180, "degrees"),
    Attack(
        "rotate-10-in-place",
        "rotated by 10° in place",
        _H,
        geometry.rotated_in_place,
        10,
        "degrees",
    ),
    Attack("meme", "meme bars", _H, overlay.meme_bars, 0.18, "of the height, each bar"),
    Attack("text", "text over", _H, overlay.text_over, 0.14, "of the height, letters"),
    Attack("watermark", "stock watermark", _H, overlay.stock_watermark, 0.5, "opaque"),
    Attack("screenshot-60", "screenshot, 60 %", _H, overlay.screenshot, 0.6, _SCREEN, quality=None),
    Attack("screenshot-40", "screenshot, 40 %", _H, overlay.screenshot, 0.4, _SCREEN, quality=None),
    Attack("stretch", "stretched", _H, geometry.stretch, 1.5, "times as wide"),
    Attack("filter", "colour filter", _H, tone.colour_filter, 0.6, "of it one hue"),
    Attack("perspective", "perspective", _H, geometry.perspective, 0.15, "of the sides, at most"),
    Attack(
        "crop-jpeg-mirror",
        "crop + JPEG 40 + mirror",
        _H,
        compound.crop_and_mirror,
        0.25,
        _AREA,
        quality=40,
    ),
    Attack(
        "screenshot-rotate-jpeg",
        "screenshot + 5° + JPEG 40",
        _H,
        compound.screenshot_and_rotation,
        0.6,
        _SCREEN,
        quality=40,
    ),
    Attack(
        "meme-resize-jpeg",
        "meme + half size + JPEG 40",
        _H,
        compound.meme_and_resize,
        0.18,
        "of the height, each bar",
        quality=40,
    ),
)
ATTACKS: Mapping[str, Attack] = MappingProxyType({row.name: row for row in _ROWS})
