"""Statements made and signed."""

from eikona.balloting.statements import Signer, message_of
from eikona.domain.ballot import (
    Announcement,
    Archived,
    Ballot,
    SignedAnnouncement,
    SignedArchived,
    SignedBallot,
)
from eikona.domain.receipt import Head, SignedHead
from eikona.domain.roster import (
    Roster,
    Rotation,
    SignedRoster,
    SignedRotation,
    SignedStanding,
    Standing,
)


def sign_ballot(ballot: Ballot, signer: Signer) -> SignedBallot:
    """Sign a ballot.

    A node writes what it signed down before it sends it, and never signs another for the same
    opening of a case: that would prove it a liar.
    """
    return SignedBallot(ballot, signer.sign(message_of(ballot)))


def sign_standing(standing: Standing, signer: Signer) -> SignedStanding:
    """Sign a word on another node's standing."""
    return SignedStanding(standing, signer.sign(message_of(standing)))


def sign_roster(roster: Roster, administrator: Signer) -> SignedRoster:
    """Sign a roster as its administrator."""
    return SignedRoster(roster, administrator.sign(message_of(roster)))


def sign_rotation(rotation: Rotation, *, old: Signer, new: Signer) -> SignedRotation:
    """Sign a node's new key with its old one and with itself."""
    message = message_of(rotation)
    return SignedRotation(rotation, old.sign(message), new.sign(message))


def sign_announcement(announcement: Announcement, signer: Signer) -> SignedAnnouncement:
    """Sign which bank a node holds."""
    return SignedAnnouncement(announcement, signer.sign(message_of(announcement)))


def sign_archived(archived: Archived, signer: Signer) -> SignedArchived:
    """Sign how many receipts a node has on disk."""
    return SignedArchived(archived, signer.sign(message_of(archived)))


def sign_head(head: Head, signer: Signer) -> SignedHead:
    """Sign what the log of decisions is."""
    return SignedHead(head, signer.sign(message_of(head)))
