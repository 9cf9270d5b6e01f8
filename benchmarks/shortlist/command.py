"""The command line of the benchmark of the shortlist."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from pathlib import Path

import numpy as np

from benchmarks import tables
from benchmarks.robustness.photos import (
    PHOTOS,
    NoPhotosError,
    Photo,
    draw_photos,
    find_photos,
)
from benchmarks.shortlist import (
    alternatives,
    banks,
    collecting,
    crowded,
    learning,
    measure,
    verdict,
)
from benchmarks.shortlist.collecting import STORE, Copies
from benchmarks.shortlist.distractors import distractors
from benchmarks.shortlist.kept import Kept
from benchmarks.shortlist.measure import Row
from benchmarks.shortlist.verdict import MemoryBank
from benchmarks.speed.rows import facts_of_run, write_rows
from eikona.domain.local_features import MOST_FEATURES, LocalFeatures
from eikona.matching.shortlist.probing import SearchedTable
from eikona.matching.shortlist.searching import Shortlist
from eikona.matching.shortlist.tail import PostingTail
from eikona.native.switch import COMPILE_FOR, prepare

_RESULTS = Path(__file__).resolve().parent.parent / "results" / "shortlist.jsonl"
_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_USUAL = 100_000  # pictures, where settings are compared
_PROBES = (2_000, 4_000, 8_000, 12_000, 16_000)
_SPARSE = (200, 150, 100)
_TAIL = 5_000  # pictures
_SEGMENTS = 4
_PARTS = (
    *("sizes", "verdict", "probes", "sparse", "margins", "segments", "tail", "crowded"),
    "alternatives",
)
_QUICK = {"queried": 3, "base": 40, "usual": 200}


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.shortlist",
        description="Measures the shortlist: recall, time, size. Keeps 8 GB in the scratch folder.",
        epilog="example: python -m benchmarks.shortlist --only sizes --sizes 1000 10000",
    )
    add = parser.add_argument
    add("what", nargs="?", choices=("measure", "learn"), default="measure")
    add("--photos", type=Path, default=PHOTOS, metavar="FOLDER", help="the photographs")
    add("--only", nargs="+", choices=_PARTS, default=_PARTS, help="these parts")
    add("--sizes", nargs="+", type=int, default=_SIZES, metavar="PICTURES", help="of banks")
    add("--every", type=int, default=1, metavar="COPIES", help="ask one copy in so many")
    add("--results", type=Path, metavar="FILE", help="write rows there, leave the docs alone")
    add("--quick", action="store_true", help="smoke run on drawn pictures; needs --results")
    wanted = parser.parse_args(arguments)
    if wanted.quick and wanted.results is None:
        parser.error("--quick needs --results FILE")
    prepare(COMPILE_FOR)
    try:
        with tempfile.TemporaryDirectory() as folder:
            run = _run(wanted, Path(folder))
            if wanted.what == "learn":
                learning.learn(run.learned, run.say)
                return 0
            rows = list(run.rows(wanted.only))
    except NoPhotosError as error:
        sys.stderr.write(f"benchmarks.shortlist: {error}\n")
        return 1
    write_rows(wanted.results or _RESULTS, rows, {**facts_of_run(), "family": "shortlist"})
    return 0 if wanted.results else tables.main([])


def _run(wanted: argparse.Namespace, folder: Path) -> "_Run":
    if not wanted.quick:
        return _Run(find_photos(wanted.photos), STORE, wanted.sizes, wanted.every)
    draw_photos(folder / "photos", 12)
    return _Run(find_photos(folder / "photos"), folder, (100, 300), 7, **_QUICK)


class _Run:
    """One run: what is asked, where things are kept, and the parts."""

    def __init__(
        self,
        photos: Sequence[Photo],
        folder: Path,
        sizes: Sequence[int],
        every: int,
        *,
        queried: int = collecting.QUERIED,
        base: int = collecting.MADE,
        usual: int = _USUAL,
    ) -> None:
        self._photos, self._folder, self._sizes, self._every = photos, folder, sizes, every
        self._asked_photos = collecting.queried(photos, queried)
        self._base_count, self._usual = base, usual

    def rows(self, parts: Sequence[str]) -> Iterator[Row]:
        """Yield the results of these parts."""
        for part in parts:
            yield from getattr(self, f"_measure_{part}")()

    @cached_property
    def asked(self) -> Copies:
        return collecting.copies("queried", self._asked_photos, self.say, self._folder)

    @cached_property
    def learned(self) -> Copies:
        photos = collecting.learned(self._photos)
        return collecting.copies("train", photos, self.say, self._folder)

    @cached_property
    def aligned(self) -> np.ndarray:
        return measure.aligned(self.asked)

    def base(self) -> Kept:
        return collecting.base(
            self._photos, self._asked_photos, self.say, self._base_count, self._folder
        )

    def say(self, done: str) -> None:
        sys.stderr.write(f"\r\033[K{done}")
        sys.stderr.flush()

    def _bank(self, pictures: int, descriptors: int = MOST_FEATURES) -> banks.Bank:
        return banks.bank(
            pictures,
            self.asked.originals,
            self.base,
            descriptors=descriptors,
            folder=self._folder,
        )

    def _row(
        self,
        name: str,
        what: str,
        place: int,
        searched: Sequence[SearchedTable],
        asked: Copies | None = None,
        **options: object,
    ) -> Row:
        asked = asked or self.asked
        found = measure.measure(asked, searched, every=self._every, **options)
        self.say(f"{name}: {what}")
        return {
            "set": f"shortlist-{name}",
            "what": what,
            "place": place,
            "photos": len(asked.originals),
            "pictures": sum(table.postings.pictures for table in searched),
            **found.row(asked, self.aligned),
        }

    def _measure_sizes(self) -> Iterator[Row]:
        for place, size in enumerate(self._sizes):
            built = self._bank(size)
            yield self._row("sizes", f"{size:,} pictures", place, [SearchedTable(built.table)]) | {
                "descriptors": len(built.table.codes),
                "bytes_a_descriptor": round(built.bytes_a_descriptor, 2),
                "build_s": round(built.build_s, 1),
            }

    def _measure_verdict(self) -> Iterator[Row]:
        for place, size in enumerate(self._sizes):
            bank = MemoryBank.of(self._asked_photos, self.base(), self._bank(size).table)
            row = verdict.measure(self._asked_photos, bank)
            self.say(f"verdict: {size:,} entries")
            yield {"set": "shortlist-verdict", "place": place, "pictures": size, **row}

    def _measure_probes(self) -> Iterator[Row]:
        table = SearchedTable(self._bank(self._usual).table)
        for place, probes in enumerate(_PROBES):
            shortlist = Shortlist(probes=probes)
            yield self._row("probes", f"{probes:,}", place, [table], shortlist=shortlist)

    def _measure_sparse(self) -> Iterator[Row]:
        for place, descriptors in enumerate((MOST_FEATURES, *_SPARSE)):
            built = self._bank(self._usual, descriptors)
            row = self._row("sparse", str(descriptors), place, [SearchedTable(built.table)])
            yield row | {"bytes_a_picture": round(built.table.nbytes / self._usual)}

    def _measure_margins(self) -> Iterator[Row]:
        table = SearchedTable(self._bank(self._usual).table)
        yield self._row("margins", "with margins", 0, [table])
        alter = measure.without_margins
        yield self._row("margins", "codes alone", 1, [table], alter=alter)

    def _measure_segments(self) -> Iterator[Row]:
        pictures = chain(self.asked.originals, distractors(self.base(), self._usual))
        size = self._usual // _SEGMENTS
        built = [banks.build(size, islice(pictures, size)) for _ in range(_SEGMENTS)]
        searched = [SearchedTable(one.table) for one in built]
        yield self._row("segments", f"{_SEGMENTS} tables", 1, searched)

    def _measure_tail(self) -> Iterator[Row]:
        pictures = chain(self.asked.originals, distractors(self.base(), _TAIL))
        tail, times = PostingTail(), []
        for one in islice(pictures, min(_TAIL, self._usual)):
            begin = time.thread_time()
            tail.add(one)
            times.append((time.thread_time() - begin) * 1000)
        row = self._row("tail", f"a tail of {len(tail):,}", 2, [SearchedTable(tail.table())])
        yield row | {
            "add_median": round(float(np.median(times)), 3),
            "add_p99": round(float(np.quantile(times, 0.99)), 3),
        }

    def _measure_crowded(self) -> Iterator[Row]:
        def plain() -> Iterator[LocalFeatures]:
            made = distractors(base, self._usual)
            return islice(chain(self.asked.originals, made), self._usual)

        base = self.base()
        one = self.learned.originals[0]  # never queried, and known with its margins
        originals = len(self.asked.originals)

        def kept(pictures: Iterator[LocalFeatures]) -> Iterator[LocalFeatures]:
            return chain(self.asked.originals, islice(pictures, originals, None))

        built = banks.build(self._usual, kept(crowded.full_of_one(plain(), one)))
        searched = [SearchedTable(built.table)]
        yield self._row("crowded", "a fifth shows one picture: other queries", 0, searched)
        mixed = crowded.collages(self.asked, one)
        yield self._row("crowded", "the same: that picture beside the copy", 1, searched, mixed)
        frame = crowded.frame_of(one)
        built = banks.build(self._usual, kept(crowded.framed(plain(), frame)))
        searched = [SearchedTable(built.table)]
        mixed = crowded.in_frame(self.asked, frame)
        yield self._row("crowded", "four fifths in one frame: other queries", 2, searched)
        row = self._row("crowded", "the same: copies in that frame", 3, searched, mixed)
        yield row | {"frame": crowded.FRAME / MOST_FEATURES}

    def _measure_alternatives(self) -> Iterator[Row]:
        yield from alternatives.rows(self.asked, self.base().codes)
