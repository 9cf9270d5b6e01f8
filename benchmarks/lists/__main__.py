"""Measures imports and exports; see ``benchmarks/README.md``."""

import sys

if __name__ == "__main__":
    from benchmarks.lists.command import main

    sys.exit(main(sys.argv[1:]))
