"""A quorum that runs as its users start it, and what tests ask of it."""

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.keys.public_keys import read_public_keys
from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.apps.cli.quorum_folder import call_gateway
from eikona.balloting.receipts import receipt_from, verify_receipt
from eikona.domain.errors import QuorumError
from tests.integration.command_line import started

WITHIN_S = 240.0  # a busy machine may need; a quiet one needs a second


class Quorum:
    """``eikona quorum up`` in a process of its own."""

    def __init__(self, folder: Path, reference: Path, *options: str) -> None:
        self.folder = folder
        self._arguments = ["quorum", "up", "--reference", reference, "--data", folder, *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.begin()
        wait_for(self.is_ready, every_s=0.3)

    def begin(self) -> None:
        """Start it, and wait for nothing."""
        with (self.folder.parent / "up.log").open("ab") as log:
            self._process = started(
                *self._arguments, "--format", "json", stdout=subprocess.DEVNULL, stderr=log
            )

    def is_ready(self) -> bool:
        """Whether all nodes have the reference and are led."""
        status = self.status()
        return bool(
            status
            and status["leader"]
            and all(
                node["connected"] and node["bank_version"] and node["roster"]
                for node in status["nodes"]
            )
        )

    def status(self) -> dict | None:
        try:
            with closing(call_gateway(self.folder)) as channel:
                return channel.ask({"do": "status"}, timeout_s=10)[0]
        except (QuorumError, BrokenChannelError):  # it starts, or ends
            return None

    def pids(self) -> dict[str, int]:
        return {node["node"]: node["pid"] for node in wait_for(self.status)["nodes"]}

    def bank_versions(self) -> set[int]:
        return {node.get("bank_version", 0) for node in wait_for(self.status)["nodes"]}

    def leader(self) -> str:
        return wait_for(lambda: (self.status() or {}).get("leader"))

    def kill(self, name: str) -> int:
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def down(self) -> None:
        """End it as Ctrl-C does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(60)
            finally:
                self._process.kill()
            self._process = None

    @property
    def exit_status(self) -> int | None:
        return None if self._process is None else self._process.poll()


class Asked:
    """One case, followed in a thread of its own."""

    def __init__(self, quorum: Quorum, body: bytes, **header: object) -> None:
        self._quorum = quorum
        self._told = ({"do": "submit", **header}, body)
        self.events: list[dict] = []
        self.receipt = b""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with closing(call_gateway(self._quorum.folder)) as channel:
            channel.send(*self._told)
            while True:
                event, body = channel.receive(60)
                self.events.append(event)
                if event.get("event") == "ruled" or "error" in event:
                    self.receipt = body
                    return

    def names(self) -> list[str]:
        return [event.get("event", "error") for event in self.events]

    def ruled(self) -> dict:
        """Wait for the ruling; its receipt must prove it."""
        self._thread.join(WITHIN_S)
        last = self.events[-1]
        assert last.get("event") == "ruled", self.events
        receipt = receipt_from(self.receipt)
        keys = read_public_keys(self._quorum.folder / "quorum.keys")
        assert verify_receipt(receipt, trusted=keys, verify=verify_signature) == []
        assert receipt.decision.case.submission.id == last["case"]
        return last


def wait_for(found, every_s=0.05):
    """Return what ``found`` returns as soon as that is something."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        if result := found():
            return result
        time.sleep(every_s)
    raise AssertionError("it does not come about")


def json_lines(content: bytes) -> list[dict]:
    return [json.loads(line) for line in content.splitlines()]
