"""Marks unseen photographs, attacks the copies and reads them; keeps what was done, to go on."""

import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.marking.attacks import ATTACKS, PROMISED, attacked
from benchmarks.marking.similarity import ssim
from benchmarks.robustness.photos import upright
from eikona.domain.errors import UnmarkableError
from eikona.marking.watermark.embedding import SMALLEST_SIDE, embed
from eikona.marking.watermark.reading import read

KEY = b"benchmark"
_FURTHER_EVERY = 4  # pictures: one suffers attacks that nothing is promised of
Record = dict[str, Any]


def is_unseen(path: Path) -> bool:
    """Tell the half that nothing was tuned on, by the hash of the file's name."""
    return hashlib.sha256(path.name.encode()).digest()[0] % 2 == 1


def identity_of(name: str) -> int:
    """Return the number that the picture of this name is marked with."""
    return int.from_bytes(hashlib.sha256(b"identity " + name.encode()).digest()[:8], "big")


def large_enough(path: Path) -> bool:
    """Tell whether a mark fits."""
    with Image.open(path) as image:
        return min(image.size) >= SMALLEST_SIDE


def mark_and_attack(path: Path, attacks: Iterable[str], side: int | None = None) -> Record:
    """Return the record of one picture.

    Args:
        path: the photograph.
        attacks: what its copies suffer.
        side: pixels of the shorter side that it is enlarged to first; None for as it is.
    """
    image = upright(path.read_bytes())
    if side is not None:
        scale = side / min(image.size)
        size = (round(image.width * scale), round(image.height * scale))
        image = image.resize(size, Image.Resampling.LANCZOS)
    pixels = np.asarray(image)
    identity = identity_of(path.name)
    record: Record = {"name": path.name, "megapixels": round(image.width * image.height / 1e6, 4)}
    started = time.process_time()
    try:
        marked = embed(pixels, identity, KEY)
    except UnmarkableError as error:
        return record | {"refused": error.code}
    record["embed_s"] = round(time.process_time() - started, 4)
    record["psnr"] = round(marked.psnr, 3)
    record["ssim"] = round(ssim(pixels, marked.pixels), 5)
    record["strength"] = round(marked.strength, 3)
    copy = Image.fromarray(marked.pixels)
    record["reads"] = {}
    for attack in attacks:
        luma = np.asarray(attacked(copy, attack, path.name).convert("L"))
        started = time.process_time()
        found = read(luma, KEY)
        record["reads"][attack] = [
            int(found.identity == identity),
            round(found.z, 2),
            found.tries,
            round(time.process_time() - started, 4),
            int(found.identity not in {identity, None}),
        ]
    return record


def run(paths: Sequence[Path], scratch: Path, side: int | None = None) -> list[Record]:
    """Return a record of every picture; those in ``scratch`` are not made anew."""
    done = {record["name"]: record for record in _kept(scratch)}
    scratch.parent.mkdir(parents=True, exist_ok=True)
    with scratch.open("a", encoding="utf-8") as out:
        for number, path in enumerate(paths):
            if path.name in done:
                continue
            attacks = PROMISED if number % _FURTHER_EVERY else ATTACKS
            record = mark_and_attack(path, attacks, side)
            out.write(json.dumps(record) + "\n")
            out.flush()
            done[path.name] = record
            sys.stderr.write(f"{number + 1} of {len(paths)}: {path.name}\n")
    return [done[path.name] for path in paths if path.name in done]


def _kept(scratch: Path) -> Iterator[Record]:
    if scratch.exists():
        for line in scratch.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def summary(records: Iterable[Record]) -> Record:
    """Return rates of every attack, distributions of what shows, and times."""
    records = list(records)
    marked = [record for record in records if "reads" in record]
    reads = {
        attack: [one["reads"][attack] for one in marked if attack in one["reads"]]
        for attack in ATTACKS
    }
    attacks = {attack: _reads(found) for attack, found in reads.items() if found}
    return {
        "pictures": len(marked),
        "refused": sorted(one["name"] for one in records if "refused" in one),
        "megapixels": round(float(np.mean([one["megapixels"] for one in marked])), 3),
        "psnr": _spread([one["psnr"] for one in marked]),
        "ssim": _spread([one["ssim"] for one in marked]),
        "embed_s": round(float(np.median([one["embed_s"] for one in marked])), 4),
        "attacks": attacks,
    }


def _reads(reads: Sequence[Sequence[float]]) -> Record:
    hits, z, _, seconds, wrong = zip(*reads, strict=True)
    return {
        "pictures": len(reads),
        "read": round(float(np.mean(hits)), 5),
        "wrong": int(sum(wrong)),
        "z": round(float(np.median(z)), 2),
        "read_s": round(float(np.median(seconds)), 4),
    }


def _spread(values: Sequence[float]) -> Record:
    quantiles = np.quantile(values, (0, 0.05, 0.25, 0.5, 0.75, 0.95))
    names = ("least", "5 %", "25 %", "50 %", "75 %", "95 %")
    spread = {name: round(float(q), 4) for name, q in zip(names, quantiles, strict=True)}
    return spread | {"mean": round(float(np.mean(values)), 4)}
