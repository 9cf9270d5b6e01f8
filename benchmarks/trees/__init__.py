"""Trained trees beside fixed rules: on the published table, and on the 43 attacks."""
