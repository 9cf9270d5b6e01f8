"""``python -m eikona.native`` compiles the kernels, unless that is done; set-up calls it."""

import sys

from eikona.native.switch import COMPILE_FOR, prepare

if __name__ == "__main__":
    sys.exit(0 if prepare(COMPILE_FOR) else 1)
