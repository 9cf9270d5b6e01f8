"""Times whole rulings as ``eikona quorum up`` gives them: upload to ruling, also after kills."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import cycle, islice
from pathlib import Path

from PIL import Image

from benchmarks.quorum.measure import Row, quantiles
from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.apps.cli.quorum_folder import call_gateway
from eikona.domain.errors import QuorumError

_ROOT = Path(__file__).resolve().parents[2]
_READY_S = 300.0
_RULING_S = 60.0
_REFERENCE = 100  # pictures that are looked for
_SIDE = 450  # pixels, of a square: 0.2 megapixels


class RunningQuorum:
    """``eikona quorum up`` in a process of its own, below one folder."""

    def __init__(
        self, folder: Path, reference: Path, *, preset: str, nodes: int, options: Sequence[str] = ()
    ) -> None:
        self.folder = folder / "quorum"
        command = ["quorum", "up", "--preset", preset, "--nodes", str(nodes), "--format", "json"]
        where = ["--reference", str(reference), "--data", str(self.folder)]
        with (folder / "up.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "eikona.apps.cli", *command, *where, *options],
                stdout=subprocess.DEVNULL, stderr=log, cwd=_ROOT,
                env={**os.environ, "PYTHONPATH": str(_ROOT / "src")},
            )  # fmt: skip

    def close(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def status(self) -> dict:
        with closing(call_gateway(self.folder)) as channel:
            return channel.ask({"do": "status"}, timeout_s=_RULING_S)[0]

    def wait_led(self) -> dict:
        """Wait until somebody leads."""
        return self._wait_for(lambda status: bool(status["leader"]))

    def wait_ready(self) -> dict:
        """Wait until all nodes have the reference and are led."""
        return self._wait_for(
            lambda status: (
                status["leader"]
                and all(
                    one["connected"] and one["bank_version"] and one["roster"]
                    for one in status["nodes"]
                )
            )
        )

    def _wait_for(self, wanted: Callable[[dict], bool]) -> dict:
        until = time.monotonic() + _READY_S
        while time.monotonic() < until:
            with contextlib.suppress(QuorumError, BrokenChannelError):
                status = self.status()
                if wanted(status):
                    return status
            time.sleep(0.3)
        raise RuntimeError("the quorum does not get ready")

    def cpu_s(self) -> float:
        """Return the processor time that gateway, nodes and their children have had."""
        own = {self._process.pid, *(one["pid"] for one in self.status()["nodes"])}
        used = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                facts = stat.read_text().rpartition(")")[2].split()
                if int(stat.parent.name) in own or int(facts[1]) in own:
                    used += int(facts[11]) + int(facts[12])
        return used / os.sysconf("SC_CLK_TCK")

    def rule(self, pictures: Sequence[bytes]) -> list[float]:
        """Ask about pictures one after the other; return how long each took, in milliseconds."""
        times = []
        with closing(call_gateway(self.folder)) as channel:
            for picture in pictures:
                began = time.perf_counter()
                channel.send({"do": "submit"}, picture)
                while channel.receive(_RULING_S)[0].get("event") != "ruled":
                    pass
                times.append((time.perf_counter() - began) * 1000)
        return times


@contextmanager
def running(
    reference: Path, *, preset: str, nodes: int, options: Sequence[str] = ()
) -> Iterator[RunningQuorum]:
    """Run a quorum until the block ends."""
    with tempfile.TemporaryDirectory(prefix="quorum-") as folder:
        quorum = RunningQuorum(Path(folder), reference, preset=preset, nodes=nodes, options=options)
        try:
            quorum.wait_ready()
            yield quorum
        finally:
            quorum.close()


def rulings(photos: Path, *, preset: str, nodes: int, cases: int, clients: int, kills: int) -> Row:
    """Time cases one by one, then many at once, then the first after each kill of the leader."""
    with tempfile.TemporaryDirectory(prefix="reference-") as folder:
        asked = sample_pictures(photos, Path(folder))
        with running(Path(folder), preset=preset, nodes=nodes) as quorum:
            quorum.rule(asked[:10])
            used = quorum.cpu_s()
            alone = quorum.rule(list(islice(cycle(asked), cases)))
            cpu_ms = (quorum.cpu_s() - used) * 1000 / cases
            return {
                "cases": cases,
                "ruling_ms": quantiles(alone),
                "cpu_ms": round(cpu_ms, 1),
                "clients": clients,
                "a_second": round(_rate(quorum, asked, cases, clients), 1),
                "kills": kills,
                "failover_ms": quantiles(_failovers(quorum, asked, kills)) if kills else None,
            }


def _rate(quorum: RunningQuorum, asked: Sequence[bytes], cases: int, clients: int) -> float:
    each = max(cases // clients, 1)
    threads = [
        threading.Thread(target=quorum.rule, args=(list(islice(cycle(asked), n, n + each)),))
        for n in range(clients)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return each * clients / (time.monotonic() - began)


def _failovers(quorum: RunningQuorum, asked: Sequence[bytes], kills: int) -> list[float]:
    times = []
    for number in range(kills):
        status = quorum.wait_ready()
        pids = {one["node"]: one["pid"] for one in status["nodes"]}
        os.kill(pids[status["leader"]], signal.SIGKILL)
        times += quorum.rule([asked[number % len(asked)]])
    return times


def sample_pictures(photos: Path, reference: Path) -> list[bytes]:
    """Fill the folder of reference pictures; return as many copies of them and others, mixed."""
    paths = sorted(path for path in photos.rglob("*") if path.is_file())[: 2 * _REFERENCE]
    asked = []
    for number, path in enumerate(paths):
        with Image.open(path) as opened:
            picture = opened.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        if number % 2:
            picture.save(reference / f"{number}.jpg", quality=90)
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=80)
        asked.append(content.getvalue())
    return asked
