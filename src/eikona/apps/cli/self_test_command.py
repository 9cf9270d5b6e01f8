"""``eikona self-test``: which altered copies of a picture would still be found."""

from pathlib import Path
from typing import Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.options import Format
from eikona.apps.cli.running import end_with
from eikona.apps.cli.self_test_run import SelfTestRun
from eikona.apps.cli.workers import Workers, with_workers

_PICTURES = (".png", ".jpg", ".jpeg", ".webp")


@with_workers
def self_test_picture(
    picture: Annotated[
        str, typer.Argument(metavar="PICTURE", help="The picture, - for standard input.")
    ],
    *,
    bank_size: Annotated[
        int | None,
        typer.Option(
            "--bank-size",
            parser=options.amount,
            metavar="ENTRIES",
            help="How many pictures the bank has that a copy would be looked up in, such as 50k.",
            show_default="1M",
        ),
    ] = None,
    bank: Annotated[
        Path | None,
        typer.Option("--bank", metavar="BANK", help="A bank whose size and policy are taken."),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            "--rule",
            metavar="RULE",
            autocompletion=options.complete_rule,
            help="What decides, as for compare.",
            show_default="eikona, or the bank's own",
        ),
    ] = None,
    attack: Annotated[
        list[str] | None,
        typer.Option(
            "--attack",
            metavar="NAME",
            help="Only this one, such as crop-50; repeat it for several.",
            show_default="all 43",
        ),
    ] = None,
    show: Annotated[
        Path | None,
        typer.Option(
            "--show", metavar="SHEET", help="Draw every copy there, as .png, .jpg or .webp."
        ),
    ] = None,
    output_format: options.FormatOption = Format.TEXT,
    workers: Workers,
) -> None:
    """Try on a picture what is done to pictures."""
    if show is not None and show.suffix.lower() not in _PICTURES:
        raise typer.BadParameter("a sheet is drawn as .png, .jpg or .webp", param_hint="--show")
    if bank is not None and bank_size is not None:
        raise typer.BadParameter("the bank has its own size: give one of them")
    run = SelfTestRun(
        picture=picture,
        bank_size=bank_size,
        bank=bank,
        rule=rule,
        attacks=list(attack or ()),
        show=show,
        as_json=output_format is Format.JSON,
        workers=workers,
    )
    end_with(run, interrupted=lambda: "Interrupted: run it again, nothing is kept in between.")
