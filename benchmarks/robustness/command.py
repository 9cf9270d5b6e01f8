"""The command line of the robustness benchmark."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import tables
from benchmarks.robustness import rows
from benchmarks.robustness.aligned import joined
from benchmarks.robustness.contact_sheet import draw_contact_sheet
from benchmarks.robustness.contenders import contenders
from benchmarks.robustness.evaluation import Half, evaluate
from benchmarks.robustness.hashers import unihasher
from benchmarks.robustness.hashers.catalogue import PEERS, hasher_named, installed
from benchmarks.robustness.hashers.hasher import Codes, MissingPeerError
from benchmarks.robustness.hashing import hash_photos
from benchmarks.robustness.photos import (
    PHOTOS,
    NoPhotosError,
    Photo,
    draw_photos,
    evenly,
    find_photos,
)
from benchmarks.robustness.protocol import judge_pairs
from benchmarks.robustness.store import WORK, Store
from benchmarks.speed.rows import Row, facts_of_run, write_rows
from eikona.imaging.alterations.attack import Attack, Group
from eikona.imaging.alterations.catalogue import ATTACKS

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "robustness.jsonl"
_QUICK_PHOTOS = 12
_SHEET_PHOTOS = 3
_CHECKED_PHOTOS = 3
_OWN = ("aligned", "eikona")
_READS = {"aligned": ("eikona", "features")}  # hashers, where a program is none itself
_FEWEST = 2  # photographs of a half: fewer make no pair


class WrongUsageError(Exception):
    """The command line asks for what cannot be done."""


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    wanted = _parser().parse_args(arguments)
    try:
        if wanted.quick:
            with tempfile.TemporaryDirectory() as folder:
                return _run(wanted, Path(folder))
        return _run(wanted, None)
    except (NoPhotosError, MissingPeerError, WrongUsageError, unihasher.DifferentError) as error:
        sys.stderr.write(f"benchmarks.robustness: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. The same command goes on from here.\n")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.robustness",
        description="Measures how many altered copies are found, and how many other pictures are"
        " taken for copies. May be interrupted; the same command goes on where it was.",
        epilog="example: python -m benchmarks.robustness --photos ~/photos --jobs 2",
    )
    add = parser.add_argument
    add("--photos", type=Path, default=PHOTOS, metavar="FOLDER", help="the photographs")
    add("--sample", type=int, metavar="N", help="take N of them, evenly spaced")
    add("--peer-sample", type=int, metavar="N", help="let peers have N of those only")
    add("--attacks", nargs="+", metavar="NAME[=STRENGTH]", help="these only; needs --results")
    add("--peers", nargs="*", choices=tuple(PEERS), help="these only, or none; all by default")
    add("--only", nargs="+", choices=(*_OWN, *PEERS), help="measure these, keep others' rows")
    add("--jobs", type=int, default=1, metavar="N", help="processes")
    add("--work", type=Path, default=WORK, metavar="FOLDER", help="where hashes are kept")
    add("--results", type=Path, metavar="FILE", help="write rows there, leave the docs alone")
    add("--quick", action="store_true", help="smoke run on drawn pictures, installed peers only")
    add("--contact-sheet", type=Path, metavar="PNG", help="draw every attack there, then stop")
    return parser


def _run(wanted: argparse.Namespace, drawn: Path | None) -> int:
    attacks = _attacks(wanted.attacks)
    if wanted.attacks and not (wanted.results or wanted.contact_sheet):
        raise WrongUsageError("--attacks needs --results FILE: the leaderboard holds all attacks")
    if drawn is not None:
        draw_photos(drawn, _QUICK_PHOTOS)
    photos = find_photos(drawn or wanted.photos, wanted.sample)
    if wanted.contact_sheet:
        draw_contact_sheet(evenly(photos, _SHEET_PHOTOS), attacks, wanted.contact_sheet)
        return 0
    peers = tuple(PEERS) if wanted.peers is None else tuple(wanted.peers)
    if drawn is not None:
        peers = tuple(installed(peers))
    peer_photos = evenly(photos, wanted.peer_sample or len(photos))
    own = _OWN
    if wanted.only:
        own, peers = ([name for name in names if name in wanted.only] for names in (own, peers))
    for name in (*own, *peers):
        for read in _READS.get(name, (name,)):
            hasher_named(read)  # says what is missing before anything is hashed
    store = Store(drawn / "codes" if drawn is not None else wanted.work)
    found: list[Row] = rows.attack_rows(attacks)
    for programs, these in ((own, photos), (peers, peer_photos)):
        found += _measure(programs, these, attacks, store, wanted.jobs)
    return _written(found, wanted)


def _measure(
    hashers: Sequence[str],
    photos: Sequence[Photo],
    attacks: Sequence[Attack],
    store: Store,
    jobs: int,
) -> Iterator[Row]:
    if min(_count_by_half(photos)) < _FEWEST:
        raise WrongUsageError(f"{len(photos)} photographs are too few: pass some hundred")
    if "unihasher" in hashers:
        for photo in evenly(photos, _CHECKED_PHOTOS):
            unihasher.check(photo.path.read_bytes())
    for name in hashers:
        # Nothing is set on the even half where all there is are rules.
        used = [photo for photo in photos if name not in _READS or not photo.is_even]
        progress = _Progress(name)
        reads = _READS.get(name, (name,))
        hash_photos(used, attacks, reads, store, jobs=jobs, report=progress.report)
        progress.end()
        yield from _evaluated(name, photos, attacks, store)


def _evaluated(
    hasher: str, photos: Sequence[Photo], attacks: Sequence[Attack], store: Store
) -> Iterator[Row]:
    halves = {
        is_even: [photo for photo in photos if photo.is_even is is_even]
        for is_even in (True, False)
    }
    if hasher in _READS:
        halves[True] = []
    everything = {is_even: _half(hasher, half, attacks, store) for is_even, half in halves.items()}
    poster = [attack for attack in attacks if attack.group is Group.POSTER]
    of_poster = {
        is_even: Half(half.originals, {a.name: half.altered[a.name] for a in poster})
        for is_even, half in everything.items()
    }
    whole_poster = len(poster) == sum(a.group is Group.POSTER for a in ATTACKS.values())
    for contender in contenders(hasher):
        began = time.monotonic()
        scores = evaluate(contender, everything[True], everything[False])
        confusion = None
        if whole_poster:
            confusion = judge_pairs(contender, of_poster[True], of_poster[False])
        yield rows.contender_row(contender, scores, confusion, attacks, _count_by_half(photos))
        _say(f"{contender.name}: evaluated in {time.monotonic() - began:.1f} s")


def _half(hasher: str, photos: Sequence[Photo], attacks: Sequence[Attack], store: Store) -> Half:
    altered = {attack.name: _codes(hasher, photos, attack, store) for attack in attacks}
    return Half(_codes(hasher, photos, None, store), altered)


def _codes(hasher: str, photos: Sequence[Photo], attack: Attack | None, store: Store) -> Codes:
    parts = [
        store.codes(hasher_named(read), attack, photos) for read in _READS.get(hasher, (hasher,))
    ]
    return parts[0] if len(parts) == 1 else joined(*parts)


def _written(found: Sequence[Row], wanted: argparse.Namespace) -> int:
    facts = facts_of_run() | {"family": "robustness"}
    if wanted.results or not wanted.quick:
        write_rows(wanted.results or _RESULTS, found, facts)
    return 0 if wanted.results or wanted.quick else tables.main([])


def _attacks(asked: Sequence[str] | None) -> list[Attack]:
    if not asked:
        return list(ATTACKS.values())
    found = []
    for text in asked:
        name, _, strength = text.partition("=")
        if name not in ATTACKS:
            raise WrongUsageError(f"no attack is named {name!r}: there are {', '.join(ATTACKS)}")
        try:
            found.append(ATTACKS[name].at(float(strength)) if strength else ATTACKS[name])
        except ValueError as error:
            raise WrongUsageError(f"{text!r} does not parse: write {name}=NUMBER") from error
    return found


def _count_by_half(photos: Sequence[Photo]) -> tuple[int, int]:
    even = sum(photo.is_even for photo in photos)
    return even, len(photos) - even


class _Progress:
    """Says how many photographs are done, on one line where there is a terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = self._said = time.monotonic()
        self._on_terminal = sys.stderr.isatty()

    def report(self, done: int, total: int) -> None:
        """Say it, now and then."""
        now = time.monotonic()
        if done < total and now - self._said < (0.2 if self._on_terminal else 30):
            return
        self._said = now
        left = (now - self._began) / done * (total - done)
        line = f"{self._what}: {done} of {total} photographs, about {left:.0f} s left"
        sys.stderr.write(f"\r{line}\x1b[K" if self._on_terminal else f"{line}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._on_terminal:
            sys.stderr.write("\r\x1b[K")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
