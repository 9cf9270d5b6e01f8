"""What turns encoded bytes into codes: Eikona and other programs, each asked once a picture."""
