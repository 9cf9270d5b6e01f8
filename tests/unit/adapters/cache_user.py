"""Uses a cache as one process of several: python cache_user.py CACHE FOLDER SEED."""

import sys
import time
from pathlib import Path

from eikona.adapters.fingerprint_cache import FingerprintCache
from tests.unit.adapters.stored_fingerprints import fingerprint_of

ROUNDS = 40


def main(cache, folder, seed):
    paths = sorted(map(str, Path(folder).iterdir()))
    said = []
    for number in range(ROUNDS):
        used = FingerprintCache(
            Path(cache),
            settings=b"settings",
            maker="maker",
            notify=said.append,
            max_bytes=10**9,
        )
        for place in range(seed, len(paths), 3):
            (look, known), *_ = used.recall(paths[place:])
            expected = fingerprint_of(place)
            if known is None:
                used.keep(look, expected)
            elif known != expected:
                raise ValueError(f"{paths[place]} came back as something else")
        used.close()
        if number == 0:
            print("begun", flush=True)
        time.sleep(0.001)
    if said:
        raise ValueError(said)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
