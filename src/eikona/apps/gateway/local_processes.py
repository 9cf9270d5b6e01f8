"""What runs beside the gateway: the nodes whose folders are here, and a quorum's own etcd."""

import threading
from collections.abc import Callable, Sequence

from eikona.adapters.quorum.description import QuorumDescription
from eikona.apps.gateway.node_processes import NodeProcesses, python_command
from eikona.apps.gateway.own_etcd import OwnEtcd
from eikona.apps.gateway.quorum_folder import QuorumFolder

_ETCD = "etcd"


class LocalProcesses:
    """Starts them, starts them again when they end, and follows who belongs to the quorum."""

    def __init__(
        self,
        folder: QuorumFolder,
        *,
        more: Sequence[str],
        notice: Callable[[str], None],
    ) -> None:
        """Know what to start.

        Args:
            folder: where the quorum is.
            more: options that each node is given.
            notice: told in a sentence of what happens.
        """
        self._folder = folder
        self._more = more
        self._etcd = OwnEtcd(folder)
        self._lock = threading.Lock()
        self._nodes = NodeProcesses(
            command_of=self._command_of,
            log_of=lambda name: folder.node(name) / "node.log",
            notice=notice,
        )
        self._beside: NodeProcesses | None = None
        self._notice = notice

    def start(self, described: QuorumDescription) -> None:
        """Start all that is here.

        Raises:
            QuorumError: etcd is not installed.
            OSError: the system starts no more processes.
        """
        if self._etcd.is_there:
            self._etcd.follow(described)
            command = self._etcd.command(described)
            self._beside = NodeProcesses(
                command_of=lambda _: command, log_of=lambda _: self._etcd.log, notice=self._notice
            )
            self._beside.start([_ETCD])
        self._start_new(described)

    def watch(self, stopping: threading.Event) -> None:
        """Start again what ends, until told to stop."""
        if self._beside is not None:
            threading.Thread(target=self._beside.watch, args=(stopping,), daemon=True).start()
        self._nodes.watch(stopping)

    def follow(self, described: QuorumDescription) -> None:
        """Start who has come, and let those end who have gone."""
        if self._etcd.is_there and self._etcd.follow(described) and self._beside is not None:
            self._beside.start_anew()
        self._nodes.retire(self._nodes.names - {one.name for one in described.nodes})
        self._start_new(described)

    def pids(self) -> dict[str, int]:
        """Return the number of each process that runs."""
        return self._nodes.pids() | ({} if self._beside is None else self._beside.pids())

    def reasons(self) -> dict[str, str]:
        """Return why those that do not run have ended, where they said so."""
        return self._nodes.reasons() | ({} if self._beside is None else self._beside.reasons())

    def stop(self) -> None:
        """End them all, etcd last."""
        self._nodes.stop()
        if self._beside is not None:
            self._beside.stop()

    def _start_new(self, described: QuorumDescription) -> None:
        with self._lock:
            here = {path.name for path in self._folder.local_nodes()}
            names = [one.name for one in described.nodes if one.name in here]
            self._nodes.start([name for name in names if name not in self._nodes.names])

    def _command_of(self, name: str) -> list[str]:
        own, quorum = str(self._folder.node(name)), str(self._folder.description)
        told = ["--name", name, "--quorum", quorum, "--data", own, "--ends-with-input"]
        return python_command("node", *told, *self._more)
