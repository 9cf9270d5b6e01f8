"""``eikona bank verify`` and ``repair``: find damage in a bank, and leave it out."""

from typing import TYPE_CHECKING

from eikona.apps.cli import options
from eikona.apps.cli.bank_add_command import BankArgument
from eikona.apps.cli.options import Format
from eikona.apps.cli.records import Record, counted, json_line, printable, write_line, write_text
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with

if TYPE_CHECKING:
    from eikona.adapters.bank.repair import Repaired
    from eikona.adapters.bank.verify import Damage

_INTERRUPTED = "Interrupted: nothing was changed."


def verify_bank(bank: BankArgument, *, output_format: options.FormatOption = Format.TEXT) -> None:
    """Check every byte of a bank."""

    def run() -> int:
        from eikona.adapters.bank.verify import verify_bank as damages_of  # noqa: PLC0415  NumPy

        damages = damages_of(bank)
        if output_format is Format.JSON:
            record: Record = {"bank": str(bank), "sound": not damages}
            write_line(json_line({**record, "damages": [damage_record(one) for one in damages]}))
        else:
            for one in damages:
                write_text(one.what)
            found = f"{counted(len(damages), 'damage')} found" if damages else "sound"
            write_text(f"{printable(str(bank))}: {found}")
        return SOME_FAILED if damages else FINE

    end_with(run, interrupted=lambda: _INTERRUPTED)


def repair_bank(bank: BankArgument, *, output_format: options.FormatOption = Format.TEXT) -> None:
    """Leave out of a bank what is damaged."""

    def run() -> int:
        from eikona.adapters.bank.repair import repair_bank as repair  # noqa: PLC0415  NumPy

        report = repair(bank)
        if output_format is Format.JSON:
            write_line(json_line({"bank": str(bank), **_report_record(report)}))
        else:
            write_text(_report_text(printable(str(bank)), report))
        return FINE

    end_with(run, interrupted=lambda: _INTERRUPTED)


def damage_record(damage: "Damage") -> Record:
    """Return what ``verify`` says of one damage."""
    return {
        "file": damage.file,
        "message": damage.what,
        "block": damage.block,
        "first_byte": damage.start if damage.block is not None else None,
        "end_byte": damage.end if damage.block is not None else None,
    }


def _report_record(report: "Repaired") -> Record:
    return {
        "damages": [damage_record(one) for one in report.damages],
        "kept": report.kept,
        "lost": report.lost,
        "copies": [str(path) for path in report.copies],
        "notes": report.notes,
    }


def _report_text(bank: str, report: "Repaired") -> str:
    if not report.damages:
        return f"{bank}: sound, nothing to repair"
    return "\n".join(
        [
            *(damage.what for damage in report.damages),
            *report.notes,
            *(f"a copy of what was damaged is {printable(str(path))}" for path in report.copies),
            f"{bank}: {report.kept} kept, {report.lost} lost"
            + (": add their pictures again" if report.lost else ""),
        ]
    )
