"""``eikona bank policy``: shows and changes how a bank is searched where a search says no more."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from eikona.apps.cli import options
from eikona.apps.cli.bank_add_command import BankArgument
from eikona.apps.cli.options import Format
from eikona.apps.cli.records import Record, json_line, printable, write_line, write_text
from eikona.apps.cli.running import FINE, end_with
from eikona.domain.policy import PlainMatches

if TYPE_CHECKING:
    from eikona.domain.policy import Policy

_INTERRUPTED = "Interrupted: run it again."

OwnRuleOption = Annotated[
    str | None,
    typer.Option(
        "--rule",
        metavar="RULE",
        autocompletion=options.complete_rule,
        help="What decides where a search names no rule.",
    ),
]
BlockOddsOption = Annotated[
    float | None,
    typer.Option(
        "--block-odds",
        metavar="NUMBER",
        help="Most false matches that chance may be expected to bring into one look-up for outcome"
        " block; 1e-4 unless set.",
    ),
]
ReviewOddsOption = Annotated[
    float | None,
    typer.Option(
        "--review-odds",
        metavar="NUMBER",
        help="The same for outcome review; 1e-2 unless set.",
    ),
]
PlainOption = Annotated[
    PlainMatches | None,
    typer.Option(
        "--plain",
        help="What becomes of matches where a picture is too plain to tell copies by: review lists"
        " them for a person, clear does not.",
    ),
]
AllowsOption = Annotated[
    bool | None,
    typer.Option(
        "--allow-list/--no-allow-list",
        help="Whether what is surely a copy of an entry is cleared in the banks that are searched"
        " together with this one.",
    ),
]


def bank_policy(
    bank: BankArgument,
    *,
    rule: OwnRuleOption = None,
    block_odds: BlockOddsOption = None,
    review_odds: ReviewOddsOption = None,
    plain: PlainOption = None,
    allow_list: AllowsOption = None,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Show a bank's policy, after changing what is given."""
    changes = policy_changes(rule, block_odds, review_odds, plain, allow_list=allow_list)

    def run() -> int:
        from eikona.adapters.bank.bank import Bank  # noqa: PLC0415  imports NumPy

        with Bank.open(bank) as opened:
            policy = opened.set_policy(**changes) if changes else opened.policy
            lacking, entries = opened.passed_by(), len(opened)
        record = {"bank": str(bank), **policy_record(policy)}
        if output_format is Format.JSON:
            write_line(json_line(record))
        else:
            write_text(_text(record))
        if lacking:
            typer.echo(
                f"{lacking} of {entries} entries lack a hash that {printable(policy.rule)} needs,"
                " and are not searched: add their pictures again with that --algorithm, or choose"
                " another rule.",
                err=True,
            )
        return FINE

    end_with(run, interrupted=lambda: _INTERRUPTED)


def policy_changes(
    rule: str | None,
    block_odds: float | None,
    review_odds: float | None,
    plain: PlainMatches | None,
    *,
    allow_list: bool | None,
) -> dict[str, Any]:
    """Return the fields of a policy that are given."""
    given = {
        "rule": rule,
        "block_odds": block_odds,
        "review_odds": review_odds,
        "plain": plain,
        "is_allow_list": allow_list,
    }
    return {name: value for name, value in given.items() if value is not None}


def policy_record(policy: "Policy") -> Record:
    """Return what commands say of a policy."""
    return {
        "rule": policy.rule,
        "block_odds": policy.block_odds,
        "review_odds": policy.review_odds,
        "plain": str(policy.plain),
        "allow_list": policy.is_allow_list,
    }


def _text(record: Record) -> str:
    from eikona.deciding.rules import heeds_odds  # noqa: PLC0415  only needed here

    odds = [
        ("block", f"at most {record['block_odds']:g} false matches expected in a look-up"),
        ("review", f"at most {record['review_odds']:g}"),
    ]
    lines = [
        ("rule", record["rule"]),
        *(odds if heeds_odds(record["rule"]) else ()),
        ("plain", f"{record['plain']}, where a picture is too plain to tell copies by"),
        ("allow-list", "yes" if record["allow_list"] else "no"),
    ]
    return "\n".join(
        [f"{printable(record['bank'])}:", *(f"  {name:<12}{value}" for name, value in lines)]
    )
