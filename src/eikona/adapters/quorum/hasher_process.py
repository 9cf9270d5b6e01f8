"""The inside of a hasher: takes encoded pictures, answers fingerprints, ends with its parent."""

import contextlib
import os
import signal
import socket
import sys

from eikona.adapters.quorum.channel import BrokenChannelError, Channel
from eikona.adapters.worker import use_one_thread_each

_MEMORY_BYTES = 4 << 30  # address space


def main() -> None:
    """Answer until the other end closes."""
    use_one_thread_each()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the node decides when this ends
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    with contextlib.suppress(BrokenChannelError):
        told, _ = channel.receive(None)
        _load()
        _bound_memory()
        channel.send({"ready": True})
        _serve(channel, tuple(told["algorithms"]), local_features=bool(told["local_features"]))
    os._exit(0)


def _serve(channel: Channel, algorithms: tuple[str, ...], *, local_features: bool) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from eikona.adapters.fingerprint_codec import encode  # noqa: PLC0415  imports NumPy
    from eikona.domain.errors import EikonaError  # noqa: PLC0415
    from eikona.matching.shortlist.margins import with_read_margins  # noqa: PLC0415
    from eikona.services.fingerprint_source import fingerprint  # noqa: PLC0415

    while True:
        _, picture = channel.receive(None)
        try:
            found = fingerprint(picture, algorithms=algorithms, local_features=local_features)
        except EikonaError as error:
            channel.send({"error": error.code, "message": str(error)})
            continue
        if found.local_features is not None:
            found = replace(found, local_features=with_read_margins(found.local_features))
        channel.send({"ok": True}, encode(found))


def _load() -> None:
    import eikona.services.fingerprint_source  # noqa: F401, PLC0415  imports NumPy
    from eikona.native.memory import keep_large_blocks  # noqa: PLC0415
    from eikona.native.switch import LOAD_FOR, prepare  # noqa: PLC0415

    prepare(LOAD_FOR)
    keep_large_blocks()


def _bound_memory() -> None:
    if sys.platform == "linux":
        import resource  # noqa: PLC0415  not everywhere

        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


if __name__ == "__main__":
    main()
