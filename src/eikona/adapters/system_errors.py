"""Says in words what the operating system refuses with a number."""

import errno
import os

from eikona.domain.errors import NotPermittedError, SystemFailedError, UnwritableError

_DENIED = "not permitted; check owner and mode"
_WORDS = {
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "No space left on device: make room",
    errno.EDQUOT: "the disk quota is used up: make room",
    errno.ENOENT: "there is no such file or folder",
    errno.EISDIR: "that is a folder",
    errno.ENOTDIR: "a part of the path is no folder",
    errno.EMFILE: "too many files are open: raise ulimit -n",
    errno.ENAMETOOLONG: "the name is too long",
}


def reason(error: OSError) -> str:
    """Return what is wrong, such as ``not permitted; check owner and mode``."""
    known = None if error.errno is None else _WORDS.get(error.errno)
    return known or error.strerror or str(error)


def in_words(error: OSError, *, named: bool = True) -> SystemFailedError:
    """Return an error that says the same.

    Args:
        error: what the system says.
        named: whether to name the file, where there is one.
    """
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if _is_name(name)]
    text = ": ".join([*dict.fromkeys(names if named else ()), reason(error)])
    if error.errno in (errno.EACCES, errno.EPERM):
        return NotPermittedError(text)
    return SystemFailedError(text)


def unwritable(target: str | os.PathLike[str], error: OSError) -> UnwritableError:
    """Return an error that says why a file cannot be written."""
    return UnwritableError(f"{os.fspath(target)} cannot be written: {reason(error)}")


def _is_name(name: object) -> bool:
    return isinstance(name, str | bytes) and bool(name)
