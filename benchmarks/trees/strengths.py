"""The 43 attacks at strengths that nothing was tuned at: milder ones and harsher ones by turns."""

from collections.abc import Mapping
from types import MappingProxyType

from eikona.imaging.alterations.attack import Attack
from eikona.imaging.alterations.catalogue import ATTACKS

# Mirrors and turns by right angles have no other strength, and are left out.
UNSEEN: Mapping[str, float] = MappingProxyType(
    {
        "bright": 1.8,
        "dark": 0.65,
        "black-and-white": 0.4,
        "colour-noise": 0.14,
        "gaussian-noise": 14,
        "speckle": 0.4,
        "crop": 0.3,
        "desaturated": 0.15,
        "saturated": 3,
        "faded": 0.6,
        "blur": 2.2,
        "sharpen": 4,
        "resize-32": 40,
        "resize-64": 52,
        "resize-128": 160,
        "resize-256": 210,
        "rotate": 65,
        "jpeg-30": 22,
        "jpeg-10": 14,
        "crop-10": 0.15,
        "crop-25": 0.2,
        "crop-50": 0.56,
        "crop-75": 0.69,
        "crop-90": 0.87,
        "rotate-5": 7,
        "rotate-15": 12,
        "rotate-45": 52,
        "rotate-10-in-place": 13,
        "meme": 0.14,
        "text": 0.17,
        "watermark": 0.4,
        "screenshot-60": 0.52,
        "screenshot-40": 0.46,
        "stretch": 1.35,
        "filter": 0.7,
        "perspective": 0.12,
        "crop-jpeg-mirror": 0.32,
        "screenshot-rotate-jpeg": 0.66,
        "meme-resize-jpeg": 0.22,
    }
)


def unseen() -> list[Attack]:
    """Return each attack that has another strength, at it."""
    return [ATTACKS[name].at(strength) for name, strength in UNSEEN.items()]
