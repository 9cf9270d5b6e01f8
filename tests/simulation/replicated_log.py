"""A model of what Raft promises: one log, committed by a majority, applied in order by each node.

What Raft does not promise is left to chance: whether a proposal is committed, whether whoever
proposed it hears of it, how far behind a replica is, and what it still has after a crash.
"""


class Replica:
    """One node's machine, which a crash takes back to the last snapshot on its disk."""

    def __init__(self, name, new_machine):
        self.name = name
        self._new_machine = new_machine
        self.machine = new_machine()
        self.applied = 0
        self.up = True
        self.connected = True
        self._on_disk = (None, 0)

    @property
    def answers(self):
        return self.up and self.connected

    def crash(self):
        self.up = False
        self.machine = None

    def restart(self):
        """Come back with what was on the disk; the log brings the rest."""
        snapshot, self.applied = self._on_disk
        self.machine = self._new_machine()
        if snapshot is not None:
            self.machine.restore(snapshot)
        self.up = True

    def save(self):
        """Put a snapshot on the disk."""
        self._on_disk = (self.machine.snapshot(), self.applied)

    def install(self, other):
        """Take another replica's state, as one that is too far behind for the log does."""
        self.machine = self._new_machine()
        self.machine.restore(other.machine.snapshot())
        self.applied = other.applied


class ReplicatedLog:
    """Replicas of one log.

    Attributes:
        entries: committed commands.
        results: of each entry, from whoever applied it first.
        digests: of the state after each entry, from whoever applied it first.
    """

    def __init__(self, names, new_machine, on_first):
        self.replicas = {name: Replica(name, new_machine) for name in names}
        self.entries, self.results, self.digests = [], [], []
        self._on_first = on_first

    @property
    def has_quorum(self):
        answering = sum(replica.answers for replica in self.replicas.values())
        return answering > len(self.replicas) // 2

    def commit(self, command):
        """Commit a command and return its place; the caller saw to it that there is a quorum."""
        self.entries.append(command)
        return len(self.entries) - 1

    def advance(self, replica, entries):
        """Let a replica apply some of the entries that it lacks."""
        for index in range(replica.applied, min(replica.applied + entries, len(self.entries))):
            before = replica.machine.digest()
            result = replica.machine.apply(self.entries[index])
            after = replica.machine.digest()
            replica.applied = index + 1
            if index == len(self.results):
                self.results.append(result)
                self.digests.append(after)
                self._on_first(index, before, after, replica.machine)
            elif (result, after) != (self.results[index], self.digests[index]):
                raise AssertionError(f"{replica.name} came to another state at entry {index}")
