"""What is done to pictures: one module a family, each attack a pure function of its arguments."""
