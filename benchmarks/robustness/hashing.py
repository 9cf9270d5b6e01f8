"""Alters every photograph in every way and keeps what each hasher says of it."""

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.robustness.hashers.catalogue import hasher_named
from benchmarks.robustness.photos import Photo, upright
from benchmarks.robustness.store import Store
from eikona.imaging.alterations.attack import Attack


class _Made(NamedTuple):
    hasher: str
    attack: Attack | None
    record: bytes


@dataclass(frozen=True, slots=True)
class _Task:
    """What is missing of one photograph: hashers by attack, None for it as it is."""

    photo: Photo
    missing: tuple[tuple[Attack | None, tuple[str, ...]], ...]


def hash_photos(
    photos: Sequence[Photo],
    attacks: Sequence[Attack],
    hashers: Sequence[str],
    store: Store,
    *,
    jobs: int,
    report: Callable[[int, int], None],
) -> None:
    """Fill ``store`` with whatever it lacks; may be interrupted at any time.

    Args:
        photos: what to alter.
        attacks: in which ways, beside leaving it as it is.
        hashers: names of what hashes the copies.
        store: where records are kept.
        jobs: processes.
        report: called with photographs done and photographs in all.
    """
    tasks = _tasks(photos, attacks, hashers, store)
    with _mapped(tasks, jobs) as results:
        for done, made in enumerate(results, 1):
            for hasher, attack, record in made:
                store.append(hasher_named(hasher), attack, record)
            report(done, len(tasks))


def _tasks(
    photos: Sequence[Photo], attacks: Sequence[Attack], hashers: Sequence[str], store: Store
) -> list[_Task]:
    ways = (None, *attacks)
    there = {
        (attack, name): store.photos(hasher_named(name), attack)
        for attack in ways
        for name in hashers
    }
    tasks = []
    for photo in photos:
        missing = []
        for attack in ways:
            names = tuple(name for name in hashers if photo.digest not in there[attack, name])
            if names:
                missing.append((attack, names))
        if missing:
            tasks.append(_Task(photo, tuple(missing)))
    return tasks


@contextlib.contextmanager
def _mapped(tasks: Sequence[_Task], jobs: int) -> Iterator[Iterator[list[_Made]]]:
    if jobs == 1 or len(tasks) < 2:
        yield map(_run, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, initializer=_leave_interrupts) as pool:
        yield pool.imap_unordered(_run, tasks)


def _leave_interrupts() -> None:
    """Leave Ctrl-C to the process that writes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run(task: _Task) -> list[_Made]:
    data = task.photo.path.read_bytes()
    image = upright(data)
    made = []
    for attack, names in task.missing:
        copy = data if attack is None else attack.copy(image, task.photo.digest)
        made += [
            _Made(name, attack, hasher_named(name).record(task.photo.digest, copy))
            for name in names
        ]
    return made
