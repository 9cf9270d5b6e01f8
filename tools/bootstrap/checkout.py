"""Where the parts of one checkout lie, and what its environment was made from.

The environment holds a stamp: one word for each thing that it was made from. The stamp is taken
away before packages are touched and written when all are in place, so that a half-made environment
has none.
"""

import hashlib
import os
import sys
from pathlib import Path
from typing import Literal

Level = Literal["run", "test"]
"""What an environment holds: the packages that run Eikona, or those of the checks and tests too."""


def data_folder() -> Path:
    """Return where the installed program keeps a user's data unless told otherwise."""
    return _user_folder("XDG_DATA_HOME", "~/.local/share")


def cache_folder() -> Path:
    """Return where the installed program remembers fingerprints unless told otherwise."""
    return _user_folder("XDG_CACHE_HOME", "~/.cache")


def _user_folder(variable: str, usual: str) -> Path:
    base = Path(os.environ.get(variable, ""))
    if not base.is_absolute():
        base = Path(os.path.expanduser(usual))  # noqa: PTH111 - a user may have no home
    return base / "eikona"


class Checkout:
    """The paths of one checkout."""

    def __init__(self, root: Path) -> None:
        """Name the paths under ``root``; nothing needs to exist."""
        self.root = root
        self.project = root / "pyproject.toml"
        self.venv = root / ".venv"
        self.log = root / ".venv-setup.log"
        self.stamp = self.venv / "eikona.stamp"
        self.bin = self.venv / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.bin / ("python.exe" if os.name == "nt" else "python")
        self.program = self.bin / ("eikona.exe" if os.name == "nt" else "eikona")

    def lock(self, level: Level) -> Path:
        """Return the list of pinned packages of ``level``."""
        return self.root / "requirements" / f"{level}.lock"

    def packages_word(self, level: Level) -> str:
        """Return the stamp's word for an environment that holds the packages now pinned."""
        return self._word(level, self.lock(level))

    def project_word(self) -> str:
        """Return the stamp's word for an environment with Eikona installed as now described."""
        return self._word("project", self.project)

    def version(self) -> str:
        """Return the version of Eikona that this checkout holds."""
        import tomllib  # noqa: PLC0415 - costs what other commands save

        text = self.project.read_text(encoding="utf-8")
        return str(tomllib.loads(text)["project"]["version"])

    def _word(self, kind: str, path: Path) -> str:
        # environments can be neither moved nor given to another Python
        made_from = f"{self.root}\n{sys.platform}\n{sys.implementation.cache_tag}\n".encode()
        return f"{kind}:{hashlib.sha256(made_from + path.read_bytes()).hexdigest()}"

    def read_stamp(self) -> frozenset[str]:
        """Return the stamp's words, none where the environment is absent, broken or half-made."""
        if not self.python.exists():
            return frozenset()
        try:
            return frozenset(self.stamp.read_text(encoding="ascii").split())
        except (FileNotFoundError, UnicodeDecodeError):
            return frozenset()

    def write_stamp(self, words: frozenset[str]) -> None:
        """Put a stamp in place, whole or not at all."""
        unfinished = self.stamp.with_suffix(".new")
        unfinished.write_text("\n".join(sorted(words)) + "\n", encoding="ascii")
        unfinished.replace(self.stamp)

    def has_packages(self, level: Level) -> bool:
        """Return whether the environment holds the packages now pinned for ``level``."""
        return self.packages_word(level) in self.read_stamp()

    def is_ready(self, level: Level) -> bool:
        """Return whether the environment serves ``level`` as it is."""
        return {self.packages_word(level), self.project_word()} <= self.read_stamp()
