"""What people and other programs start."""
