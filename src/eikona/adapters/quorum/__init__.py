"""What the processes of a quorum say to each other beside Raft, and what they keep on disk."""
