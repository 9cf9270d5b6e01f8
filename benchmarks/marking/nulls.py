"""Reads pictures without a mark: what chance gives, and how often an identity seems to be there.

Pictures are photographs as they are, and parts and enlargements of them; each is counted once.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.marking.campaign import KEY
from benchmarks.robustness.photos import upright
from eikona.marking.watermark.coding import code_signs, decode
from eikona.marking.watermark.reading import WORTH_DECODING, hear

Record = dict[str, Any]
_TILES = 12  # parts of a photograph
_SIDES = (160, 256)  # pixels, of a part's shorter side
_IDENTITIES = 512  # asked of each picture


def pictures(paths: Sequence[Path]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield a name and the luma of every picture, one part of each photograph after the other."""
    for part in range(_TILES + 1):
        for number, path in enumerate(paths):
            image = upright(path.read_bytes()).convert("L")
            yield f"{path.name} {part}", _part(image, part, 1000 * part + number)


def _part(image: Image.Image, part: int, seed: int) -> np.ndarray:
    if part == 0:
        return np.asarray(image)
    random = np.random.default_rng(seed)
    side = int(random.integers(*_SIDES))
    width = min(image.width, round(side * 1.3))
    height = min(image.height, side)
    left = int(random.integers(0, image.width - width + 1))
    top = int(random.integers(0, image.height - height + 1))
    return np.asarray(image.crop((left, top, left + width, top + height)))


def run(paths: Sequence[Path], wanted: int, scratch: Path) -> list[Record]:
    """Read ``wanted`` pictures and return what each gave; goes on where it was stopped."""
    records = []
    if scratch.exists():
        records = [json.loads(line) for line in scratch.read_text(encoding="utf-8").splitlines()]
    done = {record["name"] for record in records}
    scratch.parent.mkdir(parents=True, exist_ok=True)
    signs = np.array([code_signs(identity, KEY) for identity in range(_IDENTITIES)])
    with scratch.open("a", encoding="utf-8") as out:
        for name, luma in pictures(paths):
            if len(records) >= wanted:
                break
            if name in done or min(luma.shape) < 64:
                continue
            record = _read(name, luma, signs)
            records.append(record)
            out.write(json.dumps(record) + "\n")
            out.flush()
            if len(records) % 100 == 0:
                sys.stderr.write(f"{len(records)} of {wanted} pictures without a mark\n")
    return records


def _read(name: str, luma: np.ndarray, signs: np.ndarray) -> Record:
    started = time.process_time()
    heard = list(hear(luma, KEY))
    seconds = time.process_time() - started
    tried = [one for one in heard if one.z >= WORTH_DECODING]
    soft = np.array([one.soft / np.linalg.norm(one.soft) for one in heard])
    deviations = (soft @ signs.T).max(axis=0)
    return {
        "name": name,
        "read_s": round(seconds, 4),
        "z": round(max(one.z for one in heard), 2),
        "heard": len(heard),
        "tries": len(tried),
        "found": sum(decode(one.soft, KEY) is not None for one in tried),
        "deviations": [round(float(value), 2) for value in deviations],
    }


def summary(records: Sequence[Record]) -> Record:
    """Return counts and the largest agreement with any identity asked for."""
    deviations = np.concatenate([record["deviations"] for record in records])
    return {
        "pictures": len(records),
        "found": sum(record["found"] for record in records),
        "tries": round(float(np.mean([record["tries"] for record in records])), 3),
        "most_tries": max(record["tries"] for record in records),
        "z": [round(float(q), 2) for q in np.quantile([r["z"] for r in records], (0.5, 0.99, 1))],
        "read_s": round(float(np.median([record["read_s"] for record in records])), 4),
        "questions": int(deviations.size),
        "deviations": {
            f"{limit:g}": int((deviations >= limit).sum()) for limit in (3.5, 4, 4.5, 5, 5.5, 6)
        },
        "most_deviations": round(float(deviations.max()), 2),
    }
