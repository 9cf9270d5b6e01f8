"""Tells image formats by their first bytes; file names are never asked."""

SNIFF_BYTES = 96  # bytes from the start of a file that ``sniff`` needs: room for 20 brands

_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_PREFIXES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"BM", "bmp"),
)
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_OTHER_PREFIXES = (
    (b"8BPS", "psd"),
    (b"\x00\x00\x00\x0cjP  ", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"\x00\x00\x00\x0cJXL ", "jpegxl"),
    (b"\xff\x0a", "jpegxl"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"\x76\x2f\x31\x01", "exr"),
    (b"gimp xcf", "xcf"),
    (b"DDS ", "dds"),
    (b"qoif", "qoi"),
)


def sniff(head: bytes) -> str | None:
    """Return the format that ``head`` begins like, or None.

    Args:
        head: the first ``SNIFF_BYTES`` bytes of a file, or all of a shorter one.

    Returns:
        One of jpeg, png, gif, webp, avif, tiff, bmp, heic.
    """
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _sniff_iso_media(head)
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return None if name == "bmp" and not _is_bitmap(head) else name
    return None


def sniff_undecodable(head: bytes) -> str | None:
    """Return the name of an image format that is known and not decoded here, or None."""
    return next((name for prefix, name in _OTHER_PREFIXES if head.startswith(prefix)), None)


def _sniff_iso_media(head: bytes) -> str | None:
    stop = min(len(head), int.from_bytes(head[:4], "big")) - 3
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, stop, 4))}
    if brands & _AVIF_BRANDS:
        return "avif"
    return "heic" if brands & _HEIF_BRANDS else None


def _is_bitmap(head: bytes) -> bool:
    """Two letters are too few to tell a bitmap from prose: ask for a known header size too."""
    return int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES
