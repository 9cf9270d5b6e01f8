"""A receipt with something in every part of it."""

from dataclasses import replace

from eikona.balloting.receipts import root_of
from tests.unit.balloting.quorum_builder import BLOCK, CLEAR, REVIEW, QuickSigner, QuorumBuilder


def rich_builder(builder=None, *, new=None):
    """Return a quorum of five that ruled: a rotation, a node lost, a second ballot."""
    builder = builder or QuorumBuilder(5)
    for name in "abc":
        builder.cast(builder.open(name), n1=CLEAR, n2=CLEAR, n3=CLEAR)
    new = new or QuickSigner("n2 new")
    builder.do(builder.rotation(2, "n2", new))
    builder.signers["n2"] = new
    builder.lose("n5", "n1 n2 n3")
    case = builder.open("rich", bank_at_least=1)
    builder.cast(case, n1=BLOCK)
    builder.cast(case, n1=CLEAR, n2=BLOCK, n3=REVIEW, n4=CLEAR)
    return builder, case


def receipt_of(builder, case, *nodes):
    """Return a case's receipt with the heads of some nodes."""
    receipt = builder.state.decided[case]
    size, root = receipt.decision.position + 1, root_of(receipt)
    return replace(
        receipt, heads=tuple(builder.head(node, size, root) for node in nodes or ("n1",))
    )
