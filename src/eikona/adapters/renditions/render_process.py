"""The inside of a renderer: takes encoded pictures, answers renditions, ends with its parent."""

import contextlib
import io
import os
import signal
import socket
import sys

from eikona.adapters.quorum.channel import BrokenChannelError, Channel
from eikona.adapters.worker import use_one_thread_each

SIDE_PX = 2048  # longer side of what is shown
THUMBNAIL_SIDE_PX = 480
_QUALITY = 88  # of JPEG
_THUMBNAIL_QUALITY = 80
_MEMORY_BYTES = 4 << 30  # address space


def main() -> None:
    """Answer until the other end closes."""
    use_one_thread_each()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides when this ends
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    with contextlib.suppress(BrokenChannelError):
        channel.send({"ready": True})
        _bound_memory()
        _serve(channel)
    os._exit(0)


def _serve(channel: Channel) -> None:
    from eikona.domain.errors import EikonaError  # noqa: PLC0415

    while True:
        _, picture = channel.receive(None)
        try:
            header, body = render(picture)
        except EikonaError as error:
            channel.send({"error": error.code, "message": str(error)})
            continue
        channel.send(header, body)


def render(picture: bytes) -> tuple[dict[str, int], bytes]:
    """Return the rendition's width, height and length, and it with the thumbnail after it.

    Raises:
        InvalidImageError: the picture does not decode, or asks for too much.
    """
    from eikona.domain.limits import DEFAULT_LIMITS  # noqa: PLC0415
    from eikona.imaging.colour import decode_colour  # noqa: PLC0415  imports NumPy and Pillow

    image = decode_colour(picture, side=SIDE_PX, limits=DEFAULT_LIMITS)
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX))
    parts = []
    for one, quality in ((image, _QUALITY), (small, _THUMBNAIL_QUALITY)):
        out = io.BytesIO()
        one.info.clear()  # nothing of the file but its pixels is in it
        one.save(out, "JPEG", quality=quality, exif=b"", icc_profile=None, comment=b"")
        parts.append(out.getvalue())
    header = {"width": image.width, "height": image.height, "bytes": len(parts[0])}
    return header, b"".join(parts)


def _bound_memory() -> None:
    if sys.platform == "linux":
        import resource  # noqa: PLC0415  not everywhere

        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


if __name__ == "__main__":
    main()
