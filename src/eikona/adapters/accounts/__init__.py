"""What accounts need of the world outside: hashed passwords, signed tokens, counted calls."""
