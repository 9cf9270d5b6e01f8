import sys

import pytest
from PIL import Image

from eikona.domain.errors import (
    CorruptImageError,
    NotAnImageError,
    OutOfMemoryError,
    TooManyPixelsError,
    TruncatedImageError,
    UnsupportedModeError,
)
from eikona.imaging.decoders import guarded, heic_is_installed, open_with
from tests.unit.imaging import builders
from tests.unit.imaging.builders import photograph, saved


def raising(error):
    def step():
        raise error

    return step


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError("image file is truncated (3 bytes not processed)"), TruncatedImageError),
        (OSError("Truncated File Read"), TruncatedImageError),
        (MemoryError(), OutOfMemoryError),
        (OSError("out of memory error when reading image file"), OutOfMemoryError),
        (Image.DecompressionBombError("bomb"), TooManyPixelsError),
        (Image.DecompressionBombWarning("bomb"), TooManyPixelsError),
        (SyntaxError("cannot handle 12-bit layers"), UnsupportedModeError),
        (SyntaxError("unknown pixel mode"), UnsupportedModeError),
        (OSError("Unsupported BMP pixel depth (7)"), UnsupportedModeError),
        (SyntaxError("not identified by this driver"), CorruptImageError),
        (EOFError("no more images in GIF file"), CorruptImageError),
        (IndexError("index out of range"), CorruptImageError),
        (AssertionError(), CorruptImageError),
        (UserWarning("as an error"), CorruptImageError),
        (RecursionError("too deep"), CorruptImageError),
        (NotAnImageError("ours already"), NotAnImageError),
    ],
)
def test_every_error_of_a_decoder_becomes_one_of_ours(error, kind):
    with pytest.raises(kind) as caught:
        guarded(raising(error))
    assert type(caught.value) is kind
    assert caught.value is error or caught.value.__cause__ is error


def test_the_message_keeps_what_the_decoder_said():
    with pytest.raises(CorruptImageError, match="broken data stream"):
        guarded(raising(OSError("broken data stream")))
    with pytest.raises(CorruptImageError, match="AssertionError"):
        guarded(raising(AssertionError()))


def test_a_known_cut_explains_any_failure_but_too_little_memory():
    with pytest.raises(TruncatedImageError):
        guarded(raising(ValueError("whatever")), cut_short=True)
    with pytest.raises(OutOfMemoryError):
        guarded(raising(MemoryError()), cut_short=True)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interrupts_pass(error):
    with pytest.raises(error):
        guarded(raising(error()))


def test_results_pass():
    assert guarded(lambda: 7) == 7


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP"])
def test_opens_each_format_with_its_own_decoder(kind):
    image = open_with(kind.lower(), saved(photograph(16, 12), kind))
    assert image.size == (16, 12)
    assert image.format == kind
    with pytest.raises(CorruptImageError):
        open_with(kind.lower(), b"something else altogether, and long enough to be a header")


def test_pillow_reads_no_exif_of_a_jpeg(monkeypatch):
    def refuse(self):
        raise AssertionError("parsed")

    monkeypatch.setattr(Image.Image, "getexif", refuse)
    data = builders.with_exif(saved(photograph(16, 12), "JPEG"), builders.exif(6))
    assert open_with("jpeg", data.replace(b"JFIF", b"JFXX")).size == (16, 12)


def test_heic_needs_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert not heic_is_installed()
    monkeypatch.setitem(sys.modules, "pillow_heif", sys)
    assert heic_is_installed()
