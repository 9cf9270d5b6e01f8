"""Runs the peers in the interpreter that has them, on the same pictures and attacks."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).resolve().parent / "peer_process.py"
_ROOT = Path(__file__).resolve().parents[2]


def run(paths: Sequence[Path], python: Path) -> Iterator[dict[str, Any]]:
    """Yield one row a peer."""
    command = [str(python), str(_SCRIPT), *map(str, paths)]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    for line in finished.stdout.splitlines():
        if line.startswith("{"):
            yield json.loads(line)
    sys.stderr.write("peers done\n")
