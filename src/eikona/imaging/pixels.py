"""Pixels of a Pillow image as an array, without a copy where its memory is one block.

Pillow's own way out repacks every pixel, which for float pixels costs half as much as decoding the
JPEG. It also exports its memory by the Arrow C data interface, which NumPy does not read; the few
fields needed are read here.

Source: Apache Arrow, "The Arrow C data interface", structure ArrowArray.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

_KINDS = {"L": "|u1", "F": "=f4"}  # element types as NumPy writes them
_RGB_KIND, _RGB_BYTES = "=u4", 4  # red, green, blue and a spare byte as one number
_STRIP_PIXELS = 2_000_000  # copied at a time where Pillow holds the image in several blocks
_VALUES = 1  # of a primitive array's two buffers; the other one marks nulls


class _ArrowArray(ctypes.Structure):
    _fields_: ClassVar = [
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.POINTER(ctypes.c_void_p)),
        ("children", ctypes.POINTER(ctypes.c_void_p)),
    ]


_pointer_in = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_in.restype = ctypes.c_void_p
_pointer_in.argtypes = [ctypes.py_object, ctypes.c_char_p]


class _Block:
    """Memory that NumPy reads in place; the array's base is this, which keeps the memory alive."""

    __slots__ = ("__array_interface__", "_owner")

    def __init__(self, address: int, image: Image.Image, kind: str, owner: object) -> None:
        self.__array_interface__ = {
            "data": (address, True),
            "shape": (image.height, image.width),
            "typestr": kind,
            "version": 3,
        }
        self._owner = owner


def pixels_of(image: Image.Image) -> NDArray[Any]:
    """Return the pixels of a loaded image of mode L or F, read-only.

    Nothing may write to the image from here on: the array would change with it. Decoders of
    animations do so, since they paste each frame into the one before.

    Returns:
        Array of shape (height, width), uint8 or float32. It may be the image's own memory, which
        it keeps alive.
    """
    kind = _KINDS[image.mode]
    try:
        return _view(image, kind)
    except (AttributeError, TypeError, ValueError):
        return _copy(image, kind)


def rgb_pixels_of(image: Image.Image) -> NDArray[np.uint32] | None:
    """Return the pixels of a loaded image of mode RGB in place, as ``pixels_of`` does.

    Returns:
        Array of shape (height, width), the four bytes of a pixel as one number; None where the
        image is not one block of memory.
    """
    try:
        return _view(image, _RGB_KIND)
    except (AttributeError, TypeError, ValueError):
        return None


def _view(image: Image.Image, kind: str) -> NDArray[Any]:
    _, capsule = image.__arrow_c_array__()
    array = _ArrowArray.from_address(_pointer_in(capsule, b"arrow_array"))
    values = image.width * image.height
    if kind == _RGB_KIND:
        _check(array, values, children=1)  # a list of four bytes for each pixel
        array, values = _ArrowArray.from_address(array.children[0]), _RGB_BYTES * values
    _check(array, values, children=0)
    return np.asarray(_Block(array.buffers[_VALUES], image, kind, capsule))


def _check(array: _ArrowArray, values: int, children: int) -> None:
    if (array.length, array.offset, array.n_children) != (values, 0, children):
        msg = "not one plain block"
        raise ValueError(msg)


def _copy(image: Image.Image, kind: str) -> NDArray[Any]:
    out = np.empty((image.height, image.width), kind)
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        strip = image.crop((0, top, image.width, bottom))
        out[top:bottom] = np.frombuffer(strip.tobytes(), kind).reshape(bottom - top, image.width)
    return out
