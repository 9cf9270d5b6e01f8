"""Receipts as bytes, and whether they prove what they say, with nothing but public keys.

Every step has a problem of its own; all that fail are told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from eikona.balloting import merkle
from eikona.balloting.canonical import canonical, parse
from eikona.balloting.cases import check_parts
from eikona.balloting.records import noun_from, record_of
from eikona.balloting.ruling import MAJORITY, needed, ruling
from eikona.balloting.statements import (
    Verify,
    case_digest,
    key_id,
    message_of,
    roster_digest,
    witness,
)
from eikona.domain.ballot import SignedBallot
from eikona.domain.errors import InvalidReceiptError, MalformedError
from eikona.domain.receipt import Receipt
from eikona.domain.roster import Absence

RECEIPT_BYTES_MOST = 2**23


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """Public keys that somebody has from a better place than the receipt.

    Attributes:
        administrator: of the quorum; None where it is not known.
        nodes: by node; those that are not known are not asked for.
    """

    administrator: bytes | None = None
    nodes: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a receipt does not prove.

    Attributes:
        code: stable name of the check that failed.
        message: what is wrong, in one sentence.
    """

    code: str
    message: str


def receipt_bytes(receipt: Receipt) -> bytes:
    """Return a receipt as the content of a file."""
    return canonical(record_of(receipt)) + b"\n"


def receipt_from(content: bytes) -> Receipt:
    """Return the receipt in a file.

    Raises:
        InvalidReceiptError: it is none that this version reads.
    """
    try:
        record = parse(content.removesuffix(b"\n"), most_bytes=RECEIPT_BYTES_MOST, shallow=False)
        return noun_from(Receipt, record)
    except MalformedError as error:
        raise InvalidReceiptError(f"this is no receipt that this version reads: {error}") from error


def root_of(receipt: Receipt) -> bytes | None:
    """Return the root that a receipt's path leads to; None where the path has a wrong length."""
    leaf = merkle.leaf_hash(canonical(record_of(receipt.decision)))
    position = receipt.decision.position
    return merkle.root_from_path(leaf, position, position + 1, receipt.path)


def log_before(receipt: Receipt) -> merkle.Frontier:
    """Return the log of the decisions before a receipt's, as its path has it."""
    return merkle.Frontier(receipt.decision.position, receipt.path[::-1])


def is_newest_of(receipt: Receipt, log: merkle.Frontier) -> bool:
    """Return whether a log ends with a receipt's decision, after what its path stands for.

    If so, ``log_before`` of the receipt is to be trusted as far as the log is.
    """
    if receipt.decision.position + 1 != log.size or root_of(receipt) is None:
        return False
    leaf = merkle.leaf_hash(canonical(record_of(receipt.decision)))
    return log_before(receipt).appended(leaf) == log


def did_hash(signed: SignedBallot, receipt: Receipt, hashes: Mapping[str, str]) -> bool:
    """Return whether a ballot's node computed just these hashes of what the case is about.

    Args:
        signed: one of the receipt's ballots.
        receipt: of the case.
        hashes: as ``statements.hashes_of`` gives them, of the picture decoded as the ballot says;
            more than the ballot names do no harm.
    """
    ballot = signed.ballot
    named = {name: hashes[name] for name in ballot.algorithms if name in hashes}
    return ballot.witness == witness(case_digest(receipt.decision.case), ballot.node, named)


def verify_receipt(receipt: Receipt, *, trusted: TrustedKeys, verify: Verify) -> list[Problem]:
    """Return all that a receipt does not prove; nothing where it proves its ruling.

    Args:
        receipt: from anybody.
        trusted: keys that it must be in accord with.
        verify: checks signatures.
    """
    check = _Check(receipt, receipt.enrolment.keys, verify)
    return [
        *check.quorum(trusted),
        *check.roster(),
        *check.nodes(trusted),
        *check.case(),
        *check.ballots(),
        *check.equivocations(),
        *check.absences(),
        *check.outcome(),
        *check.log(),
    ]


@dataclass(frozen=True, slots=True)
class _Check:
    receipt: Receipt
    keys: Mapping[str, bytes]
    verify: Verify

    def quorum(self, trusted: TrustedKeys) -> Iterator[Problem]:
        """Check whose quorum it is."""
        roster = self.receipt.enrolment.roster
        administrator, quorum = roster.administrator, roster.quorum
        if trusted.administrator not in (None, administrator):
            yield Problem("administrator", "the administrator's key is not the trusted one")
        if key_id(administrator) != quorum:
            yield Problem("administrator", f"the administrator's key does not name quorum {quorum}")

    def roster(self) -> Iterator[Problem]:
        """Check who signed that these nodes sit in it, and each change of a key since."""
        enrolment = self.receipt.enrolment
        roster = enrolment.roster
        if len({seat.node for seat in roster.seats}) < len(roster.seats):
            yield Problem("roster", "a node has two seats")
        if not self._holds(roster.administrator, roster, enrolment.signature):
            yield Problem("roster_signature", "the administrator has not signed this roster")
        keys = {seat.node: seat.key for seat in roster.seats}
        for serial, signed in enumerate(enrolment.rotations, roster.serial + 1):
            rotation = signed.rotation
            old = keys.get(rotation.node)
            if rotation.quorum != roster.quorum or rotation.serial != serial or old is None:
                yield Problem("rotation", f"rotation {serial} does not follow this roster")
            elif not (
                self._holds(old, rotation, signed.by_old)
                and self._holds(rotation.key, rotation, signed.by_new)
            ):
                yield Problem(
                    "rotation_signature", f"the keys of {rotation.node} have not signed {serial}"
                )
            keys[rotation.node] = rotation.key
        if len(set(keys.values())) < len(keys):
            yield Problem("roster", "two nodes have one key")

    def nodes(self, trusted: TrustedKeys) -> Iterator[Problem]:
        """Check the nodes' keys against those that are trusted, and any that came of them."""
        enrolment = self.receipt.enrolment
        for node, key in trusted.nodes.items():
            had = {seat.key for seat in enrolment.roster.seats if seat.node == node}
            had |= {one.rotation.key for one in enrolment.rotations if one.rotation.node == node}
            if had and key not in had:
                yield Problem("node_key", f"the key of {node} is not the trusted one")

    def case(self) -> Iterator[Problem]:
        """Check that the case was opened for just these nodes, under a rule that is known."""
        case, enrolment = self.receipt.decision.case, self.receipt.enrolment
        if case.quorum != enrolment.roster.quorum:
            yield Problem("case", "the case is of another quorum")
        if (case.roster, case.roster_digest) != (enrolment.serial, roster_digest(enrolment)):
            yield Problem("case_roster", "the case was opened under another roster")
        if case.electorate != tuple(sorted(self.keys)):
            yield Problem("electorate", "the electorate is not the nodes of the roster")
        if case.submission.policy.rule != MAJORITY:
            yield Problem("policy", f"this version knows {MAJORITY} alone")

    def ballots(self) -> Iterator[Problem]:
        """Check that each ballot is for this case, from one node of its electorate, and signed."""
        nodes = [one.ballot.node for one in self.receipt.decision.ballots]
        if len(set(nodes)) < len(nodes):
            yield Problem("ballot_twice", "a node has two ballots that count")
        for one in self.receipt.decision.ballots:
            yield from self._ballot(one)

    def equivocations(self) -> Iterator[Problem]:
        """Check that second ballots are what they are shown for."""
        counted = {one.ballot.node: one.ballot for one in self.receipt.decision.ballots}
        for one in self.receipt.decision.equivocations:
            if counted.get(one.ballot.node) in (None, one.ballot):
                yield Problem("equivocation", f"{one.ballot.node} has no other ballot here")
            yield from self._ballot(one, whole=False)

    def absences(self) -> Iterator[Problem]:
        """Check that enough other nodes called each absent node lost."""
        present = {one.ballot.node for one in self.receipt.decision.ballots}
        absent = [one.node for one in self.receipt.decision.absences]
        if len(set(absent)) < len(absent):
            yield Problem("absence_twice", "a node is absent twice")
        left = len(self.keys) - len(set(absent) & set(self.keys))
        if left < needed(len(self.keys)):  # old words on others would let one node rule alone
            yield Problem("absences", f"{left} of {len(self.keys)} nodes are left to rule")
        for absence in self.receipt.decision.absences:
            if absence.node not in self.keys:
                yield Problem("absence", f"{absence.node} is not of the electorate")
            if absence.node in present:
                yield Problem("absence", f"{absence.node} is absent and has a ballot")
            yield from self._absence(absence)

    def outcome(self) -> Iterator[Problem]:
        """Check that the ruling follows from the ballots."""
        decision = self.receipt.decision
        alive = len(decision.case.electorate) - len(decision.absences)
        follows = ruling([one.ballot.outcome for one in decision.ballots], alive)
        if follows is not decision.outcome:
            said = f"{len(decision.ballots)} ballots of {alive}"
            ruled = "no ruling" if follows is None else follows
            yield Problem("outcome", f"{said} give {ruled}, not {decision.outcome}")

    def log(self) -> Iterator[Problem]:
        """Check that the decision stands in the log that nodes have signed."""
        root = root_of(self.receipt)
        if root is None:
            yield Problem("path", "the Merkle path has another length than its position asks for")
            return
        if not self.receipt.heads:
            yield Problem("head_missing", "no node has signed the log that the decision stands in")
        for one in self.receipt.heads:
            head = one.head
            key = self.keys.get(head.node)
            if head.quorum != self.receipt.decision.case.quorum:
                yield Problem("head", f"the log's head by {head.node} is of another quorum")
            if (head.size, head.root) != (self.receipt.decision.position + 1, root):
                yield Problem("head", f"the path does not lead to the head that {head.node} signed")
            if key is None or key_id(key) != head.key:
                yield Problem("head_key", f"{head.key} is not the key of {head.node}")
            elif not self._holds(key, head, one.signature):
                yield Problem("head_signature", f"{head.node} has not signed this head")

    def _ballot(self, signed: SignedBallot, *, whole: bool = True) -> Iterator[Problem]:
        ballot, case = signed.ballot, self.receipt.decision.case
        named = f"the ballot of {ballot.node}"
        key = self.keys.get(ballot.node)
        if (ballot.quorum, ballot.case, ballot.round, ballot.case_digest) != (
            case.quorum,
            case.submission.id,
            case.round,
            case_digest(case),
        ):
            yield Problem("ballot_case", f"{named} is for another case, or another opening of it")
        if whole and ballot.bank_version < case.submission.bank_at_least:
            yield Problem("ballot_bank", f"{named} saw too old a bank")
        try:
            check_parts(ballot)
        except MalformedError as error:
            if whole:
                yield Problem("ballot_parts", f"{named}: {error}")
        if key is None or key_id(key) != ballot.key:
            yield Problem("ballot_key", f"{ballot.key} is not the key of {ballot.node}")
        elif not self._holds(key, ballot, signed.signature):
            yield Problem("ballot_signature", f"{ballot.node} has not signed its ballot")
        hashes = case.submission.subject.hashes
        if whole and hashes and ballot.witness and not did_hash(signed, self.receipt, hashes):
            yield Problem("witness", f"{ballot.node} did not judge the hashes of this case")

    def _absence(self, absence: Absence) -> Iterator[Problem]:
        case = self.receipt.decision.case
        words = [one.standing for one in absence.statements]
        if len({word.by for word in words}) < needed(len(self.keys)):
            yield Problem("absence_words", f"too few nodes called {absence.node} lost")
        if len({word.epoch for word in words}) > 1:
            yield Problem("absence", f"{absence.node} was called lost at different times")
        for signed, word in zip(absence.statements, words, strict=True):
            key = self.keys.get(word.by)
            about = (word.quorum, word.roster, word.node, word.lost)
            if about != (case.quorum, case.roster, absence.node, True) or word.by == absence.node:
                yield Problem("absence", f"{word.by} did not call {absence.node} lost here")
            if key is None or key_id(key) != word.key:
                yield Problem("absence_key", f"{word.key} is not the key of {word.by}")
            elif not self._holds(key, word, signed.signature):
                yield Problem("absence_signature", f"{word.by} has not called {absence.node} lost")

    def _holds(self, key: bytes, statement: object, signature: bytes) -> bool:
        message = message_of(statement)  # type: ignore[arg-type]
        return self.verify(key=key, message=message, signature=signature)
