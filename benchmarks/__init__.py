"""Measurements of Eikona beside other programs; their results fill the tables in the docs."""
