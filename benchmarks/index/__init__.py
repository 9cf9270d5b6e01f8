"""How fast exact search is in many codes, and how much memory it takes."""
