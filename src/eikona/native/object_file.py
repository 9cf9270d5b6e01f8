"""Compiled kernels on disk, for this processor and this source, checked before they are loaded.

Code that lies in a file is run, so it is taken only from a file and folder that nobody but this
user or root can write to, and only if it is whole.
"""

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_FIRST_LINE = b"eikona kernels 1\n"
_SHARED_WRITE = stat.S_IWGRP | stat.S_IWOTH
_DIGEST_BYTES = 32


def any_stored() -> bool:
    """Whether there may be something to load: cheaper to know than what, which LLVM must say."""
    return any(next(folder.glob("*.o"), None) is not None for folder in _folders())


def read_stored() -> bytes | None:
    """Return the object code for this processor and source, if it is there and can be trusted."""
    for folder in _folders():
        content = _trusted_bytes(folder)
        code = content[len(_FIRST_LINE) + _DIGEST_BYTES :]
        if content.startswith(_FIRST_LINE + hashlib.sha256(code).digest()):
            return code
    return None


def store(code: bytes) -> bool:
    """Keep object code where it can be kept, all of it or nothing, and tell whether it could."""
    for folder in _folders():
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            _write(folder, _FIRST_LINE + hashlib.sha256(code).digest() + code)
        except OSError:
            continue
        return True
    return False


def _write(folder: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(folder / _name())
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _folders() -> Iterator[Path]:
    """Yield where kernels may lie: with the environment, which all its users share, or the user."""
    if sys.prefix != sys.base_prefix:
        yield Path(sys.prefix) / "share" / "eikona" / "kernels"
    with contextlib.suppress(RuntimeError):  # a user without a home
        yield _user_cache() / "eikona" / "kernels"


def _user_cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    # An empty or relative value is to be ignored: XDG Base Directory Specification 0.8.
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return cache if cache.is_absolute() else Path.home() / ".cache"


def _trusted_bytes(folder: Path) -> bytes:
    """Return what the file for this processor and source holds; nothing where it is not ours.

    The file that is read is the one that was looked at, whatever its path leads to by then.
    """
    try:
        descriptor = os.open(folder / _name(), os.O_RDONLY | os.O_NONBLOCK)  # a pipe would wait
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and _is_ours(status) and _is_ours(folder.stat()):
                return file.read()
    except OSError:
        pass
    return b""


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid in {0, os.getuid()} and not status.st_mode & _SHARED_WRITE


def _name() -> str:
    """Name all that decides what the code is: the source, the compiler, the processor."""
    import llvmlite.binding as llvm  # noqa: PLC0415  slow to import

    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    features = llvm.get_host_cpu_features().flatten()
    for fact in (llvm.llvm_version_info, llvm.get_host_cpu_name(), features):
        digest.update(repr(fact).encode())
    return f"{digest.hexdigest()[:32]}.o"
