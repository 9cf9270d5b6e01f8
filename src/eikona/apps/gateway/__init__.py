"""The quorum's gateway: takes cases in, serves their pictures to nodes, tells what is ruled."""
