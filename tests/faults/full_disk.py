"""Disks that a test can fill: small ones of their own, or processes that may write nothing."""

import contextlib
import os
import resource
import shutil
import subprocess
import threading
from pathlib import Path

_KIBIBYTE = 1024


def put_on_small_disk(folder: Path, *, kibibytes: int) -> bool:
    """Move a folder to a file system of its own; return whether this machine allows that."""
    beside = folder.with_name(f"{folder.name}.beside")
    folder.rename(beside)
    folder.mkdir(mode=0o700)
    size = f"size={kibibytes}k,mode=700"
    told = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", os.fspath(folder)]
    try:
        is_mounted = subprocess.run(told, check=False, capture_output=True).returncode == 0
    except OSError:
        is_mounted = False
    if not is_mounted:
        folder.rmdir()
        beside.rename(folder)
        return False
    shutil.copytree(beside, folder, dirs_exist_ok=True)
    shutil.rmtree(beside)
    return True


def take_from_small_disk(folder: Path) -> None:
    """Give the disk up, with all that is on it."""
    subprocess.run(["umount", "-l", os.fspath(folder)], check=True)


@contextlib.contextmanager
def filled(folder: Path):
    """Leave no room on a small disk until the block ends."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        for size in (64 * _KIBIBYTE, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    try:
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def nothing_written(pids):
    """Let processes, and those that come in their place, write to no file until the block ends.

    Args:
        pids: returns their numbers.
    """
    is_over = threading.Event()

    def limit(most):
        for pid in pids():
            with contextlib.suppress(OSError):
                _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))

    def keep_limiting():
        while not is_over.wait(0.1):
            limit(0)

    limit(0)
    thread = threading.Thread(target=keep_limiting)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        limit(resource.RLIM_INFINITY)
