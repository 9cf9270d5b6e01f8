"""The table of contents of ``eikona receipt``."""

import typer

from eikona.apps.cli.receipt_command import compare_receipts, verify_receipts

receipt = typer.Typer(
    name="receipt",
    no_args_is_help=True,
    short_help="Check what the quorum's receipts prove.",
    help="Check receipts of the quorum, anywhere, with nothing but public keys.",
    epilog="Example: eikona receipt verify ruling.receipt --keys quorum.keys",
)

receipt.command(
    "verify",
    short_help="Tell whether receipts prove their rulings.",
    help="Tell whether receipts prove their rulings: who sat in the quorum, what each node"
    " answered and signed, that the ruling follows, and where it stands in the log.\n\n"
    "Every check that fails is told, and the exit status is 1. Without --keys a receipt is checked"
    " by the keys that it brings itself, and could be anybody's. With --picture you see which"
    " nodes did not hash that picture.",
    epilog="Example: eikona receipt verify ruling.receipt --keys quorum.keys --picture upload.jpg",
)(verify_receipts)
receipt.command(
    "compare",
    short_help="Find nodes that said two things.",
    help="Find contradictions between receipts, such as those that several nodes gave for one case:"
    " a node that signed two ballots for it or two logs of one length, or a case with two"
    " rulings.\n\n"
    "Receipts that do not prove their rulings are told and left out. The exit status is 1 where"
    " there is either.",
    epilog="Example: eikona receipt compare from-n1.receipt from-n2.receipt --keys quorum.keys",
)(compare_receipts)
