"""Decision trees over distances: grown from labelled pairs, kept as text, judged by as a rule."""
