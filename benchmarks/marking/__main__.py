"""Measures watermarks; see ``benchmarks/README.md``."""

import sys

from benchmarks.speed.one_thread import use_one_thread

if __name__ == "__main__":
    use_one_thread()  # before anything imports NumPy
    from benchmarks.marking.command import main

    sys.exit(main(sys.argv[1:]))
