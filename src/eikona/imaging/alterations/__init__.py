"""What is done to pictures that are passed on: one module a family, each attack a pure function."""
