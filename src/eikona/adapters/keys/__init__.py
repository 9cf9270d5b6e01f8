"""Ed25519 keys: made, kept in files, used to sign and to check."""
