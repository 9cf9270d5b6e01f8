"""Where the ``eikona`` command begins.

Nothing heavy is imported on the way: each command imports what it needs when it runs.
"""

import gc
import os
import sys


def main() -> None:
    """Run the command line and end the process with its exit status."""
    _open_what_is_closed()
    gc.disable()  # imports make no garbage, and looking for it would take a tenth of the start
    try:
        from eikona.adapters.worker import use_one_thread_each  # noqa: PLC0415  Ctrl-C is caught
        from eikona.apps.cli.commands import app  # noqa: PLC0415  from here on

        use_one_thread_each()
        app(prog_name="eikona")
    except KeyboardInterrupt:
        sys.exit(130)


def _open_what_is_closed() -> None:
    """Open standard streams that the caller has closed on nothing.

    Otherwise the next file that is opened, or a worker's pipe, would be standard output.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
            if number == 1:
                sys.stdout = os.fdopen(1, "w", closefd=False)
            elif number == 2:
                sys.stderr = os.fdopen(2, "w", closefd=False)


if __name__ == "__main__":
    main()
