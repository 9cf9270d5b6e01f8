"""The server's database: SQLite in WAL mode behind one writer."""
