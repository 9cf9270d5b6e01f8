"""Makes the environment of a checkout, brings it up to date, removes it."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bootstrap.checkout import Checkout, Level
from bootstrap.failures import SetupError, failed_command, failed_file, missing_modules
from bootstrap.progress import Progress, say

if sys.platform != "win32":
    import fcntl

_PIP = (
    "-I",
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-input",
    "--progress-bar=off",
)
_PINNED = ("--require-hashes", "--no-deps", "--only-binary=:all:", "--retries=3")
_PROJECT = ("--no-build-isolation", "--no-index", "--no-deps", "--editable")
_NOT_FOR_MUSL = frozenset({"llvmlite", "numba"})  # optional, and without wheels for that C library
# settings of a user's that would send packages elsewhere than into the environment
_PIP_PLACES = ("PIP_CONSTRAINT", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET")


def ensure(checkout: Checkout, level: Level) -> None:
    """Make or update the environment so that it serves ``level``.

    Raises:
        SetupError: it cannot be done; the message gives the remedy.
    """
    try:
        with _alone(checkout) as lock:
            if not checkout.is_ready(level):  # another process may have done it meanwhile
                _Builder(checkout, lock).build(level)
    except OSError as error:
        raise failed_file(error, checkout.root) from error


def remove(checkout: Checkout, paths: Sequence[Path]) -> None:
    """Remove files and folders of the checkout, the stamp of its environment first.

    Raises:
        SetupError: something cannot be removed.
    """
    try:
        with _alone(checkout):
            for path in (checkout.stamp, *paths):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
    except OSError as error:
        raise failed_file(error, checkout.root) from error


@contextmanager
def _alone(checkout: Checkout) -> Iterator[tuple[int, ...]]:
    """Keep every other process from changing the environment.

    The lock is on the checkout's folder, so no file of it is left behind. Yields the descriptors
    that children must inherit: the lock then outlives a killed parent until its pip has ended too.
    """
    if sys.platform == "win32":
        yield ()
        return
    folder = os.open(checkout.root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run is setting Eikona up; waiting for it to end.")
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError:
            say("This file system has no locks: run one set-up at a time.")
        yield (folder,)
    finally:
        os.close(folder)


class _Builder:
    """One run of set-up, under the lock."""

    def __init__(self, checkout: Checkout, lock: tuple[int, ...]) -> None:
        self._checkout = checkout
        self._lock = lock

    def build(self, level: Level) -> None:
        """Make the environment anew if its packages changed, else install Eikona alone."""
        checkout = self._checkout
        missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
        if missing:
            raise missing_modules(missing, sys.executable)
        stamp = checkout.read_stamp()
        if any(word.startswith("test:") for word in stamp):
            level = "test"  # what the tests need, once there, is kept
        packages = frozenset({checkout.packages_word("run"), checkout.packages_word(level)})
        anew = not packages <= stamp
        say(f"Setting Eikona up in {checkout.venv}")
        progress = Progress(steps=3 if anew else 1)
        try:
            if anew:
                self._make_anew(level, progress)
                checkout.write_stamp(packages)
            progress.step("Installing Eikona")
            self._pip(*_PROJECT, str(checkout.root))
            checkout.write_stamp(packages | {checkout.project_word()})
            progress.detail("compiling")
            with suppress(SetupError):  # what is not compiled is only slower
                self._run([str(checkout.python), "-I", "-m", "eikona.native"])
        finally:
            elapsed_s = progress.stop()
        say(f"Eikona is set up ({elapsed_s:.0f} s).")

    def _make_anew(self, level: Level, progress: Progress) -> None:
        checkout = self._checkout
        progress.step("Making the environment")
        checkout.log.unlink(missing_ok=True)
        checkout.stamp.unlink(missing_ok=True)
        if checkout.venv.exists():
            shutil.rmtree(checkout.venv)
        # this Python may live in an environment, even in the one just removed: use the one below it
        python = getattr(sys, "_base_executable", None) or sys.executable
        self._run([python, "-I", "-m", "venv", str(checkout.venv)])

        lock = checkout.lock(level)
        if "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or ""):
            lock = checkout.venv / lock.name
            pins = checkout.lock(level).read_text(encoding="ascii")
            lock.write_text(without(_NOT_FOR_MUSL, pins), encoding="ascii")
        total = len(re.findall(r"^\w", lock.read_text(encoding="ascii"), re.MULTILINE))
        progress.step(f"Installing {total} packages")
        self._pip(*_PINNED, "--requirement", str(lock), follow=_counter(total, progress))

    def _pip(self, *arguments: str, follow: Callable[[str], None] | None = None) -> None:
        environment = {name: text for name, text in os.environ.items() if name not in _PIP_PLACES}
        environment["PIP_USER"] = "0"
        self._run([str(self._checkout.python), *_PIP, *arguments], environment, follow)

    def _run(
        self,
        command: Sequence[str],
        environment: dict[str, str] | None = None,
        follow: Callable[[str], None] | None = None,
    ) -> None:
        """Run a command with its output kept in the log, each line shown to ``follow``."""
        output: list[str] = []
        with (
            self._checkout.log.open("a", encoding="utf-8") as log,
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=self._lock,
                encoding="utf-8",
                errors="replace",
            ) as process,
        ):
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join(command)}\n")
            for line in process.stdout or ():
                log.write(line)
                output.append(line.rstrip())
                if follow:
                    follow(line)
        if process.returncode != 0:
            raise failed_command(output, self._checkout.log)


def without(names: Collection[str], pins: str) -> str:
    """Return the lines of a lock file but those of the packages named."""
    packages = re.split(r"(?m)^(?=\S)", pins)
    return "".join(one for one in packages if re.split("[= ]", one)[0] not in names)


def _counter(total: int, progress: Progress) -> Callable[[str], None]:
    """Return what turns pip's lines into the count of packages that it has come to."""
    count = 0

    def follow(line: str) -> None:
        nonlocal count
        if line.startswith(("Collecting ", "Ignoring ")):
            count += 1
            progress.detail(f"{count} of {total}: {re.split('[ =:]', line)[1]}")
        elif line.startswith("Installing collected packages"):
            progress.detail("unpacking")

    return follow
