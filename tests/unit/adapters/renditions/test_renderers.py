"""Renderers live on, whatever a picture does to one of their processes."""

import io
import os
import signal

import pytest
from PIL import Image

from eikona.adapters.renditions.renderers import Renderers
from eikona.domain.errors import DecoderCrashedError, DecodeTimeoutError, TruncatedImageError
from tests.unit.apps.api.served import a_picture


@pytest.fixture
def renderers():
    made = Renderers(count=1, timeout_s=60)
    yield made
    made.close()


def process_of(renderers):
    return renderers._all[0]._process


def test_small_sides_and_upright_pixels(renderers):
    rendered = renderers(a_picture(size=(3000, 1500)))
    assert (rendered.width, rendered.height) == (2048, 1024)
    assert Image.open(io.BytesIO(rendered.thumbnail)).size == (480, 240)
    over_white = io.BytesIO()
    Image.new("RGBA", (30, 20), (255, 0, 0, 0)).save(over_white, "PNG")
    shown = Image.open(io.BytesIO(renderers(over_white.getvalue()).picture))
    assert shown.getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_that_fails_leaves_the_process_alone(renderers):
    renderers(a_picture())
    before = process_of(renderers).pid
    with pytest.raises(TruncatedImageError):
        renderers(a_picture()[:-200])
    assert process_of(renderers).pid == before


def test_a_process_that_dies_is_replaced(renderers):
    renderers(a_picture())
    before = process_of(renderers).pid
    os.kill(before, signal.SIGKILL)
    process_of(renderers).wait()
    with pytest.raises(DecoderCrashedError):
        renderers(a_picture())
    assert renderers(a_picture()).width == 60
    assert process_of(renderers).pid != before


def test_a_process_that_takes_too_long_is_replaced(renderers):
    renderers(a_picture())
    os.kill(process_of(renderers).pid, signal.SIGSTOP)
    renderers._timeout_s = 0.2
    with pytest.raises(DecodeTimeoutError):
        renderers(a_picture())
    renderers._timeout_s = 60
    assert renderers(a_picture()).width == 60


def test_closing_leaves_no_process(renderers):
    renderers(a_picture())
    process = process_of(renderers)
    renderers.close()
    assert process.returncode is not None
