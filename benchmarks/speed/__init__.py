"""How long fingerprinting takes, by stage and whole, beside bare decoding and other programs."""
