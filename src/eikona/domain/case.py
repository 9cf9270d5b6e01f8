"""A case: one question put to the quorum, may this be published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from eikona.domain.bounds import Count, Digest, KeyId, Many, Milliseconds, Name, Text, Words
from eikona.domain.roster import SEATS_MOST

CaseId = Annotated[str, Text(64, r"(0|[1-9][0-9]{0,14})-[0-9a-z]{8,48}")]
Hex = Annotated[str, Text(4096, r"([0-9a-f]{2})*")]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a case is about: a picture that nodes fetch, or hashes where it stays with its owner.

    Attributes:
        picture: SHA-256 of the image's bytes; None where there are hashes.
        hashes: by ``algorithm@version``, in hex; empty where there is a picture.
    """

    picture: Digest | None
    hashes: Annotated[Mapping[Name, Hex], Many(64)]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a case is judged.

    Attributes:
        name: what the quorum was set up as, such as ``triple-a``.
        rule: how ballots are counted, with its version.
    """

    name: Name
    rule: Name


@dataclass(frozen=True, slots=True)
class Submission:
    """What is asked, by whoever asks.

    Attributes:
        id: ``<size of the log when it was made>-<8 to 48 letters and digits>``; it stays the same
            however often the submission is sent.
        subject: what it is about.
        submitted_by: whose gateway asks.
        policy: how it is to be judged.
        bank_at_least: nodes with an older version of the bank may not cast a ballot.
        at_ms: when it was made.
    """

    id: CaseId
    subject: Subject
    submitted_by: Words
    policy: Policy
    bank_at_least: Count
    at_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class Case:
    """A submission before the nodes.

    Attributes:
        quorum: key id of the administrator.
        submission: what is asked.
        number: place in the order of acceptance, from 1.
        round: how often it was opened, from 1; a change of the roster opens it anew.
        roster: serial of the roster in force.
        roster_digest: of its nodes and keys.
        electorate: nodes that may cast a ballot.
    """

    quorum: KeyId
    submission: Submission
    number: Count
    round: Count
    roster: Count
    roster_digest: Digest
    electorate: Annotated[tuple[Name, ...], Many(SEATS_MOST)]
