"""The shortlist of pictures that may hold a copy: recall, time and size, up to a million."""
