"""The application server: HTTP in front of the use cases."""
