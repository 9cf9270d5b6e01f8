"""What an engine replicates: a deterministic machine of bytes, whatever it decides."""

from typing import Protocol


class ReplicatedMachine(Protocol):
    """State that is the same on every node, since each applies the same commands in one order.

    It reads no clock, no file and no random number. An engine may call it from one thread at a
    time.
    """

    def apply(self, command: bytes) -> bytes:
        """Carry one committed command out and return its result.

        No command raises: one that is refused (malformed, hostile, out of date) gives an error
        result, the same on every node, and changes nothing. A command applied once more, at any
        later time, changes nothing either: its result says how things stand by then.
        """

    def snapshot(self) -> bytes:
        """Return the whole state; equal states give equal bytes."""

    def restore(self, snapshot: bytes) -> None:
        """Take the state of a snapshot in place of one's own.

        Raises:
            InvalidSnapshotError: it is damaged, of a newer version or of another quorum; the
                state is as it was.
        """

    def digest(self) -> bytes:
        """Return 32 bytes that tell whether two nodes did the same, in constant time."""
