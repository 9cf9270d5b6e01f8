"""An embedded Raft: a core without I/O, a journal, mutual TLS, and the engine that joins them."""
