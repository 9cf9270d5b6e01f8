"""Where the ``eikona`` command begins.

Nothing heavy is imported on the way: each command imports what it needs when it runs.
"""

import gc
import sys


def main() -> None:
    """Run the command line and end the process with its exit status."""
    gc.disable()  # imports make no garbage, and looking for it would take a tenth of the start
    try:
        from eikona.adapters.worker import use_one_thread_each  # noqa: PLC0415  Ctrl-C is caught
        from eikona.apps.cli.commands import app  # noqa: PLC0415  from here on

        use_one_thread_each()
        app(prog_name="eikona")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
