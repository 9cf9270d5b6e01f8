"""Several commands as one entry of the log."""

from collections.abc import Sequence

from eikona.adapters.raft.wire import Reader, counted

MAX_BATCH_BYTES = 1_200_000  # etcd takes requests of up to 1.5 MiB


def pack_batch(commands: Sequence[bytes]) -> bytes:
    """Return commands as bytes."""
    return b"".join(map(counted, commands))


def unpack_batch(packed: bytes) -> list[bytes]:
    """Return the commands that these bytes are.

    Raises:
        UnreadableError: they are none.
    """
    reader = Reader(packed)
    commands = []
    while not reader.is_empty:
        commands.append(reader.counted(MAX_BATCH_BYTES))
    return commands
