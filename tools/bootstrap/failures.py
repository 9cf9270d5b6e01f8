"""What set-up says when it cannot go on: the cause in one line, the remedy in the next."""

import errno
import re
from collections.abc import Sequence
from pathlib import Path

_SHOWN_LINES = 6
_DISK_FULL = ("The disk is full.", "Free about 500 MB, then run the command again.")

# first match wins: pip ends every one of these with "no matching distribution"
_CAUSES = (
    ("No space left on device|Disk quota exceeded|not enough space on the disk", *_DISK_FULL),
    (
        "CERTIFICATE_VERIFY_FAILED|SSLError",
        "The package index shows a certificate that this machine does not trust.",
        "Behind a company's proxy, name its certificate in PIP_CERT, then run the command again.",
    ),
    (
        r"Retrying \(|(Connection|NameResolution|Proxy)Error|(Connect|Read)Timeout|is unreachable",
        "The package index cannot be reached.",
        "Check the network (behind a proxy, set HTTPS_PROXY), then run the command again.",
    ),
    (
        "DO NOT MATCH THE HASHES",
        "A downloaded package is not the one that was pinned; it was not installed.",
        "Run the command again. If it stays, a proxy or mirror on the way changes files.",
    ),
    (
        "No matching distribution found",
        "The package index has no build of a pinned package for this Python and system.",
        "Use CPython 3.11 to 3.14. If you use a mirror, look whether it is complete.",
    ),
)
_UNKNOWN = ("Set-up failed.", "Run the command again. If it stays, report it with the log.")
_NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)


class SetupError(Exception):
    """Set-up cannot go on; the message says why and what to do."""


def missing_modules(names: Sequence[str], python: str) -> SetupError:
    """Return the error for a Python that lacks the modules an environment is made with."""
    return SetupError(
        f"This Python ({python}) comes without {' and '.join(names)}.\n"
        "On Debian and Ubuntu, apt install python3-venv; then run the command again."
    )


def failed_command(output: Sequence[str], log: Path) -> SetupError:
    """Return the error for a command that failed after writing ``output``, kept in ``log``."""
    text = "\n".join(output)
    cause, remedy = next(
        ((cause, remedy) for pattern, cause, remedy in _CAUSES if re.search(pattern, text)),
        _UNKNOWN,
    )
    end = "".join(f"\n  {line}" for line in output[-_SHOWN_LINES:])
    return SetupError(f"{cause}\n{remedy}\n\nThe end of {log}:{end}")


def failed_file(error: OSError, root: Path) -> SetupError:
    """Return the error for a file operation of our own that failed somewhere under ``root``."""
    if error.errno in _NO_RIGHT:
        return SetupError(
            f"{error.filename or root} cannot be written.\n"
            "Give your user the right to write there (was it set up with sudo?), or put Eikona in\n"
            "a folder of your own."
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SetupError("\n".join(_DISK_FULL))
    return SetupError(f"Set-up failed: {error}")
