"""The table of contents of ``eikona quorum``."""

import typer

from eikona.apps.cli.quorum_ask_commands import show_status, stop_quorum
from eikona.apps.cli.quorum_submit_command import submit_pictures
from eikona.apps.cli.quorum_up_command import run_quorum

quorum = typer.Typer(
    name="quorum",
    no_args_is_help=True,
    short_help="Let several nodes decide together.",
    help="Let several nodes decide by majority whether pictures may be published.",
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
    " waits. Exit status 1 where a ruling did not come in time.",
    epilog="Example: eikona quorum submit upload.jpg --receipt upload.receipt",
)(submit_pictures)
quorum.command(
    "status",
    short_help="Show how the nodes are.",
    help="Show who leads, how far each node is, and how many cases wait.",
    epilog="Example: eikona quorum status --format json",
)(show_status)
quorum.command(
    "down",
    short_help="End a quorum that runs.",
    help="End the quorum that was started with eikona quorum up, its nodes too.",
    epilog="Example: eikona quorum down",
)(stop_quorum)
