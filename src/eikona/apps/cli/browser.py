"""Shows a file in the user's browser: never waits for it, never fails for want of one."""

import os
import sys
from pathlib import Path

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_HAVE_SCREENS = ("darwin", "win32")  # systems that always have somewhere to show a page


def open_in_browser(file: Path) -> bool:
    """Have the system's browser show a file.

    Returns:
        Whether it was asked to; False where there is no screen.
    """
    if sys.platform not in _HAVE_SCREENS and not any(map(os.environ.get, _DISPLAYS)):
        return False
    try:
        if sys.platform == "win32":
            os.startfile(file)  # noqa: S606  a page of ours
        else:
            _start("-m", "webbrowser", "-t", file.absolute().as_uri())
    except OSError:
        return False
    return True


def _start(*arguments: str) -> None:
    """Start Python on its own: what a browser says, or takes its time for, is not ours."""
    command = [sys.executable, "-I", *arguments]
    nothing = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    # Its own group, so that Ctrl-C in this terminal does not end the browser.
    os.posix_spawn(command[0], command, os.environ, file_actions=nothing, setpgroup=0)
