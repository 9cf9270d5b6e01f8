"""Nodes of the Raft core in one thread, with a seeded network, disks and crashes.

After every step: a term has one leader, and what was once committed at a place is there for ever.
"""

import heapq
import random
from dataclasses import dataclass, field

from eikona.adapters.raft.core import MembershipError, RaftCore
from eikona.adapters.raft.messages import Entry, EntryKind, HardState, Mark, Member
from eikona.adapters.raft.state import Role, Timing

TIMING = Timing(heartbeat_s=0.05, election_min_s=0.2, election_max_s=0.4)


def members(count: int) -> tuple[Member, ...]:
    return tuple(Member(f"n{number}", f"127.0.0.1:{number + 1}", b"") for number in range(count))


@dataclass
class Disk:
    """What outlives a crash."""

    hard: HardState = field(default_factory=HardState)
    mark: Mark = field(default_factory=Mark)
    entries: list[Entry] = field(default_factory=list)
    snapshot: tuple[bytes, ...] = ()

    def store(self, entry: Entry) -> None:
        place = entry.index - self.mark.index - 1
        assert place <= len(self.entries), "a gap in the log"
        del self.entries[place:]
        self.entries.append(entry)

    def begin_at(self, mark: Mark, snapshot: tuple[bytes, ...]) -> None:
        kept = [entry for entry in self.entries if entry.index > mark.index]
        at_mark = [entry for entry in self.entries if entry.index == mark.index]
        matches = mark.index == self.mark.index or (at_mark and at_mark[0].term == mark.term)
        self.entries = kept if matches else []
        self.mark, self.snapshot = mark, snapshot


class Node:
    def __init__(self, name: str, initial: tuple[Member, ...]) -> None:
        self.name = name
        self.disk = Disk(mark=Mark(members=initial))
        self.core: RaftCore | None = None
        self.applied: list[bytes] = []
        self.applied_index = 0


class Simulation:
    def __init__(self, seed: int, nodes: int, *, loss: float, repeat: float, compact: int) -> None:
        self.random = random.Random(seed)
        self.now = 0.0
        self.loss, self.repeat, self.compact = loss, repeat, compact
        initial = members(nodes)
        self.nodes = {member.name: Node(member.name, initial) for member in initial}
        self.queue: list = []
        self.number = 0
        self.cut: set[frozenset[str]] = set()
        self.leaders: dict[int, str] = {}
        self.committed: dict[int, Entry] = {}
        self.acknowledged: set[bytes] = set()
        self.story: list[str] = []
        for name in self.nodes:
            self.start(name)

    def say(self, text: str) -> None:
        self.story.append(f"{self.now:8.3f} {text}")

    def start(self, name: str) -> None:
        node = self.nodes[name]
        disk = node.disk
        node.core = RaftCore(
            name, hard=disk.hard, mark=disk.mark, entries=tuple(disk.entries),
            timing=TIMING, jitter=self.random.random, now=self.now,
        )  # fmt: skip
        node.applied = list(disk.snapshot)
        node.applied_index = disk.mark.index
        self.say(f"{name} starts in term {disk.hard.term}")

    def crash(self, name: str) -> None:
        self.nodes[name].core = None
        self.say(f"{name} crashes")
        for other in self.nodes.values():
            if other.core is not None and self.random.random() < 0.5:
                other.core.note_lost(name, self.now)
                self.settle(other)

    def propose(self, name: str, data: bytes) -> bool:
        node = self.nodes[name]
        if node.core is None or node.core.propose(data) is None:
            return False
        self.say(f"{name} proposes {data.decode()}")
        self.settle(node)
        return True

    def change(self, name: str, wanted: tuple[Member, ...]) -> bool:
        node = self.nodes[name]
        try:
            if node.core is None:
                return False
            node.core.change_members(wanted)
        except MembershipError:
            return False
        self.say(f"{name} changes members to {[member.name for member in wanted]}")
        self.settle(node)
        return True

    def settle(self, node: Node) -> None:
        """Carry out what a core wants, with a crash at any moment of it where luck wants one."""
        while node.core is not None and (effects := node.core.take()):
            self.send_all(node.name, effects.send_now)
            torn = effects.must_store and self.random.random() < self.tearing
            stored = self.random.randint(0, len(effects.entries)) if torn else len(effects.entries)
            if effects.hard is not None and not (torn and self.random.random() < 0.3):
                node.disk.hard = effects.hard
            elif torn:
                stored = 0
            for entry in effects.entries[:stored]:
                node.disk.store(entry)
            if torn:
                self.crash(node.name)
                return
            self.send_all(node.name, effects.send_after)
            for name in effects.snapshots:
                self.send(node.name, name, ("snapshot", node.disk.mark, node.disk.snapshot))
            node.core.note_stored()
            self.check(node)
            for entry in effects.committed:
                self.apply(node, entry)
            self.maybe_compact(node)

    tearing = 0.0

    def apply(self, node: Node, entry: Entry) -> None:
        assert entry.index == node.applied_index + 1, "applied out of order"
        known = self.committed.setdefault(entry.index, entry)
        assert known == entry, f"two entries are committed at {entry.index}"
        node.applied_index = entry.index
        if entry.kind is EntryKind.COMMAND:
            node.applied.append(entry.data)
            if node.core is not None and node.core.state.role is Role.LEADER:
                self.acknowledged.add(entry.data)

    def maybe_compact(self, node: Node) -> None:
        state = node.core.state
        if node.applied_index - node.disk.mark.index < self.compact:
            return
        index = node.applied_index
        mark = Mark(index, state.log.term_at(index), state.members_at(index))
        node.disk.begin_at(mark, tuple(node.applied))
        node.core.note_snapshot(index, keep=self.random.choice((0, 3)))

    def check(self, node: Node) -> None:
        state = node.core.state
        if state.role is Role.LEADER:
            first = self.leaders.setdefault(state.term, node.name)
            assert first == node.name, f"term {state.term} has two leaders"

    def send_all(self, sender: str, messages: list) -> None:
        for to, message in messages:
            self.send(sender, to, message)

    def send(self, sender: str, to: str, message: object) -> None:
        for _ in range(1 + (self.random.random() < self.repeat)):
            if self.random.random() < self.loss:
                self.tell_lost(sender, to, message)
            else:
                delay = self.random.choice((0.001, 0.002, 0.01, 0.03))
                self.number += 1
                heapq.heappush(self.queue, (self.now + delay, self.number, sender, to, message))

    def tell_lost(self, sender: str, to: str, message: object) -> None:
        """A snapshot goes over one connection, so its sender learns where it does not arrive."""
        node = self.nodes[sender]
        if isinstance(message, tuple) and node.core is not None:
            node.core.note_connected(to, self.now)

    def step(self) -> None:
        """Let the next thing happen: a message arrives, or a node's time is up."""
        alive = [node for node in self.nodes.values() if node.core is not None]
        due = min((node.core.next_deadline for node in alive), default=self.now + 1)
        if self.queue and self.queue[0][0] <= due:
            at, _, sender, to, message = heapq.heappop(self.queue)
            self.now = max(self.now, at)
            node = self.nodes.get(to)
            if node is None or node.core is None or frozenset((sender, to)) in self.cut:
                self.tell_lost(sender, to, message)
                return
            self.deliver(node, sender, message)
        else:
            self.now = max(self.now, due)
            for node in alive:
                if node.core is not None and node.core.next_deadline <= self.now:
                    node.core.tick(self.now)
                    self.settle(node)

    def deliver(self, node: Node, sender: str, message: object) -> None:
        if isinstance(message, tuple):
            _, mark, snapshot = message
            if mark.index > node.core.state.commit:
                node.disk.begin_at(mark, snapshot)
                node.applied, node.applied_index = list(snapshot), mark.index
            node.core.install(mark, sender, self.now)
        else:
            node.core.receive(sender, message, self.now)
        self.settle(node)

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.step()

    def leader(self) -> str | None:
        """Return who leads the latest term."""
        leading = [
            (node.core.state.term, node.name)
            for node in self.nodes.values()
            if node.core is not None and node.core.state.role is Role.LEADER
        ]
        return max(leading)[1] if leading else None

    def heal(self) -> None:
        self.loss = self.repeat = self.tearing = 0.0
        self.cut.clear()
        for name, node in self.nodes.items():
            if node.core is None:
                self.start(name)
