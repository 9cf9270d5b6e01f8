"""A whole quorum of processes whose nodes a test can make odd, cut off, stop and starve."""

import json
import os
import signal
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.keys.public_keys import read_public_keys
from eikona.adapters.quorum.description import read_description
from eikona.apps.cli.quorum_folder import call_gateway
from eikona.apps.gateway.setting_up import set_up
from eikona.balloting.receipts import receipt_from, verify_receipt
from tests.faults.full_disk import put_on_small_disk, take_from_small_disk
from tests.faults.wires import Wires
from tests.integration import command_line
from tests.integration.running_quorum import Asked, Quorum, wait_for

NODES = ("n1", "n2", "n3", "n4")
GATEWAY = "gateway"
SNAPSHOT_EVERY = 40  # entries; a case brings about six
_DISK_KIB = 8192
_ODD = Path(__file__).parent / "odd"


class WholeQuorum(Quorum):
    """Four nodes of preset triple-a, each connection on a wire of its own."""

    def __init__(self, folder: Path, reference: Path) -> None:
        options = ("--preset", "triple-a", "--snapshot-every", str(SNAPSHOT_EVERY))
        super().__init__(folder / "data", reference, *options)
        self.odd = folder / "odd"
        set_up(self.folder, preset="triple-a", nodes=4)
        (self.folder / GATEWAY).mkdir(exist_ok=True, mode=0o700)
        small = [self.folder / GATEWAY, self.folder / "nodes" / "n2"]
        self.small_disks = [one for one in small if put_on_small_disk(one, kibibytes=_DISK_KIB)]
        self.wires = self._wired()
        self.was_asked: list[Asked] = []

    def start(self) -> None:
        before = dict(command_line.ENVIRONMENT)
        path = os.pathsep.join((os.fspath(_ODD), before["PYTHONPATH"]))
        command_line.ENVIRONMENT.update(PYTHONPATH=path, ODD_NODES=os.fspath(self.odd))
        try:
            super().start()
        finally:
            command_line.ENVIRONMENT.clear()
            command_line.ENVIRONMENT.update(before)

    def close(self) -> None:
        self.down()
        self.wires.close()
        for disk in self.small_disks:
            take_from_small_disk(disk)

    @property
    def gateway_pid(self) -> int:
        return self._process.pid

    def ask(self, picture: Path) -> Asked:
        asked = Asked(self, picture.read_bytes())
        self.was_asked.append(asked)
        return asked

    def node(self, name: str) -> dict:
        """Return what a node says of itself."""
        status = wait_for(self.status)
        return next(one for one in status["nodes"] if one["node"] == name)

    def make_odd(self, name: str, **what: object) -> None:
        """Write down how a node is odd; some of it counts from its next start on."""
        for key, value in what.items():
            path = self.odd / name / key
            partial = path.with_suffix(".new")
            partial.write_text(str(value))
            partial.replace(path)

    def kill_and_wait(self, *names: str) -> None:
        """Kill nodes at once, and wait until others are there in their place."""
        killed = {name: self.kill(name) for name in names}
        wait_for(lambda: all(self.pids()[name] not in (killed[name], None) for name in names))
        wait_for(self.is_ready, every_s=0.2)

    @contextmanager
    def stopped(self, *names: str):
        """Let processes stand still until the block ends."""
        pids = [self.pids()[name] for name in names]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def settle(self) -> None:
        """Wait until all nodes are well and have every receipt; ask for each, and verify it."""
        wait_for(self._is_settled, every_s=0.3)
        ruled = [one.ruled() for one in self.was_asked]
        assert len({one["position"] for one in ruled}) == len(ruled)
        assert all(one.names().count("ruled") == 1 for one in self.was_asked)
        keys = read_public_keys(self.folder / "quorum.keys")
        with closing(call_gateway(self.folder)) as channel:
            for one in ruled:
                told, content = channel.ask({"do": "ruling", "case": one["case"]}, timeout_s=60)
                assert (told["outcome"], told["position"]) == (one["outcome"], one["position"])
                receipt = receipt_from(content)
                assert verify_receipt(receipt, trusted=keys, verify=verify_signature) == []

    def _is_settled(self) -> bool:
        status = self.status()
        if not status or not status["leader"] or status["cases"]["waiting"]:
            return False
        nodes = status["nodes"]
        most = max(one.get("ruled", 0) for one in nodes)
        return all(
            one["connected"] and not one["lost"] and one["archived"] == one["ruled"] == most
            for one in nodes
        )

    def _wired(self) -> Wires:
        described = read_description(self.folder / "quorum.json")
        ports = {one.name: _port(one.address) for one in described.nodes}
        ports[GATEWAY] = _port(described.gateway.address)
        targets = {
            (caller, called): port
            for caller in NODES
            for called, port in ports.items()
            if called != caller
        }
        wires = Wires(targets)
        for name in NODES:
            routes = {
                ports[called]: wires.between[name, called].port
                for called in ports
                if called != name
            }
            (self.odd / name).mkdir(parents=True)
            (self.odd / name / "routes.json").write_text(json.dumps(routes))
        return wires


@contextmanager
def asking(quorum: WholeQuorum, picture: Path):
    """Ask about a picture again and again until the block ends."""
    is_over = threading.Event()

    def ask():
        while not is_over.is_set():
            one = quorum.ask(picture)
            while not {"ruled", "error"} & set(one.names()) and not is_over.is_set():
                time.sleep(0.01)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])
