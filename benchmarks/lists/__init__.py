"""What lists of hashes take on their way into a bank and out of it."""
