"""How every command ends: one exit status for each kind of end, and never a traceback for it."""

import gc
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from eikona.domain.errors import EikonaError, UsageError

FINE = 0
SOME_FAILED = 1
WRONG_USAGE = 2
MATCH_FOUND = 3
INTERRUPTED = 130  # 128 and SIGINT's number, as shells have it
READER_GONE = 141  # 128 and SIGPIPE's number


def end_with(run: Callable[[], int], *, interrupted: Callable[[], str]) -> NoReturn:
    """Run a command to its exit status.

    Args:
        run: returns the status.
        interrupted: says in one sentence, after Ctrl-C, how to go on.

    Raises:
        typer.Exit: always, with the status.
        typer.BadParameter: the command was called wrongly.
    """
    gc.enable()
    try:
        status = run()
        sys.stdout.flush()
    except UsageError as error:
        raise typer.BadParameter(str(error)) from error
    except EikonaError as error:
        typer.echo(f"eikona: {error} ({error.code})", err=True)
        status = SOME_FAILED
    except BrokenPipeError:
        _write_nowhere()
        status = READER_GONE
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C finds nothing left to end
        typer.echo(f"\n{interrupted()}", err=True)
        status = INTERRUPTED
    except OSError as error:
        from eikona.adapters.system_errors import in_words  # noqa: PLC0415  only needed here

        failed = in_words(error)
        typer.echo(f"eikona: {failed} ({failed.code})", err=True)
        status = SOME_FAILED
        try:
            sys.stdout.flush()
        except OSError:
            _write_nowhere()
    raise typer.Exit(status)


def _write_nowhere() -> None:
    """Let Python's own last flush of standard output succeed: its failure has another status."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def confirmed(question: str) -> bool:
    """Ask on standard error, and return whether the answer is yes.

    Raises:
        UsageError: nobody can be asked.
    """
    if sys.stdin is None:
        raise UsageError("nobody can be asked: add --yes")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
