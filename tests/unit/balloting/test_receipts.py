import hashlib
import json
import random
from dataclasses import replace

import pytest

from eikona.balloting.canonical import canonical
from eikona.balloting.misbehaviour import findings
from eikona.balloting.receipts import (
    TrustedKeys,
    did_hash,
    is_newest_of,
    log_before,
    receipt_bytes,
    receipt_from,
    root_of,
    verify_receipt,
)
from eikona.balloting.signing import (
    sign_ballot,
    sign_head,
    sign_roster,
    sign_rotation,
    sign_standing,
)
from eikona.balloting.statements import key_id
from eikona.domain.case import Policy, Subject
from eikona.domain.errors import InvalidReceiptError
from eikona.domain.receipt import Absence
from eikona.domain.verdict import Outcome
from tests.unit.balloting.quorum_builder import (
    BLOCK,
    CLEAR,
    REVIEW,
    QuickSigner,
    QuorumBuilder,
    quick_verify,
)
from tests.unit.balloting.receipt_builder import receipt_of, rich_builder

BUILDER, CASE = rich_builder()
RECEIPT = receipt_of(BUILDER, CASE, "n1", "n3")
DECISION, ENROLMENT = RECEIPT.decision, RECEIPT.enrolment
TRUSTED = TrustedKeys(BUILDER.administrator.public_key)


def codes(receipt, trusted=TRUSTED):
    return {one.code for one in verify_receipt(receipt, trusted=trusted, verify=quick_verify)}


def with_decision(**changes):
    return replace(RECEIPT, decision=replace(DECISION, **changes))


def with_case(**changes):
    return with_decision(case=replace(DECISION.case, **changes))


def with_submission(**changes):
    return with_case(submission=replace(DECISION.case.submission, **changes))


def with_ballot(number, signer=None, **changes):
    """The receipt with one ballot changed, and signed anew where there is a signer."""
    signed = DECISION.ballots[number]
    ballot = replace(signed.ballot, **changes)
    changed = replace(signed, ballot=ballot) if signer is None else sign_ballot(ballot, signer)
    ballots = list(DECISION.ballots)
    ballots[number] = changed
    return with_decision(ballots=tuple(ballots))


def with_enrolment(**changes):
    return replace(RECEIPT, enrolment=replace(ENROLMENT, **changes))


def with_word(number, signer=None, **changes):
    absence = DECISION.absences[0]
    signed = absence.statements[number]
    standing = replace(signed.standing, **changes)
    word = replace(signed, standing=standing) if signer is None else sign_standing(standing, signer)
    words = list(absence.statements)
    words[number] = word
    return with_decision(absences=(replace(absence, statements=tuple(words)),))


def with_head(signer=None, **changes):
    head = replace(RECEIPT.heads[0].head, **changes)
    signed = replace(RECEIPT.heads[0], head=head)
    return replace(RECEIPT, heads=(signed if signer is None else sign_head(head, signer),))


N1, N2, N3 = (BUILDER.signers[node] for node in ("n1", "n2", "n3"))
STRANGER = QuickSigner("stranger")
ROSTER = ENROLMENT.roster
ROTATION = ENROLMENT.rotations[0].rotation


def test_a_receipt_proves_its_ruling():
    assert DECISION.outcome is REVIEW
    assert len(DECISION.absences) == len(DECISION.equivocations) == len(ENROLMENT.rotations) == 1
    assert len(RECEIPT.path) > 1
    assert codes(receipt_from(receipt_bytes(RECEIPT))) == set()
    assert codes(RECEIPT, TrustedKeys()) == set()


LIES = {
    # what is changed, the check that tells it, and whether those who lie can sign it
    "another administrator": (
        RECEIPT,
        "administrator",
        TrustedKeys(STRANGER.public_key),
    ),
    "an administrator that names another quorum": (
        with_enrolment(roster=replace(ROSTER, administrator=STRANGER.public_key)),
        "administrator",
        TrustedKeys(),
    ),
    "a seat more": (
        with_enrolment(roster=replace(ROSTER, seats=ROSTER.seats[:-1])),
        "roster_signature",
    ),
    "a roster that a node signed": (
        with_enrolment(signature=sign_roster(ROSTER, N1).signature),
        "roster_signature",
    ),
    "two seats of one node": (
        with_enrolment(roster=replace(ROSTER, seats=(*ROSTER.seats, ROSTER.seats[0]))),
        "roster",
    ),
    "a rotation left out": (with_enrolment(rotations=()), "case_roster"),
    "a rotation out of turn": (
        with_enrolment(rotations=ENROLMENT.rotations * 2),
        "rotation",
    ),
    "a rotation that the old key did not sign": (
        with_enrolment(rotations=(sign_rotation(ROTATION, old=STRANGER, new=N2),)),
        "rotation_signature",
    ),
    "another trusted key": (RECEIPT, "node_key", TrustedKeys(None, {"n3": STRANGER.public_key})),
    "another quorum's case": (with_case(quorum="0" * 32), "case"),
    "another roster's case": (with_case(roster=1), "case_roster"),
    "a smaller electorate": (with_case(electorate=("n1", "n2", "n3")), "electorate"),
    "another rule": (with_submission(policy=Policy("robust", "dictator@1")), "policy"),
    "another picture": (with_submission(subject=Subject(bytes(32), {})), "ballot_case"),
    "another submitter": (with_submission(submitted_by="somebody"), "ballot_case"),
    "another round": (with_case(round=2), "ballot_case"),
    "a changed ballot": (with_ballot(0, outcome=CLEAR), "ballot_signature"),
    "a ballot that another signed": (with_ballot(0, N3), "ballot_signature"),
    "a ballot under another key": (with_ballot(0, key="0" * 32), "ballot_key"),
    "a stranger's ballot": (with_ballot(0, N1, node="n9"), "ballot_key"),
    "a ballot for another case": (with_ballot(0, N1, case="0-othercase"), "ballot_case"),
    "a ballot that saw an old bank": (with_ballot(0, N1, bank_version=0), "ballot_bank"),
    "a ballot without an entry": (
        with_ballot(0, N1, nearest=None, distance=None),
        "ballot_parts",
    ),
    "a ballot twice": (
        with_decision(ballots=(*DECISION.ballots, DECISION.ballots[0])),
        "ballot_twice",
    ),
    "a ballot left out": (with_decision(ballots=DECISION.ballots[:2]), "outcome"),
    "another outcome": (with_decision(outcome=Outcome.BLOCK), "outcome"),
    "a made-up second ballot": (
        with_decision(equivocations=(DECISION.ballots[1],)),
        "equivocation",
    ),
    "a word too few": (
        with_decision(
            absences=(
                replace(DECISION.absences[0], statements=DECISION.absences[0].statements[:2]),
            )
        ),
        "absence_words",
    ),
    "one word thrice": (
        with_decision(
            absences=(
                replace(DECISION.absences[0], statements=(DECISION.absences[0].statements[0],) * 3),
            )
        ),
        "absence_words",
    ),
    "a word on another node": (with_word(0, N1, node="n4"), "absence"),
    "a word of return": (with_word(0, N1, lost=False), "absence"),
    "a word under another roster": (with_word(0, N1, roster=1), "absence"),
    "a word of another time": (with_word(0, N1, epoch=1), "absence"),
    "a changed word": (with_word(0, at_ms=99), "absence_signature"),
    "a stranger's word": (with_word(0, N1, by="n9"), "absence_key"),
    "absent and present": (
        with_decision(absences=(replace(DECISION.absences[0], node="n1"),)),
        "absence",
    ),
    "absent twice": (with_decision(absences=DECISION.absences * 2), "absence_twice"),
    "a stranger absent": (
        with_decision(absences=(replace(DECISION.absences[0], node="n9"),)),
        "absence",
    ),
    "nobody absent": (with_decision(absences=()), "head"),
    "another position": (with_decision(position=2), "path"),
    "a path too long": (replace(RECEIPT, path=(*RECEIPT.path, bytes(32))), "path"),
    "another path": (replace(RECEIPT, path=(bytes(32), *RECEIPT.path[1:])), "head"),
    "no head": (replace(RECEIPT, heads=()), "head_missing"),
    "another root": (with_head(N1, root=bytes(32)), "head"),
    "another size": (with_head(N1, size=9), "head"),
    "another quorum's head": (with_head(N1, quorum="0" * 32), "head"),
    "a changed head": (with_head(at_ms=99), "head_signature"),
    "a head of another": (with_head(N3), "head_signature"),
    "a stranger's head": (with_head(N1, node="n9"), "head_key"),
}


@pytest.mark.parametrize("name", LIES)
def test_each_lie_is_told_by_its_check(name):
    receipt, code, *trusted = LIES[name]
    assert code in codes(receipt, *trusted)


def test_one_node_does_not_rule_by_old_words_on_the_others():
    """Each was away once, and enough of the others have signed so: all of it is genuine."""
    (alone, *_) = DECISION.ballots
    electorate = DECISION.case.electorate
    words = DECISION.absences[0].statements[0].standing

    def word(node, by):
        signer = BUILDER.signers[by]
        named = replace(words, node=node, by=by, key=key_id(signer.public_key))
        return sign_standing(named, signer)

    absences = tuple(
        Absence(node, tuple(word(node, by) for by in electorate if by != node))
        for node in electorate
        if node != alone.ballot.node
    )
    forged = with_decision(
        outcome=alone.ballot.outcome, ballots=(alone,), equivocations=(), absences=absences
    )
    root = root_of(forged)
    signer = BUILDER.signers[alone.ballot.node]
    head = replace(
        RECEIPT.heads[0].head, node=alone.ballot.node, key=key_id(signer.public_key), root=root
    )
    assert codes(replace(forged, heads=(sign_head(head, signer),))) == {"absences"}


def test_every_byte_matters():
    """No single change of a byte leaves a receipt that proves something."""
    chance = random.Random(1)
    content = receipt_bytes(RECEIPT)
    for place in chance.sample(range(len(content)), 400):
        changed = bytearray(content)
        changed[place] ^= 1 << chance.randrange(7)
        try:
            receipt = receipt_from(bytes(changed))
        except InvalidReceiptError:
            continue
        if receipt != RECEIPT:
            assert codes(receipt)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b"[" * 10**5, b" " + receipt_bytes(RECEIPT)]
)
def test_what_is_no_receipt(content):
    with pytest.raises(InvalidReceiptError):
        receipt_from(content)


def test_a_receipt_of_a_newer_form_is_refused():
    record = json.loads(receipt_bytes(RECEIPT))
    with pytest.raises(InvalidReceiptError, match="format"):
        receipt_from(canonical({**record, "format": 2}))


def test_a_key_that_was_rotated_is_trusted_still():
    old = QuickSigner("n2").public_key
    assert codes(RECEIPT, TrustedKeys(None, {"n2": old})) == set()
    assert codes(RECEIPT, TrustedKeys(None, {"n2": N2.public_key})) == set()


def test_a_node_that_did_not_hash_the_picture_is_told():
    signed = DECISION.ballots[0]
    assert did_hash(signed, RECEIPT, {"pdq@1": "00", "more@1": "11"})
    assert not did_hash(signed, RECEIPT, {"pdq@1": "01"})
    assert not did_hash(signed, RECEIPT, {})


def test_nobody_can_copy_a_witness():
    builder = QuorumBuilder()
    case = builder.open("a")
    witness = builder.ballot(case, "n1", CLEAR).ballot.witness
    builder.do(builder.ballot(case, "n1", CLEAR))
    builder.do(builder.ballot(case, "n2", CLEAR, witness=witness))
    receipt = receipt_of(builder, case)
    hashed = [did_hash(one, receipt, {"pdq@1": "00"}) for one in receipt.decision.ballots]
    assert hashed == [True, False]


def test_hashes_of_a_case_are_the_witness_themselves():
    builder = QuorumBuilder()
    case = builder.open("a", subject=Subject(None, {"pdq@1": "00"}))
    builder.cast(case, n1=CLEAR)
    builder.do(builder.ballot(case, "n2", CLEAR, witness=bytes(32)))
    assert codes(receipt_of(builder, case)) == {"witness"}


def test_honest_receipts_contradict_nothing():
    receipts = [receipt_of(BUILDER, f"0-{name:0>8}", "n1", "n3") for name in "abc"]
    again = receipt_of(BUILDER, "0-0000000a", "n4")
    assert findings([*receipts, again], verify=quick_verify) == []


def test_a_second_ballot_in_a_receipt_proves_a_lie():
    (found,) = findings([RECEIPT], verify=quick_verify)
    assert (found.code, found.node, found.case) == ("two_ballots", "n1", CASE)
    unsigned = replace(DECISION.equivocations[0], signature=bytes(64))
    assert findings([with_decision(equivocations=(unsigned,))], verify=quick_verify) == []


def two_logs():
    """The receipts of one case from two quorums of the same keys, which liars keep apart."""
    receipts = []
    for outcome in (CLEAR, BLOCK):
        builder = QuorumBuilder()
        case = builder.open("a")
        builder.cast(case, n1=outcome, n2=outcome, **({"n3": BLOCK} if outcome is BLOCK else {}))
        receipts.append(receipt_of(builder, case, "n2"))
    return receipts


def test_two_rulings_on_one_case_show_who_lied():
    receipts = two_logs()
    assert [codes(one, TrustedKeys()) for one in receipts] == [set(), set()]
    found = {(one.code, one.node) for one in findings(receipts, verify=quick_verify)}
    assert found == {
        ("two_ballots", "n1"),
        ("two_ballots", "n2"),
        ("two_heads", "n2"),
        ("two_rulings", None),
        ("two_decisions", None),
    }


def test_two_places_of_one_case_are_told():
    first = receipt_of(BUILDER, "0-0000000a")
    moved = replace(first, decision=replace(first.decision, position=7))
    found = {one.code for one in findings([first, moved], verify=quick_verify)}
    assert found == {"two_rulings"}


def test_keys_are_called_by_their_digest():
    digest = hashlib.sha256(b"eikona key v1\n" + bytes(32)).hexdigest()
    assert key_id(bytes(32)) == digest[:32]


def test_a_log_says_which_receipt_is_its_newest_and_that_one_what_was_before():
    builder = QuorumBuilder(3)
    logs, receipts = [builder.state.frontier], []
    for name in "abcdefg":
        case = builder.open(name)
        builder.cast(case, n1=CLEAR, n2=CLEAR)
        logs.append(builder.state.frontier)
        receipts.append(receipt_of(builder, case))
    for number, receipt in enumerate(receipts):
        assert log_before(receipt) == logs[number]
        found = [is_newest_of(receipt, log) for log in logs]
        assert found == [place == number + 1 for place in range(len(logs))]
        other = replace(receipt.decision, outcome=Outcome.BLOCK)
        assert not is_newest_of(replace(receipt, decision=other), logs[number + 1])
        for path in ((*receipt.path, bytes(32)), tuple(bytes(32) for _ in receipt.path)):
            if path:
                assert not is_newest_of(replace(receipt, path=path), logs[number + 1])
