"""The table of contents of the command line."""

from typing import Annotated

import typer

import eikona
from eikona.apps.cli.bank_commands import bank
from eikona.apps.cli.compare_command import compare_pictures
from eikona.apps.cli.dedupe_command import dedupe_pictures
from eikona.apps.cli.demo_command import demo
from eikona.apps.cli.distances_command import distance_table
from eikona.apps.cli.evaluate_command import evaluate_rules
from eikona.apps.cli.hash_command import hash_pictures
from eikona.apps.cli.node_command import run_node_command
from eikona.apps.cli.quorum_commands import quorum
from eikona.apps.cli.receipt_commands import receipt
from eikona.apps.cli.scan_command import scan_folders
from eikona.apps.cli.search_command import search_pictures
from eikona.apps.cli.self_test_command import self_test_picture
from eikona.apps.cli.serve_command import serve_pictures
from eikona.apps.cli.server_commands import account, audit
from eikona.apps.cli.train_command import train_tree

app = typer.Typer(
    name="eikona",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 fine, 1 some inputs failed (the others were done), 2 wrong usage,"
    " 3 a match was found where --fail-on-match asked for it, 130 interrupted.",
)

app.command(
    "hash",
    short_help="Fingerprint pictures.",
    help="Fingerprint pictures, in the order they are named, folders sorted by name.\n\n"
    "Files in folders that are no pictures are passed by. Whatever cannot be read or decoded is"
    " reported, and the rest goes on.",
    epilog="Example: eikona hash holiday/ cover.png --format json --output hashes.jsonl",
)(hash_pictures)
app.command(
    "compare",
    short_help="Tell which pictures are copies of each other.",
    help="Tell which pictures are copies of each other: every pair of those named.\n\n"
    "A picture that cannot be read or decoded is reported, and the other pairs go on. Where"
    " --fail-on-match finds a match, that decides the exit status.",
    epilog="Outcomes: block is a copy, review is for a person to judge, clear is no copy."
    "\n\nExample: eikona compare original.jpg copy.jpg --show both.png",
)(compare_pictures)
app.command(
    "scan",
    short_help="Find the copies of a bank's pictures in folders.",
    help="Find the copies of the pictures of one bank or several in folders: every picture under"
    " them is looked up, and shown beside what it was found to be.\n\n"
    "What was read is remembered, so an interrupted scan goes on and a second one is quick. A"
    " picture that cannot be read or decoded, or a bank that cannot be searched, is reported, and"
    " the rest goes on.",
    epilog="Outcomes: block is a copy, review is for a person to judge."
    "\n\nExample: eikona scan ~/Pictures --bank works.bank --report found.html",
)(scan_folders)
app.command(
    "dedupe",
    short_help="Group the copies among pictures.",
    help="Group the copies among pictures, across folders and in whatever order they are.\n\n"
    "A group holds everything that a chain of copies leads to, and files with the same bytes."
    " Pictures that a person should look at stand apart as similar, not copies. Nothing is ever"
    " removed without --delete or --move-to and a confirmation.",
    epilog="Example: eikona dedupe ~/Pictures /mnt/camera --report copies.html --keep best",
)(dedupe_pictures)
app.add_typer(bank)
app.command(
    "search",
    short_help="Look pictures up in banks.",
    help="Look pictures up in banks: which entries they may be copies of, nearest first over all"
    " banks.\n\n"
    "What the rule finds clear is not listed, but for --nearest and what an allow-list has cleared."
    " A picture that cannot be read or decoded, or a bank that cannot be searched, is reported, and"
    " the rest goes on.",
    epilog="Outcomes: block is a copy, review is for a person to judge."
    "\n\nExample: eikona search upload.jpg --bank holiday.bank --bank works.bank --format json",
)(search_pictures)
app.command(
    "evaluate",
    short_help="Score rules on a table of distances.",
    help="Score rules on a table of distances between pairs known to be copies or not.\n\n"
    "Fractions are 0 to 1, fpr is the false-positive rate. A row that cannot be read is reported"
    " and left out.",
    epilog="Example: eikona evaluate --distances pairs.csv --rule unihasher-tree --rule eikona",
)(evaluate_rules)
app.command(
    "distances",
    short_help="Make a table of distances to score rules on.",
    help="Make a table of distances between originals and pictures made from them.\n\n"
    "An altered picture belongs to the original whose name its own begins or ends with, as"
    " cat-cropped.jpg and bright_cat.png to cat.jpg. Each stands in the table with its original and"
    " with one other, drawn at random.",
    epilog="Example: eikona distances originals/ altered/ -o pairs.csv, then eikona evaluate"
    " --distances pairs.csv",
)(distance_table)
app.command(
    "train",
    short_help="Train a decision tree on a table of distances.",
    help="Train a decision tree on a table of distances between pairs known to be copies or"
    " not.\n\nIt is a rule then: --rule tree:FILE. Nearer never counts less; each answer says what"
    " share of such pairs are copies at least. Parts of the table are left out in turn to see what"
    " holds on pairs it has not seen, pairs of one original together where a column original names"
    " it.",
    epilog="Example: eikona train --distances pairs.csv -o my.tree --target-fpr 0.001 --show"
    " my.svg, then eikona compare a.jpg b.jpg --rule tree:my.tree",
)(train_tree)
app.command(
    "self-test",
    short_help="Tell which altered copies of a picture would still be found.",
    help="Tell which altered copies of a picture would still be found: it is cropped, rotated,"
    " compressed, put into screenshots and so on, in 43 ways, and each copy is judged against it as"
    " against an entry of a bank.\n\n"
    "found is outcome block, review is for a person to judge, lost is clear. Copies are made from"
    " the picture at 1024 pixels at most.",
    epilog="Example: eikona self-test photo.jpg --bank-size 1M --show copies.png",
)(self_test_picture)
app.command(
    "demo",
    short_help="Make sample pictures and find the copies among them.",
    help="Make sample pictures, alter copies of them, and tell which are copies of which.\n\n"
    "Pictures, copies and a report of what was found stay in the folder samples under"
    " --data.",
    epilog="Example: eikona demo --data ./try-eikona",
)(demo)
app.add_typer(quorum)
app.command(
    "node",
    short_help="Be one node of a quorum.",
    help="Be one node of a quorum, until Ctrl-C: it hashes what the gateway is asked about by its"
    " own algorithm, looks it up in its own bank and casts a signed ballot.\n\n"
    "eikona quorum up starts nodes by itself; this is for nodes that are started one by one.",
    epilog="Example: eikona node --name n1 --quorum quorum.json --data nodes/n1 --type 1",
)(run_node_command)
app.add_typer(receipt)
app.command(
    "serve",
    short_help="Serve accounts, posts and look-ups over HTTP.",
    help="Serve accounts, posts and look-ups over HTTP, until Ctrl-C.\n\n"
    "Settings come from the environment, then from settings.toml in the data folder:"
    " docs/settings.md lists them all. What is given here goes before both.",
    epilog="Example: eikona serve --data ./server --port 8420",
)(serve_pictures)
app.add_typer(account)
app.add_typer(audit)


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    typer.echo(f"eikona {eikona.__version__}")
    raise typer.Exit


@app.callback()
def _eikona(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and leave."
        ),
    ] = False,
) -> None:
    """Fingerprint images and find their copies."""
