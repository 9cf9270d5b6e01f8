"""Another program's hashes of a file or of all files in a folder, as a whole command.

usage: python benchmarks/speed/peer_command.py PEER PATH [--jobs N]

Writes one JSON object a file, as ``eikona hash --format json`` does. Imports nothing that the peer
does not need, so that a start is timed fairly.
"""
# ruff: noqa: PLC0415  (each peer imports what it needs and no more)

import argparse
import json
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

Hashes = dict[str, str]


def _imagehash(names: Sequence[str]) -> Callable[[str], Hashes]:
    import imagehash
    from PIL import Image

    def make(path: str) -> Hashes:
        with Image.open(path) as image:
            return {name: str(getattr(imagehash, name)(image)) for name in names}

    return make


def _pdqhash() -> Callable[[str], Hashes]:
    import numpy as np
    import pdqhash
    from PIL import Image

    def make(path: str) -> Hashes:
        with Image.open(path) as image:
            bits, _ = pdqhash.compute(np.asarray(image.convert("RGB")))
        return {"pdq": np.packbits(bits).tobytes().hex()}

    return make


def _perception(names: Sequence[str]) -> Callable[[str], Hashes]:
    import cv2
    from perception import hashers
    from perception.hashers import tools

    cv2.setNumThreads(1)
    made = {name: getattr(hashers, name)() for name in names}

    def make(path: str) -> Hashes:
        pixels = tools.read(path)
        return {name: str(hasher.compute(pixels)) for name, hasher in made.items()}

    return make


PEERS: dict[str, Callable[[], Callable[[str], Hashes]]] = {
    "imagehash-four": lambda: _imagehash(("average_hash", "phash", "dhash", "whash")),
    "imagehash-phash": lambda: _imagehash(("phash",)),
    "pdqhash": _pdqhash,
    "perception-phash": lambda: _perception(("PHash",)),  # on two, see _by_its_own_threads
    "perception-four": lambda: _perception(("AverageHash", "PHash", "DHash", "WaveletHash")),
}
_made: list[Callable[[str], Hashes]] = []


def _by_its_own_threads(paths: Sequence[str], jobs: int) -> None:
    """Run perception's parallel call, which has threads and is faster than a pool of processes."""
    import cv2
    from perception import hashers

    cv2.setNumThreads(1)
    for record in hashers.PHash().compute_parallel(list(paths), max_workers=jobs):
        hashes = {"PHash": record["hash"]}
        sys.stdout.write(json.dumps({"file": record["filepath"], "hashes": hashes}) + "\n")


def _start(peer: str) -> None:
    _made.append(PEERS[peer]())


def _record(path: str) -> str:
    return json.dumps({"file": path, "hashes": _made[0](path)})


def main() -> None:
    """Hash and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("path", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    wanted = parser.parse_args()
    folder = wanted.path.is_dir()
    paths = sorted(str(path) for path in wanted.path.iterdir()) if folder else [str(wanted.path)]
    if wanted.jobs == 1:
        _start(wanted.peer)
        for path in paths:
            sys.stdout.write(_record(path) + "\n")
        return
    if wanted.peer == "perception-phash":
        _by_its_own_threads(paths, wanted.jobs)
        return
    with multiprocessing.Pool(wanted.jobs, _start, (wanted.peer,)) as pool:
        for line in pool.imap(_record, paths, chunksize=8):
            sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
