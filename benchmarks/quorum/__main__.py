"""Measures the quorum's engines; see ``benchmarks/README.md``."""

import sys

from benchmarks.quorum.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
