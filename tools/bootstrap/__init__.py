"""What ``./eikona`` does before Eikona is installed: nothing here needs more than Python itself."""
