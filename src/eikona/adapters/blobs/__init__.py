"""Files that are named by what is in them."""
