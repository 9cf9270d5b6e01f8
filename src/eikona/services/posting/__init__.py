"""Posts: one use case a file."""
