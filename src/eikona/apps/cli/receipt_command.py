"""``eikona receipt``: what the quorum's receipts prove, and what they prove against its nodes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.options import Format
from eikona.apps.cli.records import (
    Record,
    counted,
    failure_record,
    json_line,
    printable,
    write_line,
    write_text,
)
from eikona.apps.cli.running import FINE, SOME_FAILED, end_with

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eikona.apps.cli.receipt_picture import HashedPicture
    from eikona.balloting.misbehaviour import Finding
    from eikona.balloting.receipts import Problem, TrustedKeys
    from eikona.domain.receipt import Receipt

_HASHES_ARE = {  # of a case that was put by hashes
    "same": "the case was put by its hashes",
    "near": "the case was put by hashes near its own: it was decoded otherwise, or is a copy",
    "unknown": "cannot be checked: the case was put by hashes that this version does not know",
}
_INTERRUPTED = "Interrupted: run it again."

KeysOption = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        metavar="FILE",
        help="Public keys that you trust, as JSON: the administrator's, nodes', or both.",
        show_default="those in the receipt, which proves less",
    ),
]
PictureOption = Annotated[
    Path | None,
    typer.Option(
        "--picture",
        metavar="FILE",
        help="The picture: tells which nodes really hashed it.",
        show_default=False,
    ),
]
FilesArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="Receipts.", show_default=False)
]


def verify_receipts(
    files: FilesArgument,
    keys: KeysOption = None,
    picture: PictureOption = None,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Tell whether receipts prove what they say."""

    def run() -> int:
        trusted = _trusted(keys)
        hashed = _hashed(picture)
        failed = False
        for path in files:
            record = _verified(path, trusted, hashed)
            failed |= "error" in record or not record["valid"]
            if output_format is Format.JSON:
                write_line(json_line(record))
            else:
                write_text(_verified_text(record))
        return SOME_FAILED if failed else FINE

    end_with(run, interrupted=lambda: _INTERRUPTED)


def compare_receipts(
    files: FilesArgument,
    keys: KeysOption = None,
    output_format: options.FormatOption = Format.TEXT,
) -> None:
    """Tell what receipts, taken together, prove against nodes."""

    def run() -> int:
        from eikona.adapters.keys.ed25519 import verify_signature  # noqa: PLC0415  an extra
        from eikona.balloting.misbehaviour import findings  # noqa: PLC0415  only needed here

        trusted = _trusted(keys)
        records = [_verified(path, trusted, None) for path in files]
        faults = [record for record in records if "error" in record or not record["valid"]]
        sound = [
            _read(path) for path, record in zip(files, records, strict=True) if record not in faults
        ]
        found = findings(sound, verify=verify_signature)
        for record in faults:  # what is not proved itself proves nothing against anybody
            typer.echo(_verified_text(record), err=True)
        if output_format is Format.JSON:
            for one in found:
                write_line(json_line(_finding_record(one)))
        else:
            for one in found:
                write_text(f"{one.code}: {printable(one.message)}")
            write_text(
                f"{counted(len(found), 'contradiction')} in {counted(len(sound), 'receipt')}"
            )
        return SOME_FAILED if found or faults else FINE

    end_with(run, interrupted=lambda: _INTERRUPTED)


def _trusted(keys: Path | None) -> "TrustedKeys":
    from eikona.adapters.keys.public_keys import read_public_keys  # noqa: PLC0415  only needed here
    from eikona.balloting.receipts import TrustedKeys  # noqa: PLC0415

    return TrustedKeys() if keys is None else read_public_keys(keys)


def _hashed(picture: Path | None) -> "HashedPicture | None":
    if picture is None:
        return None
    from eikona.apps.cli.receipt_picture import hashed_picture  # noqa: PLC0415  multiprocessing

    return hashed_picture(str(picture))


def _read(path: Path) -> "Receipt":
    from eikona.balloting.receipts import RECEIPT_BYTES_MOST, receipt_from  # noqa: PLC0415
    from eikona.domain.errors import InvalidReceiptError  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            return receipt_from(file.read(RECEIPT_BYTES_MOST + 1))
    except OSError as error:
        raise InvalidReceiptError(f"the file cannot be read: {error.strerror}") from error


def _verified(path: Path, trusted: "TrustedKeys", picture: "HashedPicture | None") -> Record:
    """Return what ``verify`` says of one file."""
    from eikona.adapters.keys.ed25519 import verify_signature  # noqa: PLC0415  an extra
    from eikona.balloting.receipts import Problem, verify_receipt  # noqa: PLC0415
    from eikona.domain.errors import InvalidReceiptError  # noqa: PLC0415

    try:
        receipt = _read(path)
    except InvalidReceiptError as error:
        return failure_record(str(path), error)
    problems = verify_receipt(receipt, trusted=trusted, verify=verify_signature)
    hashed: dict[str, bool | None] = {}
    likeness = None
    if picture is not None:
        subject = receipt.decision.case.submission.subject
        if subject.picture is None:
            likeness = str(picture.likeness(subject.hashes))
            if likeness == "other":
                problems.append(Problem("picture", "the case was put by another picture's hashes"))
        elif picture.digest != subject.picture:
            problems.append(Problem("picture", "the case is about another picture"))
        else:
            hashed = picture.hashed_by(receipt)
            problems += [
                Problem("witness", f"{node} did not hash this picture, or decoded it otherwise")
                for node, did in hashed.items()
                if did is False
            ]
    anchored = trusted.administrator is not None
    record = receipt_record(str(path), receipt, problems, anchored=anchored, hashed=hashed)
    return {**record, "hashes_are": likeness}


def receipt_record(
    name: str,
    receipt: "Receipt",
    problems: "Sequence[Problem]",
    *,
    anchored: bool,
    hashed: "Mapping[str, bool | None]",
) -> Record:
    """Return what ``verify`` says of one receipt."""
    decision = receipt.decision
    submission = decision.case.submission
    picture = submission.subject.picture
    return {
        "file": name,
        "valid": not problems,
        "anchored": anchored,
        "problems": [{"code": one.code, "message": one.message} for one in problems],
        "case": submission.id,
        "outcome": str(decision.outcome),
        "picture": picture and picture.hex(),
        "policy": submission.policy.name,
        "rule": submission.policy.rule,
        "quorum": decision.case.quorum,
        "position": decision.position,
        "electorate": list(decision.case.electorate),
        "absent": [one.node for one in decision.absences],
        "ballots": [
            {
                "node": one.ballot.node,
                "outcome": str(one.ballot.outcome),
                "rule": one.ballot.rule,
                "threshold": one.ballot.threshold,
                "nearest": one.ballot.nearest,
                "distance": one.ballot.distance,
                "bank_version": one.ballot.bank_version,
                "hashed": hashed.get(one.ballot.node),
            }
            for one in decision.ballots
        ],
        "equivocations": [one.ballot.node for one in decision.equivocations],
        "heads": [one.head.node for one in receipt.heads],
    }


def _verified_text(record: Record) -> str:
    name = printable(record["file"])
    if "error" in record:
        return f"{name}: {record['error']['message']} ({record['error']['code']})"
    valid = "valid" if record["valid"] else "NOT VALID"
    ruled = f"case {record['case']} ruled {record['outcome']} at {record['position']}"
    lines = [f"{name}: {valid}, {ruled} by quorum {record['quorum']}"]
    lines += [f"  {one['code']}: {printable(one['message'])}" for one in record["problems"]]
    lines += [f"  {_ballot_text(one)}" for one in record["ballots"]]
    if record["hashes_are"] in _HASHES_ARE:
        lines.append(f"  picture: {_HASHES_ARE[record['hashes_are']]}")
    lines += [f"  {node}: lost, as most others said" for node in record["absent"]]
    lines += [f"  {node}: signed a second ballot, a lie" for node in record["equivocations"]]
    if not record["anchored"]:
        lines.append("  checked by the keys in the receipt: --keys tells whose quorum this is")
    return "\n".join(lines)


def _ballot_text(ballot: Record) -> str:
    nearest = "nothing near"
    if ballot["nearest"] is not None:
        nearest = f"{printable(ballot['nearest'])} at {ballot['distance']}"
    seen = {None: "", True: ", hashed this picture", False: ", did not"}[ballot["hashed"]]
    rule = printable(ballot["rule"])
    version = ballot["bank_version"]
    return f"{ballot['node']}: {ballot['outcome']} by {rule}, {nearest}, bank {version}{seen}"


def _finding_record(finding: "Finding") -> Record:
    return {
        "code": finding.code,
        "node": finding.node,
        "case": finding.case,
        "message": finding.message,
    }
