"""Different pictures that look alike in places, and what rules make of them."""
