"""An invisible mark that says 64 bits, read from copies that were cut, turned and squeezed."""
