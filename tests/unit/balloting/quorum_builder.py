"""Quorums for tests: nodes with quick keys, and a machine that they speak to."""

import hashlib

from eikona.balloting.commands import answer_of, command_of
from eikona.balloting.quorum_machine import QuorumMachine
from eikona.balloting.ruling import MAJORITY
from eikona.balloting.signing import (
    sign_announcement,
    sign_archived,
    sign_ballot,
    sign_head,
    sign_roster,
    sign_rotation,
    sign_standing,
)
from eikona.balloting.statements import case_digest, key_id, witness
from eikona.domain.ballot import Announcement, Archived, Ballot
from eikona.domain.case import Policy, Subject, Submission
from eikona.domain.fingerprint import DecodeMode
from eikona.domain.receipt import Head
from eikona.domain.roster import Roster, Rotation, Seat, Standing
from eikona.domain.verdict import Outcome

CLEAR, REVIEW, BLOCK = Outcome
_SECRETS = {}  # by public key


class QuickSigner:
    """Signs by a hash over a secret: quick, and true as long as all is in one process."""

    def __init__(self, name):
        self._secret = name.encode()
        self.public_key = hashlib.sha256(b"public" + self._secret).digest()
        _SECRETS[self.public_key] = self._secret

    def sign(self, message):
        return hashlib.sha512(self._secret + message).digest()


def quick_verify(*, key, message, signature):
    secret = _SECRETS.get(key)
    return secret is not None and hashlib.sha512(secret + message).digest() == signature


class QuorumBuilder:
    """A machine, its administrator and its nodes ``n1``, ``n2``, …"""

    def __init__(self, nodes=4, capacities=None, machine=QuorumMachine, seated=True):
        self.administrator = QuickSigner("administrator")
        self.quorum = key_id(self.administrator.public_key)
        self.signers = {f"n{number}": QuickSigner(f"n{number}") for number in range(1, nodes + 1)}
        self._options = {} if capacities is None else {"capacities": capacities}
        self._kind = machine
        self.machine = self.new_machine()
        if seated:
            self.do(self.roster(1, self.signers))

    def new_machine(self):
        key = self.administrator.public_key
        return self._kind(administrator=key, verify=quick_verify, **self._options)

    @property
    def state(self):
        return self.machine.state

    def do(self, order):
        """Carry an order out and return the answer; a refusal raises."""
        return answer_of(self.machine.apply(command_of(order)))

    def roster(self, serial, signers, *, by=None, at_ms=0):
        seats = tuple(Seat(node, signer.public_key) for node, signer in signers.items())
        key = self.administrator.public_key
        roster = Roster(self.quorum, key, serial, seats, at_ms)
        return sign_roster(roster, by or self.administrator)

    def rotation(self, serial, node, new, *, old=None):
        rotation = Rotation(self.quorum, serial, node, new.public_key, 0)
        return sign_rotation(rotation, old=old or self.signers[node], new=new)

    def submission(self, name, **changes):
        subject = Subject(hashlib.sha256(name.encode()).digest(), {})
        plain = {
            "id": name if "-" in name else f"0-{name:0>8}",
            "subject": subject,
            "submitted_by": "gateway",
            "policy": Policy("robust", MAJORITY),
            "bank_at_least": 0,
            "at_ms": 1,
        }
        return Submission(**(plain | changes))

    def open(self, name, **changes):
        """Open a case and return its id."""
        submission = self.submission(name, **changes)
        self.do(submission)
        return submission.id

    def ballot(self, case, node, outcome=CLEAR, *, signer=None, opened=None, **changes):
        """Return a node's signed ballot for an open case."""
        opened = opened or self.state.open[case].case
        signer = signer or self.signers[node]
        digest = case_digest(opened)
        plain = {
            "quorum": self.quorum,
            "case": case,
            "round": opened.round,
            "case_digest": digest,
            "node": node,
            "key": key_id(signer.public_key),
            "outcome": outcome,
            "rule": "threshold:pdq=31",
            "algorithms": ("pdq@1",),
            "decode": DecodeMode.EXACT,
            "threshold": "31",
            "nearest": None if outcome is CLEAR else "cat.jpg",
            "distance": None if outcome is CLEAR else "12",
            "bank_version": 1,
            "bank_digest": None,
            "witness": witness(digest, node, {"pdq@1": "00"}),
            "note": "",
            "at_ms": 2,
        }
        return sign_ballot(Ballot(**(plain | changes)), signer)

    def cast(self, case, **outcomes):
        """Cast ballots, ``n1=BLOCK``, in the order they are named; return the last answer."""
        answer = {}
        opened = self.state.open[case].case
        for node, outcome in outcomes.items():
            answer = self.do(self.ballot(case, node, outcome, opened=opened))
        return answer

    def standing(self, node, by, *, lost=True, state=None, **changes):
        state = state or self.state
        plain = {
            "quorum": self.quorum,
            "roster": state.enrolment.serial,
            "epoch": state.epoch,
            "node": node,
            "lost": lost,
            "by": by,
            "key": key_id(self.signers[by].public_key),
            "at_ms": 3,
        }
        return sign_standing(Standing(**(plain | changes)), self.signers[by])

    def lose(self, node, by):
        """Let some nodes, ``"n1 n2"``, call another lost; return the last answer."""
        orders = [self.standing(node, one) for one in by.split()]
        return [self.do(order) for order in orders][-1]

    def take_back(self, node):
        """Let a lost node return."""
        return self.do(self.standing(node, node, lost=False))

    def announcement(self, node, version):
        key = key_id(self.signers[node].public_key)
        said = Announcement(self.quorum, node, key, version, None, 4)
        return sign_announcement(said, self.signers[node])

    def archived(self, node, size):
        key = key_id(self.signers[node].public_key)
        return sign_archived(Archived(self.quorum, node, key, size, 5), self.signers[node])

    def head(self, node, size, root):
        key = key_id(self.signers[node].public_key)
        return sign_head(Head(self.quorum, node, key, size, root, 6), self.signers[node])
