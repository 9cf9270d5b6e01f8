"""The commands of ``./eikona``; those that it does not know go to the installed program."""

import os
import sys
from pathlib import Path

from bootstrap import completion
from bootstrap.checkout import Checkout, Level, cache_folder, data_folder
from bootstrap.failures import SetupError, failed_file
from bootstrap.progress import say
from bootstrap.usage import HELP, PROGRAM_COMMANDS, USAGE, asks_for_help, meant

_CACHES = (".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache")
_SOURCES = ("benchmarks", "src", "tests", "tools")


def run(root: str, arguments: list[str]) -> int:
    """Run one command line of ``./eikona`` in the checkout at ``root``.

    Returns:
        The exit code, unless the process became the installed program.
    """
    if completion.is_asked(os.environ):
        return _complete(Checkout(Path(root)))
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


def _complete(checkout: Checkout) -> int:
    """Give a shell its candidates; whatever is amiss, a half-typed line is no place to say so."""
    own, programs_too = completion.answer(os.environ)
    sys.stdout.write("".join(f"{name}\n" for name in own))
    sys.stdout.flush()
    try:
        return _become_program(checkout) if programs_too and checkout.is_ready("run") else 0
    except OSError:
        return 0


def _run(checkout: Checkout, arguments: list[str]) -> int:
    command, *rest = arguments
    if command in HELP and asks_for_help(rest):
        sys.stdout.write(HELP[command])
        return 0
    match command:
        case "--help" | "-h" | "help":
            return _help(checkout)
        case "uninstall":
            return _uninstall(checkout, rest)
        case "check" | "test":
            return _check(checkout, command, rest)
        case "up":
            _ensure(checkout, "run")
            return _become_program(checkout, "demo", *rest)
        case _:
            return _pass_on(checkout, command, rest)


def _check(checkout: Checkout, command: str, rest: list[str]) -> int:
    if command == "check" and rest:
        sys.stderr.write(HELP["check"])
        return 2
    _ensure(checkout, "test")
    os.chdir(checkout.root)
    return _become(checkout, str(checkout.root / "tools" / "checks.py"), command, *rest)


def _pass_on(checkout: Checkout, command: str, rest: list[str]) -> int:
    """Give a command line to the installed program; only to do work is it set up for that."""
    known = command in PROGRAM_COMMANDS
    if not known and (other := meant(command)):
        say(f"eikona: there is no command {command}; did you mean ./eikona {other}?")
        return 2
    if known and not asks_for_help(rest):
        _ensure(checkout, "run")
    if checkout.is_ready("run"):
        return _become_program(checkout, command, *rest)
    if command == "--version":
        sys.stdout.write(f"eikona {checkout.version()}\n")
        return 0
    asked = " ".join([command, *rest])
    say(f"eikona: {asked} needs the installed program, which ./eikona up sets up.")
    return 1


def _ensure(checkout: Checkout, level: Level) -> None:
    if not checkout.is_ready(level):
        from bootstrap import environment  # noqa: PLC0415 - costs what a second start saves

        if level == "test" and not checkout.has_packages("test"):
            say("Checks and tests need the development packages, which are installed first.")
        environment.ensure(checkout, level)


def _help(checkout: Checkout) -> int:
    sys.stdout.write(USAGE)
    sys.stdout.flush()
    if checkout.is_ready("run"):
        return _become_program(checkout, "--help")
    return 0


def _uninstall(checkout: Checkout, arguments: list[str]) -> int:
    if arguments not in ([], ["--yes"]):
        sys.stderr.write(HELP["uninstall"])
        return 2
    made = [checkout.venv, checkout.log, *(checkout.root / name for name in _CACHES)]
    for source in _SOURCES:
        made.extend((checkout.root / source).rglob("__pycache__"))
    made = [path for path in made if os.path.lexists(path)]
    kept = {"Your data stays": data_folder(), "What was read of pictures stays": cache_folder()}
    kept = {what: folder for what, folder in kept.items() if os.path.lexists(folder)}
    stays = " ".join(f"{what} in {folder}." for what, folder in kept.items())
    if not made:
        say(f"Nothing to remove. {stays}".rstrip())
        return 0
    if not arguments:
        question = f"Remove environment and caches in {checkout.root}?"
        sys.stderr.write(f"{question} {stays or 'Data stays.'} [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            sys.stderr.write("Nothing was removed. (./eikona uninstall --yes does not ask.)\n")
            return 1
    from bootstrap import environment  # noqa: PLC0415

    environment.remove(checkout, made)
    if stays:
        those = "that folder" if len(kept) == 1 else "those folders"
        say(f"Removed. {stays}\nTo be rid of Eikona, delete {those} and {checkout.root} too.")
    else:
        say(f"Removed. To be rid of Eikona, delete {checkout.root} too.")
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
