"""The quorum beside the server: a gateway in this process, and a process a node."""

import threading
from collections.abc import Callable
from contextlib import ExitStack

import structlog

from eikona.adapters.quorum.client import QuorumClient
from eikona.apps.api.settings import Settings
from eikona.apps.gateway.node_processes import NodeProcesses, python_command
from eikona.apps.gateway.quorum_folder import QuorumFolder
from eikona.apps.gateway.setting_up import set_up
from eikona.apps.gateway.wiring import start_gateway
from eikona.domain.errors import EikonaError

_log = structlog.get_logger(__name__)


def start_quorum(closing: ExitStack, settings: Settings) -> tuple[QuorumClient, Callable[[], str]]:
    """Start the quorum in the data folder; made where there is none.

    Args:
        closing: ends it.
        settings: of the server.

    Returns:
        What asks it, and what tells whether it can rule: ok, or what is wrong.

    Raises:
        EikonaError: its folder, or an address, cannot be used.
        OSError: the disk cannot be read or written.
    """
    folder = QuorumFolder(settings.quorum)
    described = set_up(settings.quorum, preset=_preset(folder, settings), nodes=None)
    reference = settings.reference or settings.data / "reference"
    if settings.reference is None:
        reference.mkdir(exist_ok=True, mode=0o700)
    running = start_gateway(closing, folder, described, reference, lambda _event: None)
    processes = NodeProcesses(
        command_of=lambda name: _command(folder, name),
        log_of=lambda name: folder.node(name) / "node.log",
        notice=lambda said: _log.warning("node", said=said),
    )
    closing.callback(processes.stop)
    processes.start([one.name for one in described.nodes])
    running.gateway.pids = processes.pids
    watching = threading.Thread(target=processes.watch, args=(running.stopping,), daemon=True)
    watching.start()
    closing.callback(watching.join)
    closing.callback(running.stopping.set)
    gateway = described.gateway
    certificate = bytes.fromhex(gateway.certificate)
    client = QuorumClient(gateway.address, folder.identity("operator"), certificate)
    closing.callback(client.close)
    return client, lambda: quorum_state(client)


def quorum_state(client: QuorumClient) -> str:
    """Return whether the quorum can rule: ok, or what is wrong."""
    try:
        status = client.status()
    except EikonaError as error:
        return error.code
    nodes = status["nodes"]
    able = [one for one in nodes if one["connected"] and one.get("bank_version")]
    if not status["leader"]:
        return "no leader"
    if 2 * len(able) <= len(nodes):
        return f"{len(able)} of {len(nodes)} nodes"
    return "ok"


def _preset(folder: QuorumFolder, settings: Settings) -> str | None:
    """Return the preset for a quorum that is to be made; one that is there keeps its own."""
    return None if folder.description.exists() else settings.quorum_preset


def _command(folder: QuorumFolder, name: str) -> list[str]:
    own, quorum = str(folder.node(name)), str(folder.description)
    told = ["--name", name, "--quorum", quorum, "--data", own, "--ends-with-input"]
    return python_command("node", *told)
