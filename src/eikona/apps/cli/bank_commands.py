"""The table of contents of ``eikona bank``."""

import typer

from eikona.apps.cli.bank_add_command import add_pictures
from eikona.apps.cli.bank_check_command import repair_bank, verify_bank
from eikona.apps.cli.bank_command import (
    create_bank,
    describe_bank,
    list_entries,
    remove_entries,
)
from eikona.apps.cli.bank_edit_command import edit_entries
from eikona.apps.cli.bank_export_command import export_entries
from eikona.apps.cli.bank_import_command import import_entries
from eikona.apps.cli.bank_policy_command import bank_policy

bank = typer.Typer(
    name="bank",
    no_args_is_help=True,
    short_help="Keep reference pictures in a bank.",
    help="Keep the fingerprints of reference pictures in a bank, a folder of its own.\n\n"
    "A bank holds hashes, never pictures. Only its owner may read it.",
    epilog="Example: eikona bank create holiday.bank, then eikona bank add holiday.bank holiday/",
)

bank.command(
    "create",
    short_help="Make an empty bank.",
    help="Make an empty bank, where nothing stands but perhaps an empty folder.",
    epilog="Example: eikona bank create holiday.bank",
)(create_bank)
bank.command(
    "policy",
    short_help="Show or change how a bank is searched.",
    help="Show how a bank is searched unless a search says otherwise, after changing what is"
    " given.\n\n"
    "search and scan go by it where they name no --rule. The odds are for rules that know what to"
    " expect of chance, as eikona does.",
    epilog="Example: eikona bank policy memes.bank --allow-list --block-odds 1e-6",
)(bank_policy)
bank.command(
    "add",
    short_help="Put pictures into a bank.",
    help="Put pictures into a bank, under the paths by which they are named here.\n\n"
    "Whatever cannot be read or decoded is reported, and the rest goes on. A picture that is there"
    " already stays, with the hashes of both times; a changed one takes the place of the old one."
    " An interrupted run keeps what it did.",
    epilog="Example: eikona bank add holiday.bank holiday/ --algorithm pdq --algorithm nmf",
)(add_pictures)
bank.command(
    "edit",
    short_help="Change what is noted of entries.",
    help="Change tags, owner, note or state of entries, all of them at once; what is not given"
    " stays. A name that is not there is reported.",
    epilog="Example: eikona bank edit works.bank works/beach.jpg --tag sea --state review",
)(edit_entries)
bank.command(
    "remove",
    short_help="Take entries out of a bank.",
    help="Take entries out of a bank, all of them at once. A name that is not there is reported.",
    epilog="Example: eikona bank remove holiday.bank holiday/beach.jpg",
)(remove_entries)
bank.command(
    "import",
    short_help="Put lists of hashes into a bank.",
    help="Put lists of hashes, tables of entries and folders of pictures into a bank.\n\n"
    "A line that cannot be read is reported with its number, and the rest goes in. Importing a file"
    " again adds nothing. An entry that has no name is called like its hash.",
    epilog="Example: eikona bank import holiday.bank known.txt --type imagehash:phash",
)(import_entries)
bank.command(
    "export",
    short_help="Write a bank's hashes to a file.",
    help="Write a bank's hashes to a file: as lines, or with all that is known as CSV.\n\n"
    "What is written can be imported again.",
    epilog="Example: eikona bank export holiday.bank -o holiday.csv",
)(export_entries)
bank.command(
    "list",
    short_help="Show what is in a bank.",
    help="Show what is in a bank, one entry a line.",
    epilog="Example: eikona bank list holiday.bank --format json",
)(list_entries)
bank.command(
    "info",
    short_help="Show how large a bank is.",
    help="Show how large a bank is and which hashes its entries have.",
    epilog="Example: eikona bank info holiday.bank",
)(describe_bank)
bank.command(
    "verify",
    short_help="Check every byte of a bank.",
    help="Check every byte of a bank; say which files are damaged, and where. The exit status is 1"
    " where any is.",
    epilog="Example: eikona bank verify holiday.bank",
)(verify_bank)
bank.command(
    "repair",
    short_help="Leave out of a bank what is damaged.",
    help="Leave out of a bank what is damaged and keep every entry that is whole.\n\n"
    "Damaged files are copied into the bank's folder damaged first. A sound bank stays as it is.",
    epilog="Example: eikona bank repair holiday.bank",
)(repair_bank)
