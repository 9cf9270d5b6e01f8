"""The commands of ``./eikona``; those that it does not know go to the installed program."""

import os
import sys
from pathlib import Path

from bootstrap.checkout import Checkout, Level
from bootstrap.failures import SetupError, failed_file

_USAGE = """\
usage: ./eikona COMMAND [ARGUMENT...]

  up           set up what is missing, then run Eikona on sample pictures
  test         run every check and every test; arguments go to pytest
  check        run the checks alone: format, lint, types, layers, tables
  uninstall    remove what set-up made, keep the data (--yes: do not ask)

Every other command goes to the installed program, for example
  ./eikona hash picture.jpg
"""
_CACHES = (".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache")
_SOURCES = ("benchmarks", "src", "tests", "tools")


def run(root: str, arguments: list[str]) -> int:
    """Run one command line of ``./eikona`` in the checkout at ``root``.

    Returns:
        The exit code, unless the process became the installed program.
    """
    try:
        return _run(Checkout(Path(root)), arguments or ["--help"])
    except SetupError as error:
        sys.stderr.write(f"eikona: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"eikona: {failed_file(error, Path(root))}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\neikona: interrupted; the next run repeats what was left unfinished.\n")
        return 130


def _run(checkout: Checkout, arguments: list[str]) -> int:
    command, *rest = arguments
    match command:
        case "--help" | "-h" | "help":
            return _help(checkout)
        case "uninstall":
            return _uninstall(checkout, rest)
        case "check" | "test":
            _ensure(checkout, "test")
            os.chdir(checkout.root)
            return _become(checkout, str(checkout.root / "tools" / "checks.py"), command, *rest)
        case "up":
            _ensure(checkout, "run")
            return _become_program(checkout, "demo", *rest)
        case _:
            _ensure(checkout, "run")
            return _become_program(checkout, *arguments)


def _ensure(checkout: Checkout, level: Level) -> None:
    if not checkout.is_ready(level):
        from bootstrap import environment  # noqa: PLC0415 - costs what a second start saves

        environment.ensure(checkout, level)


def _help(checkout: Checkout) -> int:
    sys.stdout.write(_USAGE)
    sys.stdout.flush()
    if checkout.is_ready("run"):
        return _become_program(checkout, "--help")
    return 0


def _uninstall(checkout: Checkout, arguments: list[str]) -> int:
    if arguments not in ([], ["--yes"]):
        sys.stderr.write("usage: ./eikona uninstall [--yes]\n")
        return 2
    made = [checkout.venv, checkout.log, *(checkout.root / name for name in _CACHES)]
    for source in _SOURCES:
        made.extend((checkout.root / source).rglob("__pycache__"))
    made = [path for path in made if os.path.lexists(path)]
    if not arguments:
        sys.stderr.write(f"Remove environment and caches in {checkout.root}? Data stays. [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            sys.stderr.write("Nothing was removed. (./eikona uninstall --yes does not ask.)\n")
            return 1
    from bootstrap import environment  # noqa: PLC0415

    environment.remove(checkout, made)
    sys.stderr.write(f"Removed. To be rid of Eikona, delete {checkout.root} too.\n")
    return 0


def _become_program(checkout: Checkout, *arguments: str) -> int:
    if os.name == "nt":
        return _become(checkout, "-m", "eikona.apps.cli.main", *arguments)
    # the script, not "-m": that would let files in the current folder pass for modules
    return _become(checkout, str(checkout.program), *arguments)


def _become(checkout: Checkout, *arguments: str) -> int:
    """Replace this process by the environment's Python; on Windows, wait for its exit code."""
    command = [str(checkout.python), *arguments]
    if os.name != "nt":
        os.execv(command[0], command)
    import subprocess  # noqa: PLC0415

    return subprocess.call(command)
