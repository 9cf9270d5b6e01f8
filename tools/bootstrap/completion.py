"""What ``./eikona`` adds to the shell completion of the installed program.

Only Bash's function asks the very file that is being completed. Those of the other shells ask the
``eikona`` on PATH and want answers of a form of their own, so theirs are left to the program.
"""

from collections.abc import MutableMapping

from bootstrap.usage import HELP

_VARIABLE = "_EIKONA_COMPLETE"


def is_asked(environment: MutableMapping[str, str]) -> bool:
    """Return whether a shell wants candidates rather than a command run."""
    return bool(environment.get(_VARIABLE))


def answer(environment: MutableMapping[str, str]) -> tuple[list[str], bool]:
    """Return the launcher's own candidates, and whether the program's are wanted after them.

    After ``up`` the program is made to complete what it is called there: ``demo``.
    """
    if environment[_VARIABLE] != "complete_bash":
        return [], True
    line, place = environment.get("COMP_WORDS", ""), environment.get("COMP_CWORD", "")
    if not (line and place.isdecimal()):
        return [], False  # no shell asks so; the program would end in a traceback
    launcher, word, *more = [*line.split(maxsplit=2), "", ""][:3]
    if place == "1":
        return [name for name in HELP if name.startswith(word)], True
    if word == "up":
        environment["COMP_WORDS"] = "\n".join([launcher, "demo", *more])
    return [], word == "up" or word not in HELP
