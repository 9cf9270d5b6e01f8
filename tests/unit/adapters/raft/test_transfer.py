import os

from eikona.adapters.raft.messages import Mark, SnapshotAnswer, SnapshotPart
from eikona.adapters.raft.snapshot_file import Snapshot, SnapshotFolder
from eikona.adapters.raft.transfer import SnapshotReceiver, SnapshotSender


def _carry(sender, receiver, sent, *, lose=()):
    """Let parts arrive and answers return until nothing moves; return what came whole."""
    number, whole = 0, None
    while sent:
        part = sent.pop(0)
        number += 1
        if number in lose:
            continue
        received, found = receiver.take("n0", part)
        whole = found or whole
        sender.on_answer("n1", SnapshotAnswer(part.term, part.index, received), 3, float(number))
    return whole


def _sender(folder, sent):
    return SnapshotSender(folder, lambda name, part: sent.append(part) is None)


def test_a_snapshot_arrives_in_parts(tmp_path):
    folder, sent = SnapshotFolder(tmp_path, syncs=False), []
    folder.save(Snapshot(Mark(9, 2), os.urandom(5_000_000)))
    sender = _sender(folder, sent)
    sender.begin("n1", 3, 0.0)
    assert 1 < len(sent) < 10  # not all at once
    assert _carry(sender, SnapshotReceiver(), sent) == folder.newest().read_bytes()


def test_lost_parts_are_sent_again(tmp_path):
    folder, sent = SnapshotFolder(tmp_path, syncs=False), []
    folder.save(Snapshot(Mark(9, 2), os.urandom(5_000_000)))
    sender, receiver = _sender(folder, sent), SnapshotReceiver()
    sender.begin("n1", 3, 0.0)
    whole = _carry(sender, receiver, sent, lose=(2, 7))
    for turn in range(1, 20):
        if whole is None:
            sender.tick(3, turn * 1000.0)
            whole = _carry(sender, receiver, sent)
    assert whole == folder.newest().read_bytes()


def test_parts_of_different_snapshots_do_not_mix():
    receiver = SnapshotReceiver()
    assert receiver.take("n0", SnapshotPart(1, 5, 6, 0, b"abc")) == (3, None)
    assert receiver.take("n0", SnapshotPart(1, 8, 6, 3, b"xyz")) == (0, None)
    assert receiver.take("n2", SnapshotPart(1, 5, 6, 3, b"xyz")) == (0, None)
    assert receiver.take("n0", SnapshotPart(1, 5, 6, 3, b"def")) == (6, b"abcdef")


def test_more_than_was_announced_is_not_taken():
    receiver = SnapshotReceiver()
    assert receiver.take("n0", SnapshotPart(1, 5, 4, 0, b"abcdef")) == (0, None)
