"""What an image may ask of the machine that decodes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that are checked before pixels are decoded.

    Attributes:
        max_bytes: largest encoded file, in bytes.
        max_pixels: largest width times height of one frame, in pixels.
        max_frames: most frames of an animation.
        max_animation_pixels: largest width times height times frames where several frames are
            read, in pixels.
    """

    max_bytes: int = 50_000_000
    max_pixels: int = 100_000_000
    max_frames: int = 500
    max_animation_pixels: int = 1_000_000_000


DEFAULT_LIMITS = Limits()
