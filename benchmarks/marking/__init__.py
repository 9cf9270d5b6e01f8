"""Watermarks: what copies they are read from, how little they show."""
