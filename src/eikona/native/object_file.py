"""Compiled kernels on disk, for this processor and this source, checked before they are loaded.

Code that lies in a file is run, so it is taken only from a file and folder that nobody but this
user or root can write to, and only if it is whole.
"""

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
        path = folder / _name()
        if _is_ours(folder) and _is_ours(path):
            content = path.read_bytes()
            code = content[len(_FIRST_LINE) + _DIGEST_BYTES :]
            head = _FIRST_LINE + hashlib.sha256(code).digest()
            if content.startswith(head):
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
    if sys.platform == "darwin":
        yield Path.home() / "Library" / "Caches" / "eikona" / "kernels"
    else:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        yield Path(cache) / "eikona" / "kernels"


def _is_ours(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
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
