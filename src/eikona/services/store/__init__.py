"""What use cases of the server need of its store."""
