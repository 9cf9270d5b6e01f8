"""Whole scans of folders: what the bank costs on top of hashing, and what the cache saves."""
