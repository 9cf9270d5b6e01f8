"""Fingerprints meet fingerprints: distances and, later, the index."""
