"""Banks on disk: sealed segments, tombstones and a manifest; ``docs/bank-format.md`` is the law."""
