"""Measures the index; see ``benchmarks/README.md``."""

import os
import sys

from benchmarks.speed.one_thread import use_one_thread

if __name__ == "__main__":
    use_one_thread()  # before anything imports NumPy; contenders are told their threads
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # faiss sleeps where it waits for threads
    from benchmarks.index.command import main

    sys.exit(main(sys.argv[1:]))
