"""The ``eikona`` command."""
