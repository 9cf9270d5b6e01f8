"""Encoded bytes become a Picture: limits, orientation, colour modes, frames, luma, plane."""
