"""Moderation: one use case a file."""
