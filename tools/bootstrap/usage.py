"""What ``./eikona`` says of its commands, and which one a mistyped word was meant to be."""

from collections.abc import Mapping
from types import MappingProxyType

USAGE = """\
usage: ./eikona COMMAND [ARGUMENT...]

  up           set up what is missing, then find the copies among sample pictures
  test         run every check and every test; arguments go to pytest
  check        run the checks alone: format, lint, types, layers, tables
  uninstall    remove what set-up made, keep the data (--yes: do not ask)

Every other command goes to the installed program, for example
  ./eikona hash picture.jpg
"""
HELP: Mapping[str, str] = MappingProxyType(
    {
        "up": """\
usage: ./eikona up [OPTION...]

Sets up what is missing, then makes sample pictures, finds the copies among them, and opens the
report in the browser. Options go to the program's command demo (./eikona demo --help), for example
  ./eikona up --data ./try-eikona --no-browser
""",
        "test": """\
usage: ./eikona test [PYTEST ARGUMENT...]

Runs every check and every test; the last line names what was skipped and why. The first run
installs the development packages. Arguments go to pytest, for example
  ./eikona test -k orientation
""",
        "check": """\
usage: ./eikona check

Runs the checks alone: format, lint, types, layers, tables in the docs. The first run installs
the development packages.
""",
        "uninstall": """\
usage: ./eikona uninstall [--yes]

Removes the environment, its log and all caches in this folder, after asking; keeps your data
and the cache of fingerprints, and names their folders.
  --yes    do not ask
""",
    }
)
PROGRAM_COMMANDS = (
    *("hash", "compare", "bank", "search", "scan", "dedupe"),
    *("distances", "evaluate", "train", "self-test", "demo"),
    *("quorum", "node", "receipt"),
    *("serve", "account", "audit"),
)
"""The program's commands that may set Eikona up; known here, where the program may not be yet."""

_MEANT = {"install": "up", "setup": "up", "set-up": "up"}  # the first is closest to "uninstall"


def asks_for_help(arguments: list[str]) -> bool:
    """Return whether a command's arguments ask for its help."""
    return "--help" in arguments or "-h" in arguments


def meant(word: str) -> str:
    """Return the command that ``word`` is a likely mistyping of, or ""."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistyping pays for it

    close = get_close_matches(word, [*HELP, *PROGRAM_COMMANDS], n=1)
    return _MEANT.get(word) or (close[0] if close else "")
