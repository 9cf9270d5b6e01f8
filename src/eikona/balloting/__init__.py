"""The quorum's pure core: cases, ballots, rulings, receipts. No I/O, no clock, no randomness."""
