"""One node of the quorum as a process."""
