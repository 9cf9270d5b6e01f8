"""How often chance brings two pictures near each other."""
