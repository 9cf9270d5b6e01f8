"""Chooses which picture of a group of copies to keep, and which ones are then redundant.

A file is redundant only where nothing is lost without it: it is a copy of the kept one itself, not
of something in between; of an animation, of which only the first frame is compared, every byte is
the same; and it has bytes of its own, which another name of the kept file and a link do not have.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What becomes of a picture when the best one of its group is kept."""

    KEPT = "kept"
    REDUNDANT = "redundant"
    SAME_FILE = "same-file"  # another name of the kept file
    LINK = "link"  # a symbolic link
    UNSURE = "unsure"  # a person should look


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFile:
    """What decides about one picture of a group.

    Attributes:
        name: its path.
        pixels: width times height.
        frames: 1 for a still image.
        has_few_colours: whether its format holds 256 colours at most.
        size_bytes: of the file.
        modified_ns: when it was last changed, nanoseconds since 1970.
        identity: device and number of the file; equal for two names of one file.
        is_link: whether the path is a symbolic link.
    """

    name: str
    pixels: int
    frames: int
    has_few_colours: bool
    size_bytes: int
    modified_ns: int
    identity: tuple[int, int]
    is_link: bool


def best_of(files: Mapping[int, CopyFile]) -> int:
    """Return the number of the file to keep.

    Files come before links; then the most pixels, many colours before few (a photograph saved as
    GIF often has more bytes than the JPEG it was made from), the most bytes (the least
    compression), the oldest, and at last the first by name decide.
    """

    def rank(number: int) -> tuple[bool, int, bool, int, int, str]:
        file = files[number]
        few = file.has_few_colours
        return (file.is_link, -file.pixels, few, -file.size_bytes, file.modified_ns, file.name)

    return min(files, key=rank)


def roles_in(
    files: Mapping[int, CopyFile],
    kept: int,
    *,
    is_copy: Callable[[int, int], bool],
    same_bytes: Callable[[Sequence[int]], bool],
) -> dict[int, Role]:
    """Return what becomes of each file of a group.

    Args:
        files: of the group, by number.
        kept: the one to keep.
        is_copy: whether the rule takes one picture for a copy of another, directly.
        same_bytes: whether files are the same byte for byte.
    """
    best = files[kept]
    roles = {}
    for number, file in files.items():
        if number == kept:
            roles[number] = Role.KEPT
        elif file.is_link:
            roles[number] = Role.LINK
        elif file.identity == best.identity:
            roles[number] = Role.SAME_FILE
        elif (file.frames == 1 == best.frames and is_copy(number, kept)) or (
            file.size_bytes == best.size_bytes and same_bytes((number, kept))
        ):
            roles[number] = Role.REDUNDANT
        else:
            roles[number] = Role.UNSURE
    return roles
