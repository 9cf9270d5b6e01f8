"""Runs the ``eikona`` command as its users do: as a process."""

import ctypes
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What tests remember of pictures is no user's business, and gone when they end.
_CACHE = tempfile.TemporaryDirectory(prefix="eikona-tests-cache-")
COMMAND = [sys.executable, "-m", "eikona.apps.cli"]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT / "src"),
    "COLUMNS": "200",
    "PYTHONWARNINGS": "default",
    "TERM": "dumb",
    "XDG_CACHE_HOME": _CACHE.name,
}

# From capabilities(7) and prctl(2).
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_PR_CAPBSET_DROP = 24


@dataclass(frozen=True)
class Ended:
    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self):
        return self.stdout.decode()

    @property
    def records(self):
        """What stands on standard output, which must be JSON as RFC 8259 has it."""
        return [
            json.loads(line, parse_constant=_refused) for line in self.stdout.decode().splitlines()
        ]


def _refused(constant):
    raise ValueError(f"{constant} is no JSON")


def without_root_rights():
    """Let permissions bind this process although it may be root's: drop what overrides them."""
    if os.geteuid() != 0:
        return
    system = ctypes.CDLL(None, use_errno=True)
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        if system.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot give up rights")


def eikona(*arguments, stdin=b"", cwd=None, environment=None, before=None):
    """Run the command to its end, calling ``before`` in its process first."""
    done = subprocess.run(
        [*COMMAND, *map(os.fspath, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**ENVIRONMENT, **(environment or {})},
        preexec_fn=before,
        timeout=60,
        check=False,
    )
    ended = Ended(done.returncode, done.stdout, done.stderr.decode())
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended


def eikona_json(*arguments, **options):
    """Run the command with JSON lines; return its exit status and the objects."""
    ended = eikona(*arguments, "--format", "json", **options)
    return ended.status, ended.records


def started(*arguments, environment=None, **options):
    """Start the command in a session of its own, with everything it says on pipes."""
    return subprocess.Popen(
        [*COMMAND, *map(os.fspath, arguments)],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        env={**ENVIRONMENT, **(environment or {})},
        start_new_session=True,
    )


def moved(transform, x, y):
    """Return where a transform of the JSON takes a pixel."""
    return tuple(a * x + b * y + c for a, b, c in transform)
