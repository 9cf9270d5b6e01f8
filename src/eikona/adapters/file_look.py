"""What a file looks like from outside, to tell later whether it is still the same.

It is when its absolute path, size, time of modification and time of change of its inode are; the
last cannot be set back by those who replace a file and keep its time. A file that changed so
shortly before it was looked at that its next change could bear the same time is not settled.
"""

import os
import stat
from dataclasses import dataclass

_COARSE_NS = 2_000_000_000  # the coarsest file times, FAT's
_FINE_NS = 100_000_000  # ten times the tick that other file systems have
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """A file as it was when it was looked at.

    Attributes:
        path: absolute, links not followed.
        stamp: what changes when the file does.
        settled: whether its next change is sure to bear another time.
    """

    path: bytes
    stamp: str
    settled: bool


def look_at(path: str, now_ns: int) -> Look | None:
    """Look at a file without reading it; None where there is no regular file.

    Args:
        path: of the file; where it is a link, what it leads to is looked at.
        now_ns: the time, nanoseconds since 1970.
    """
    try:
        status = os.stat(path)  # noqa: PTH116  a Path for each file would cost more than this
        absolute = os.fsencode(os.path.abspath(path))  # noqa: PTH100
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    modified, changed = status.st_mtime_ns, status.st_ctime_ns
    return Look(
        path=absolute,
        stamp=f"{status.st_size} {modified} {changed}",
        settled=is_settled(modified_ns=modified, changed_ns=changed, now_ns=now_ns),
    )


def is_settled(*, modified_ns: int, changed_ns: int, now_ns: int) -> bool:
    """Whether a change from now on would show in a file's times, however coarse they are.

    Args:
        modified_ns: time of modification, which programs may set to what they like.
        changed_ns: time of change of the inode, which only the system sets.
        now_ns: when the file was looked at.
    """
    # Whole seconds are what coarse file systems have, and what archives give their files.
    tick = _COARSE_NS if modified_ns % _SECOND_NS == 0 else _FINE_NS
    return abs(now_ns - modified_ns) > tick and changed_ns < now_ns - tick
