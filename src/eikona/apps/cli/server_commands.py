"""The tables of contents of ``eikona account`` and ``eikona audit``."""

import typer

from eikona.apps.cli.account_command import make_account
from eikona.apps.cli.audit_command import verify_audit

account = typer.Typer(
    name="account",
    no_args_is_help=True,
    short_help="Look after accounts of the server, on its machine.",
    help="Look after accounts of the server, on the machine that it runs on.",
    epilog="Example: eikona account create ada --email ada@example.org --role administrator",
)
account.command(
    "create",
    short_help="Make an account, such as the first administrator's.",
    help="Make an account with a confirmed address, such as the first administrator's. The server"
    " may run meanwhile.\n\n"
    "The password is read from standard input, one line; where that is a terminal, it is asked"
    " for.",
    epilog="Example: eikona account create ada --email ada@example.org --role administrator",
)(make_account)

audit = typer.Typer(
    name="audit",
    no_args_is_help=True,
    short_help="Check the server's audit log.",
    help="Check the log of everything that was decided on people and posts.",
    epilog="Example: eikona audit verify --data ./server",
)
audit.command(
    "verify",
    short_help="Tell whether the audit log was changed.",
    help="Tell whether an entry of the audit log was changed, left out or put in; the exit status"
    " is 1 then. The server may run meanwhile.\n\n"
    "Write number and digest down elsewhere now and then: with --head a log that was cut short, or"
    " written anew as a whole, is found out too.",
    epilog="Example: eikona audit verify --data ./server --head 1042:9f86d081884c7d65…",
)(verify_audit)
