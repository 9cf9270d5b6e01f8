"""What goes into a protected picture, and what is read from its copies."""
