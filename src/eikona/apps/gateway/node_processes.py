"""The nodes' processes: started, started again when one ends, and ended together."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eikona.domain.errors import ReplicaDamagedError

_LOOK_S = 0.1
_STABLE_S = 10.0  # after which a node that ends is started again at once
_WAITS_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_END_S = 5.0
_LOG_BYTES_MOST = 10_000_000
_LAST_BYTES = 65_536  # of a log, in which the reason of an end is looked for
_REASON = b"eikona: "  # begins the line in which a command says why it failed
_FINAL = f"({ReplicaDamagedError.code})"  # whoever ends so would end so again


@dataclass(slots=True)
class _Node:
    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    due: float = 0.0
    ends: int = 0
    is_retired: bool = False
    is_given_up: bool = False
    reason: str = ""
    log_at: int = 0  # byte at which this process began to write


@dataclass(slots=True)
class NodeProcesses:
    """Processes of a quorum's nodes.

    Attributes:
        command_of: what a node is started with.
        log_of: where it writes its log.
        notice: told in a sentence of what happens.
    """

    command_of: Callable[[str], Sequence[str]]
    log_of: Callable[[str], Path]
    notice: Callable[[str], None]
    _nodes: list[_Node] = field(default_factory=list)

    def start(self, names: Sequence[str]) -> None:
        """Start them all.

        Raises:
            OSError: the system starts no more processes.
        """
        for name in names:
            node = _Node(name, self.command_of(name), self.log_of(name))
            _start(node)
            self._nodes.append(node)

    def watch(self, stopping: threading.Event) -> None:
        """Start again what ends, until told to stop."""
        while not stopping.wait(_LOOK_S):
            for node in list(self._nodes):
                self._look(node)

    @property
    def names(self) -> set[str]:
        """Return those that are started again when they end."""
        return {node.name for node in self._nodes if not node.is_retired}

    def pids(self) -> dict[str, int]:
        """Return the number of each process that runs."""
        running = ((node.name, node.process) for node in self._nodes)
        return {name: one.pid for name, one in running if one and one.poll() is None}

    def reasons(self) -> dict[str, str]:
        """Return why those that do not run have ended, where they said so."""
        return {
            node.name: node.reason for node in self._nodes if node.process is None and node.reason
        }

    def start_anew(self) -> None:
        """End them in order, to be started again at once."""
        for node in list(self._nodes):
            if node.process is not None:
                node.process.terminate()

    def retire(self, names: Collection[str]) -> None:
        """Start these no more: they end by themselves once they have no seat."""
        for node in self._nodes:
            if node.name in names:
                node.is_retired = True

    def stop(self) -> None:
        """End them all: each may finish what it is at."""
        _end([node.process for node in self._nodes if node.process is not None])

    def _look(self, node: _Node) -> None:
        now = time.monotonic()
        if node.process is None:
            if node.is_retired:
                self._nodes.remove(node)
            elif not node.is_given_up and now >= node.due:
                _start(node)
                self.notice(f"{node.name} is started again")
            return
        status = node.process.poll()
        if status is None:
            return
        if node.process.stdin is not None:
            node.process.stdin.close()
        node.ends = 0 if now - node.began > _STABLE_S else node.ends + 1
        node.due = now + _WAITS_S[min(node.ends, len(_WAITS_S) - 1)]
        node.process = None
        if node.is_retired:
            self._nodes.remove(node)
            self.notice(f"{node.name} has ended, as it has no seat any more")
            return
        node.reason = _reason(node)
        how = f"signal {-status}" if status < 0 else f"status {status}"
        self.notice(f"{node.name} has ended with {how}: {node.reason or f'its log is {node.log}'}")
        if node.reason.endswith(_FINAL):
            node.is_given_up = True
            self.notice(
                f"{node.name} is not started again. Give its seat to a new node: eikona quorum"
                f" remove {node.name}, then eikona quorum admit"
            )


def python_command(*arguments: str) -> list[str]:
    """Return a command line of this program, in which no module of the current folder counts."""
    return [sys.executable, "-P", "-m", "eikona.apps.cli", *arguments]


def _start(node: _Node) -> None:
    node.log.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        if node.log.stat().st_size > _LOG_BYTES_MOST:
            node.log.replace(node.log.with_name(f"{node.log.name}.old"))
    with node.log.open("ab") as log:
        node.log_at = log.tell()
        node.process = subprocess.Popen(  # noqa: S603  our own command
            node.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for whoever started it, who ends it in order
        )
    node.began = time.monotonic()


def _reason(node: _Node) -> str:
    """Return why a process says that it ended; nothing where it does not say."""
    try:
        with node.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(node.log_at, size - _LAST_BYTES))
            lines = log.read(_LAST_BYTES).splitlines()
    except OSError:
        return ""
    said = [line for line in lines if line.startswith(_REASON)]
    return said[-1].removeprefix(_REASON).decode(errors="replace") if said else ""


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        process.terminate()
    until = time.monotonic() + _END_S
    for process in processes:
        try:
            process.wait(max(until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
