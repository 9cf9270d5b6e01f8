"""Runs the command as ``python -m eikona.apps.cli``."""

from eikona.apps.cli.main import main

if __name__ == "__main__":
    main()
