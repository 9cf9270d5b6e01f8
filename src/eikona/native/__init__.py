"""Inner loops as machine code, loaded without their compiler; NumPy does the same until then."""
