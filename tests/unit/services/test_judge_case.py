import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from eikona.balloting.receipts import did_hash
from eikona.balloting.signing import sign_ballot
from eikona.balloting.statements import hashes_of, witness
from eikona.domain.bank import Entry
from eikona.domain.case import Subject
from eikona.domain.errors import DecoderCrashedError
from eikona.domain.match import Match
from eikona.domain.verdict import Distances, Outcome, Verdict
from eikona.services.judge_case import Held, Voice, fingerprint_of_hashes, judge
from tests.unit.balloting.quorum_builder import QuorumBuilder
from tests.unit.balloting.receipt_builder import receipt_of

PICTURE = b"the bytes of a picture"
HASHES = {"pdq@1": "ab" * 32, "dhash@1": "cd" * 8}
FOUND = fingerprint_of_hashes(HASHES)


def match(outcome, distance=3.0):
    verdict = Verdict(outcome, match=outcome is Outcome.BLOCK, rule="r", reason="because")
    entry = Entry(name="cat.jpg", fingerprint=FOUND, created=datetime.now(UTC))
    return Match(entry=entry, verdict=verdict, distances=Distances({}, {}), distance=distance)


class Node:
    """What a node is made of, with fakes all around."""

    def __init__(self, subject=None, found=None):
        self.builder = QuorumBuilder(3)
        subject = subject or Subject(hashlib.sha256(PICTURE).digest(), {})
        self.id = self.builder.open("a", subject=subject)
        self.opened = self.builder.state.open[self.id]
        self.hashed = []
        self.found = found
        self.picture = PICTURE

    def hash_picture(self, picture):
        self.hashed.append(picture)
        return FOUND

    def ballot(self, **changes):
        key = self.builder.ballot(self.id, "n1").ballot.key
        voice = Voice("n1", key, "threshold:pdq=31", "at most 31", ("pdq@1",))
        plain = {
            "voice": voice,
            "bank": Held(7, bytes(32), lambda _: self.found),
            "fetch": lambda _: self.picture,
            "hash_picture": self.hash_picture,
            "at_ms": 5,
        }
        return judge(self.opened.case, self.opened.digest, **(plain | changes))


@pytest.mark.parametrize("outcome", [Outcome.CLEAR, Outcome.REVIEW, Outcome.BLOCK])
def test_the_ballot_says_what_the_search_found(outcome):
    node = Node(found=match(outcome))
    ballot = node.ballot()
    assert (ballot.outcome, ballot.nearest, ballot.distance) == (outcome, "cat.jpg", "3")
    assert (ballot.bank_version, ballot.bank_digest) == (7, bytes(32))
    assert ballot.algorithms == ("dhash@1", "pdq@1")
    assert ballot.witness == witness(node.opened.digest, "n1", hashes_of(FOUND))
    assert node.hashed == [PICTURE]


def test_the_machine_counts_such_ballots_and_the_receipt_shows_who_hashed():
    node = Node(found=match(Outcome.BLOCK))
    builder = node.builder
    voices = {name: builder.ballot(node.id, name).ballot.key for name in builder.signers}
    for name, key in list(voices.items())[:2]:
        ballot = node.ballot(voice=Voice(name, key, "r", "31", ("pdq@1",)))
        builder.do(sign_ballot(ballot, builder.signers[name]))
    receipt = receipt_of(builder, node.id)
    assert receipt.decision.outcome is Outcome.BLOCK
    assert all(did_hash(one, receipt, HASHES) for one in receipt.decision.ballots)
    others = HASHES | {"pdq@1": "00" * 32}
    assert not any(did_hash(one, receipt, others) for one in receipt.decision.ballots)


def test_a_copy_that_places_may_have_told_is_explained():
    far = match(Outcome.BLOCK)
    aligned = replace(far.distances, alignment=object())
    assert Node(found=far).ballot().note == ""
    assert Node(found=replace(far, distances=aligned)).ballot().note == far.verdict.reason != ""
    clear = replace(match(Outcome.CLEAR), distances=aligned)
    assert Node(found=clear).ballot().note == ""


def test_nothing_to_compare_with_is_clear():
    ballot = Node(found=None).ballot()
    assert (ballot.outcome, ballot.nearest, ballot.distance) == (Outcome.CLEAR, None, None)


@pytest.mark.parametrize(
    ("distance", "text"), [(0.0, "0"), (12.0, "12"), (0.25, "0.25"), (1 / 3, "0.3333")]
)
def test_distances_are_decimal_numbers(distance, text):
    assert Node(found=match(Outcome.CLEAR, distance)).ballot().distance == text


def test_other_bytes_than_the_case_is_about_are_never_hashed():
    node = Node(found=match(Outcome.CLEAR))
    node.picture = PICTURE + b"!"
    ballot = node.ballot()
    assert node.hashed == []
    assert (ballot.outcome, ballot.witness, ballot.algorithms) == (Outcome.REVIEW, None, ())
    assert "wrong_bytes" in ballot.note


def test_a_picture_that_kills_its_decoder_is_for_a_person():
    def kill(_):
        raise DecoderCrashedError("x" * 2000)

    ballot = Node().ballot(hash_picture=kill)
    assert (ballot.outcome, ballot.witness) == (Outcome.REVIEW, None)
    assert len(ballot.note) <= 512


def test_a_gateway_that_does_not_answer_is_no_reason_for_a_ballot():
    def away(_):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        Node().ballot(fetch=away)


def test_hashes_are_judged_without_a_picture():
    seen = []
    node = Node(Subject(None, HASHES))
    bank = Held(7, None, lambda picture: seen.append(picture) or match(Outcome.BLOCK))
    ballot = node.ballot(bank=bank, fetch=None)
    assert ballot.outcome is Outcome.BLOCK
    assert ballot.algorithms == ("pdq@1",)
    assert ballot.witness == witness(node.opened.digest, "n1", {"pdq@1": HASHES["pdq@1"]})
    assert seen[0].hashes == {"pdq": bytes.fromhex(HASHES["pdq@1"])}


@pytest.mark.parametrize("hashes", [{"dhash@1": "cd" * 8}, {"pdq@2": "ab" * 32}])
def test_missing_hashes_are_for_a_person(hashes):
    ballot = Node(Subject(None, hashes)).ballot()
    assert (ballot.outcome, ballot.witness) == (Outcome.REVIEW, None)
    assert "lacks_hashes" in ballot.note


def test_witnesses_differ_between_nodes():
    node = Node(found=match(Outcome.BLOCK))
    voice = Voice("n2", node.ballot().key, "r", "31", ())
    assert node.ballot().witness != node.ballot(voice=voice).witness
    assert replace(node.ballot(), at_ms=0) == replace(node.ballot(), at_ms=0)
