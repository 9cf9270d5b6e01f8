"""Distances become verdicts. Rules are pure and total."""
