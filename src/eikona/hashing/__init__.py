"""A Picture becomes a Fingerprint: one file an algorithm, ``registry`` is the table of contents."""
