"""Reports for people: one self-contained HTML file, and a CSV file beside it."""
