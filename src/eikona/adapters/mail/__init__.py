"""Mail that leaves the server, by SMTP or into a folder."""
