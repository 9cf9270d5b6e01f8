"""How many altered copies are found, and how many other pictures are taken for copies."""
