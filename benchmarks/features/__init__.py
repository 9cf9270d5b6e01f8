"""Local features: what is found by them beside OpenCV's, what is taken for a copy, and how fast."""
