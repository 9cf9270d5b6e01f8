"""The table of contents of ``eikona quorum``."""

import typer

from eikona.apps.cli.quorum_ask_commands import show_status, stop_quorum
from eikona.apps.cli.quorum_change_commands import admit_node, remove_node, rotate_key
from eikona.apps.cli.quorum_make_commands import found_quorum, make_node
from eikona.apps.cli.quorum_receipt_command import fetch_receipt
from eikona.apps.cli.quorum_submit_command import submit_pictures
from eikona.apps.cli.quorum_up_command import run_quorum

quorum = typer.Typer(
    name="quorum",
    no_args_is_help=True,
    short_help="Let several nodes decide together.",
    help="Let several nodes decide by majority whether pictures may be published.\n\n"
    "More than half of the nodes that are there must not say clear, for a picture not to be"
    " published: 3 of 4, 3 of 5, 4 of 7. Half is not enough: 2 of 4 rule clear.",
    epilog="Example: eikona quorum up --preset triple-a --reference works/",
)

quorum.command(
    "up",
    short_help="Start a quorum on this machine.",
    help="Start a quorum on this machine: a process for each node, and a gateway to submit"
    " pictures to.\n\n"
    "Keys and certificates are made in the folder at the first start. A node that ends is started"
    " again. Ctrl-C ends everything; what was taken in is ruled on at the next start.",
    epilog="Example: eikona quorum up --preset triple-a --reference works/",
)(run_quorum)
quorum.command(
    "submit",
    short_help="Ask whether pictures may be published.",
    help="Ask the quorum about pictures: ballots are shown as they come in, then the ruling.\n\n"
    "Where there is no quorum the case is held, and is ruled on once there is one, even if nobody"
    " waits. Exit status 1 where a ruling did not come in time.\n\n"
    "block: more than half of the nodes say block. review: more than half do not say clear, and not"
    " so many of them block. clear: all else, a tie too (2 of 4). What a node cannot decode it"
    " wants reviewed.",
    epilog="Example: eikona quorum submit upload.jpg --receipt upload.receipt",
)(submit_pictures)
quorum.command(
    "receipt",
    short_help="Fetch the receipt of a case.",
    help="Fetch the receipt of a case that has been ruled on, now or long ago.",
    epilog="Example: eikona quorum receipt 7-3f2a9c41d0b85e6f1a2c -o upload.receipt",
)(fetch_receipt)
quorum.command(
    "status",
    short_help="Show how the nodes are.",
    help="Show who leads, who has a seat, how far each node is, and how many cases wait.",
    epilog="Example: eikona quorum status --format json",
)(show_status)
quorum.command(
    "down",
    short_help="End a quorum that runs.",
    help="End the quorum that was started with eikona quorum up, its nodes too, and wait until it"
    " has ended.",
    epilog="Example: eikona quorum down",
)(stop_quorum)
quorum.command(
    "admit",
    short_help="Let a node have a seat.",
    help="Let a node have a seat in a quorum that runs: a new one on this machine, or one that was"
    " made on another with eikona quorum make-node.\n\n"
    "The administrator's key signs it, and the nodes decide on it once the new one has caught up.",
    epilog="Example: eikona quorum admit --type 2",
)(admit_node)
quorum.command(
    "remove",
    short_help="Take a node's seat.",
    help="Take a node's seat: its ballots count no longer, and nobody speaks with it any more.",
    epilog="Example: eikona quorum remove n2",
)(remove_node)
quorum.command(
    "rotate",
    short_help="Give a node a new key.",
    help="Give a node a new key to sign ballots with: it makes it, the administrator signs it, and"
    " the nodes decide on it. The old one counts no longer; receipts of before stay proven.",
    epilog="Example: eikona quorum rotate n1",
)(rotate_key)
quorum.command(
    "make-node",
    short_help="Make a node on a machine of its own.",
    help="Make a node: its keys, and a card for the administrator, which holds no secret.",
    epilog="Example: eikona quorum make-node --name n1 --listen 10.0.0.1:7401 --data n1 --type 1",
)(make_node)
quorum.command(
    "found",
    short_help="Make a quorum of nodes on several machines.",
    help="Make a quorum of nodes that were made with eikona quorum make-node: its administrator's"
    " key, its gateway, and the file that each node is given.",
    epilog="Example: eikona quorum found n1.json n2.json n3.json --gateway 10.0.0.9:7400",
)(found_quorum)
