"""Photographs of one kind of thing: ImageNet's classes, in the order of WordNet, by name."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from benchmarks.robustness.photos import Photo

_GROUPS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "photographs of dogs": (("n02085620", "n02113978"),),
        "photographs of birds": (("n01514668", "n01622779"), ("n01795545", "n02058221")),
        "photographs of snakes": (("n01728572", "n01756291"),),
        "photographs of cats": (("n02123045", "n02130308"),),
        "photographs of insects": (("n02165105", "n02281787"),),
        "photographs of monkeys": (("n02480495", "n02500267"),),
    }
)


def groups(photos: Sequence[Photo]) -> dict[str, list[Photo]]:
    """Return photographs by kind; kinds with fewer than two are left out."""
    found = {
        name: [
            photo
            for photo in photos
            if any(first <= photo.path.name[: len(first)] <= last for first, last in spans)
        ]
        for name, spans in _GROUPS.items()
    }
    return {name: some for name, some in found.items() if len(some) > 1}
