import hashlib
import json
import random
from dataclasses import replace

import pytest

from eikona.balloting.canonical import canonical
from eikona.balloting.commands import answer_of, command_of
from eikona.balloting.quorum_machine import QuorumMachine
from eikona.balloting.signing import sign_ballot, sign_standing
from eikona.balloting.state import Capacities
from eikona.domain import errors
from eikona.domain.case import Policy, Subject
from eikona.domain.errors import InvalidSnapshotError, MalformedError
from tests.unit.balloting.quorum_builder import (
    BLOCK,
    CLEAR,
    REVIEW,
    QuickSigner,
    QuorumBuilder,
    quick_verify,
)


def refused(builder, order, error):
    """Make sure that an order is refused so, and changes nothing."""
    before, digest = builder.machine.snapshot(), builder.machine.digest()
    with pytest.raises(error):
        builder.do(order)
    assert (builder.machine.snapshot(), builder.machine.digest()) == (before, digest)


def test_three_of_four_block():
    builder = QuorumBuilder()
    case = builder.open("a")
    answer = builder.cast(case, n1=BLOCK, n2=CLEAR, n3=BLOCK, n4=BLOCK)
    ruled = {"case": case, "state": "ruled", "outcome": "block", "position": 0}
    assert answer == {**ruled, "opened": [], "ruled": [ruled]}
    assert builder.state.decided[case].decision.outcome is BLOCK


def test_everything_again_changes_nothing():
    builder = QuorumBuilder(capacities=Capacities(open=2))
    orders = [builder.submission(name) for name in "abc"]
    for order in orders:
        builder.do(order)
    case = orders[0].id
    orders += [builder.ballot(case, "n1", BLOCK), builder.ballot(case, "n1", CLEAR)]
    orders += [builder.standing("n4", by) for by in ("n1", "n2", "n3")]
    orders += [builder.announcement("n1", 3), builder.ballot(case, "n2", BLOCK)]
    for order in orders[3:]:
        builder.do(order)
    orders += [builder.standing("n4", "n4", lost=False)]
    builder.do(orders[-1])
    orders += [builder.archived("n1", 1), builder.rotation(2, "n2", QuickSigner("new"))]
    for order in orders[-2:]:
        builder.do(order)
    snapshot, digest = builder.machine.snapshot(), builder.machine.digest()
    for order in [*orders, *reversed(orders)]:
        builder.machine.apply(command_of(order))
    assert (builder.machine.snapshot(), builder.machine.digest()) == (snapshot, digest)


def test_an_id_asks_one_thing():
    builder = QuorumBuilder(capacities=Capacities(decided=0))
    case = builder.open("a")
    other = builder.submission("a", at_ms=99)
    refused(builder, other, errors.CaseConflictError)
    builder.cast(case, n1=CLEAR, n2=CLEAR)
    refused(builder, other, errors.CaseConflictError)
    assert builder.do(builder.submission("a"))["outcome"] == "clear"


def test_a_case_of_long_ago_is_not_decided_again():
    builder = QuorumBuilder(capacities=Capacities(remembered=2))
    old = builder.submission("0-decidedonce")
    builder.do(old)
    builder.cast(old.id, n1=CLEAR, n2=CLEAR)
    for name in ("1-aaaaaaaa", "2-aaaaaaaa"):
        builder.cast(builder.open(name), n1=CLEAR, n2=CLEAR)
    refused(builder, old, errors.CaseTooOldError)
    refused(builder, builder.submission("4-fromthefuture"), errors.MalformedError)
    assert builder.do(builder.submission("3-aaaaaaaa"))["state"] == "open"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"policy": Policy("robust", "dictator@1")}, errors.OutdatedError),
        ({"subject": Subject(None, {})}, errors.MalformedError),
        ({"subject": Subject(bytes(32), {"pdq@1": "00"})}, errors.MalformedError),
        (
            {"subject": Subject(None, {f"h{number}@1": "00" * 2000 for number in range(3)})},
            errors.MalformedError,
        ),
    ],
)
def test_submissions_that_make_no_sense(changes, error):
    builder = QuorumBuilder()
    refused(builder, builder.submission("a", **changes), error)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"round": 2}, errors.OutdatedError),
        ({"case_digest": bytes(32)}, errors.OutdatedError),
        ({"case": "0-unknowncase"}, errors.UnknownCaseError),
        ({"quorum": "0" * 32}, errors.OutdatedError),
        ({"node": "n9"}, errors.UnknownNodeError),
        ({"node": "n2"}, errors.UnknownNodeError),  # with the key of n1
        ({"key": "0" * 32}, errors.UnknownNodeError),
        ({"bank_version": 4}, errors.OutdatedError),
        ({"witness": None}, errors.MalformedError),
        ({"distance": None}, errors.MalformedError),
        ({"nearest": None, "distance": None}, errors.MalformedError),
    ],
)
def test_ballots_that_do_not_count(changes, error):
    builder = QuorumBuilder()
    case = builder.open("a", bank_at_least=5)
    good = builder.ballot(case, "n1", BLOCK, bank_version=5)
    ballot = replace(good.ballot, **changes)
    refused(builder, sign_ballot(ballot, builder.signers["n1"]), error)
    builder.do(good)


def test_a_node_that_cannot_hash_asks_for_review():
    builder = QuorumBuilder()
    case = builder.open("a")
    changes = {"witness": None, "nearest": None, "distance": None, "note": "not there"}
    for node in ("n1", "n2", "n3"):
        builder.do(builder.ballot(case, node, REVIEW, **changes))
    assert builder.state.decided[case].decision.outcome is REVIEW


def test_a_signature_under_another_ballot_is_none():
    builder = QuorumBuilder()
    case = builder.open("a")
    signed = builder.ballot(case, "n1", CLEAR)
    forged = replace(signed, ballot=replace(signed.ballot, note="changed"))
    refused(builder, forged, errors.BadSignatureError)
    forged = builder.ballot(case, "n1", CLEAR, signer=builder.signers["n2"])
    refused(builder, forged, errors.UnknownNodeError)


def test_ballots_wait_for_their_case():
    builder = QuorumBuilder(capacities=Capacities(open=1))
    first = builder.open("a")
    held = builder.open("b")
    opened = builder.state.open[first].case
    refused(builder, builder.ballot(held, "n1", opened=opened), errors.OutdatedError)


def test_cases_wait_for_a_roster_and_for_room():
    builder = QuorumBuilder(seated=False, capacities=Capacities(open=1, held=2))
    assert [builder.do(builder.submission(name))["state"] for name in "ab"] == ["held", "held"]
    refused(builder, builder.submission("c"), errors.TooManyCasesError)
    answer = builder.do(builder.roster(1, builder.signers))
    assert answer["opened"] == ["0-0000000a"]
    assert builder.cast("0-0000000a", n1=CLEAR, n2=CLEAR)["opened"] == ["0-0000000b"]


@pytest.mark.parametrize(("nodes", "words"), [(3, 2), (4, 3), (5, 3), (7, 4)])
def test_as_many_call_a_node_lost_as_would_rule(nodes, words):
    builder = QuorumBuilder(nodes)
    others = [f"n{number}" for number in range(2, nodes + 1)]
    said = [builder.standing("n1", by) for by in others]
    lost = [builder.do(one)["lost"] for one in said[:words]]
    assert lost == [False] * (words - 1) + [True]


@pytest.mark.parametrize("nodes", [1, 2])
def test_nobody_is_lost_in_a_quorum_of_two(nodes):
    builder = QuorumBuilder(nodes)
    for node in builder.signers:
        for by in set(builder.signers) - {node}:
            assert builder.do(builder.standing(node, by))["lost"] is False


def test_enough_nodes_always_stay():
    builder = QuorumBuilder(5)
    builder.lose("n5", "n1 n2 n3")
    builder.lose("n4", "n1 n2 n3")
    for by in ("n1", "n2"):
        assert builder.do(builder.standing("n3", by))["lost"] is False
    refused(builder, builder.standing("n3", "n4"), errors.NodeLostError)
    case = builder.open("a")
    assert builder.cast(case, n1=BLOCK)["state"] == "open"
    assert builder.cast(case, n2=BLOCK)["outcome"] == "block"  # two of the three that are left


def test_a_ballot_stays_when_its_node_is_lost():
    builder = QuorumBuilder()
    case = builder.open("a")
    builder.cast(case, n4=BLOCK, n1=BLOCK, n2=CLEAR)
    builder.lose("n4", "n1 n2 n3")
    assert case in builder.state.open  # two of four are for block, and n3 is still to come
    assert builder.cast(case, n3=BLOCK)["outcome"] == "block"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"epoch": 0}, errors.OutdatedError),
        ({"roster": 2}, errors.OutdatedError),
        ({"quorum": "0" * 32}, errors.OutdatedError),
        ({"node": "n9"}, errors.UnknownNodeError),
        ({"node": "n1"}, errors.MalformedError),  # nobody calls itself lost
        ({"lost": False}, errors.MalformedError),  # nobody calls another returned
        ({"by": "n2"}, errors.UnknownNodeError),  # with the key of n1
    ],
)
def test_words_that_do_not_count(changes, error):
    builder = QuorumBuilder()
    standing = replace(builder.standing("n4", "n1").standing, **changes)
    refused(builder, sign_standing(standing, builder.signers["n1"]), error)
    forged = replace(builder.standing("n4", "n1"), signature=bytes(64))
    refused(builder, forged, errors.BadSignatureError)


def test_old_words_are_void_after_a_return():
    builder = QuorumBuilder()
    early = builder.standing("n4", "n1")
    builder.lose("n4", "n1 n2 n3")
    assert builder.take_back("n4")["lost"] is False
    refused(builder, early, errors.OutdatedError)


def test_rosters_follow_each_other_and_are_the_administrators():
    builder = QuorumBuilder()
    signers = dict(builder.signers)
    for serial in (0, 1, 3):
        refused(builder, builder.roster(serial, signers, at_ms=9), errors.OutdatedError)
    refused(builder, builder.roster(2, {}), errors.MalformedError)
    twins = {"n1": signers["n1"], "n2": signers["n1"]}
    refused(builder, builder.roster(2, twins), errors.MalformedError)
    self_seated = {**signers, "n5": builder.administrator}
    refused(builder, builder.roster(2, self_seated), errors.MalformedError)
    stranger = QuickSigner("stranger")
    refused(builder, builder.roster(2, signers, by=stranger), errors.BadSignatureError)
    foreign = builder.roster(2, signers)
    foreign = replace(foreign, roster=replace(foreign.roster, administrator=stranger.public_key))
    refused(builder, foreign, errors.OutdatedError)
    del signers["n4"]
    assert builder.do(builder.roster(2, signers))["roster"] == 2
    case = builder.open("a")
    builder.cast(case, n1=BLOCK)
    assert builder.cast(case, n2=BLOCK)["outcome"] == "block"


def test_a_rotation_needs_both_keys():
    builder = QuorumBuilder()
    new, stranger = QuickSigner("new"), QuickSigner("stranger")
    refused(builder, builder.rotation(3, "n1", new), errors.OutdatedError)
    refused(builder, builder.rotation(2, "n1", new, old=stranger), errors.BadSignatureError)
    one_sided = replace(builder.rotation(2, "n1", new), by_new=bytes(64))
    refused(builder, one_sided, errors.BadSignatureError)
    refused(builder, builder.rotation(2, "n1", builder.signers["n2"]), errors.MalformedError)
    unknown = builder.rotation(2, "n9", new, old=stranger)
    refused(builder, unknown, errors.UnknownNodeError)
    builder.do(builder.rotation(2, "n1", new))
    case = builder.open("a")
    opened = builder.state.open[case].case
    refused(builder, builder.ballot(case, "n1", opened=opened), errors.UnknownNodeError)
    builder.signers["n1"] = new
    assert builder.cast(case, n1=CLEAR)["ballots"] == 1


def test_a_second_ballot_proves_a_lie_and_the_first_counts():
    builder = QuorumBuilder()
    case = builder.open("a")
    builder.cast(case, n1=BLOCK)
    assert builder.cast(case, n1=CLEAR)["equivocation"] is True
    (proof,) = builder.state.suspects.values()
    assert (proof.first.ballot.outcome, proof.second.ballot.outcome) == (BLOCK, CLEAR)
    builder.cast(case, n2=BLOCK, n3=BLOCK)
    decision = builder.state.decided[case].decision
    assert [one.ballot.outcome for one in decision.ballots] == [BLOCK] * 3
    assert [one.ballot.outcome for one in decision.equivocations] == [CLEAR]


def test_receipts_go_once_most_nodes_have_them():
    builder = QuorumBuilder()
    cases = [builder.open(name) for name in "abc"]
    for case in cases:
        builder.cast(case, n1=CLEAR, n2=CLEAR)
    refused(builder, builder.archived("n1", 4), errors.MalformedError)
    builder.do(builder.archived("n1", 3))
    builder.do(builder.archived("n2", 2))
    assert list(builder.state.decided) == cases
    builder.do(builder.archived("n3", 1))
    assert list(builder.state.decided) == cases[1:]
    builder.do(builder.archived("n3", 2))
    assert list(builder.state.decided) == cases[2:]
    assert builder.do(builder.submission("a"))["state"] == "ruled"


def test_banks_only_get_newer():
    builder = QuorumBuilder()
    builder.do(builder.announcement("n1", 3))
    assert builder.do(builder.announcement("n1", 3))["bank"] == 3
    refused(builder, builder.announcement("n1", 2), errors.OutdatedError)
    forged = replace(builder.announcement("n1", 4), signature=bytes(64))
    refused(builder, forged, errors.BadSignatureError)


def busy_builder():
    """A quorum with something in every part of its state."""
    builder = QuorumBuilder(5, Capacities(open=2, decided=2))
    for name in "abc":
        builder.cast(builder.open(name), n1=CLEAR, n2=CLEAR, n3=CLEAR)
    for name in "defg":
        builder.open(name)
    builder.do(builder.rotation(2, "n5", QuickSigner("n5 new")))
    builder.cast("0-0000000d", n1=BLOCK, n2=REVIEW)
    builder.cast("0-0000000d", n1=CLEAR)
    builder.lose("n5", "n1 n2 n3")
    builder.do(builder.standing("n4", "n1"))
    builder.do(builder.announcement("n1", 7))
    builder.do(builder.archived("n2", 1))
    return builder


def test_a_restored_machine_is_the_same():
    builder = busy_builder()
    other = builder.new_machine()
    other.restore(builder.machine.snapshot())
    assert other.state == builder.machine.state
    assert other.snapshot() == builder.machine.snapshot()
    assert other.digest() == builder.machine.digest()
    record = json.loads(builder.machine.snapshot().split(b"\n")[1])
    assert all(record[name] not in ([], None) for name in record), "a part was not tried"
    more = command_of(builder.ballot("0-0000000d", "n3", BLOCK))
    assert other.apply(more) == builder.machine.apply(more)
    assert other.digest() == builder.machine.digest()


def sealed(content):
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def test_damaged_snapshots_are_refused_and_change_nothing():
    builder = busy_builder()
    good = builder.machine.snapshot()
    record = json.loads(good.split(b"\n")[1])
    bad = [b"", good[:-1], good + b" ", good.replace(b'"epoch":3', b'"epoch":4'), b"[" * 10**6]
    changed = [{**record, "version": 2}, {**record, "quorum": "0" * 32}, {**record, "more": 1}]
    changed += [{**record, "size": 8}, {**record, "size": 2}, {**record, "held": 7}]
    changed += [{key: record[key] for key in record if key != left} for left in record]
    bad += [sealed(canonical(one)) for one in changed]
    for snapshot in bad:
        with pytest.raises(InvalidSnapshotError):
            builder.machine.restore(snapshot)
        assert builder.machine.snapshot() == good


def test_hostile_commands_give_errors_and_change_nothing():
    """Every good command, cut and changed in thousands of ways."""
    chance = random.Random(6)
    builder = busy_builder()
    case = "0-0000000d"
    orders = (
        builder.submission("z"),
        builder.ballot(case, "n3", BLOCK),
        builder.standing("n4", "n2"),
        builder.roster(3, builder.signers),
        builder.rotation(3, "n1", QuickSigner("newer")),
        builder.announcement("n1", 8),
        builder.archived("n3", 1),
    )
    good = builder.machine.snapshot()
    junk = [None, True, -1, 2**53, 1.5, "", "x" * 70000, [], {}, "0" * 64, [[]] * 300, {"a": 1}]
    tried = 0
    for order in orders:
        command = command_of(order)
        hostile = [command[: chance.randrange(len(command))] for _ in range(20)]
        record = json.loads(command)
        for path in _places(record):
            hostile += [json.dumps(_changed(record, path, one)).encode() for one in junk]
            hostile += [canonical(_changed(record, path, one)) for one in junk if one != 1.5]
        for _ in range(200):
            noisy = bytearray(command)
            noisy[chance.randrange(len(noisy))] ^= 1 << chance.randrange(8)
            hostile.append(bytes(noisy))
        for one in hostile:
            if one == command:
                continue
            tried += 1
            result = json.loads(builder.machine.apply(one))
            if builder.machine.snapshot() != good:
                # a submission is not signed: another one is as good
                assert json.loads(one)["do"] == "open", one
                builder.machine.restore(good)
            else:
                assert "error" in result or "state" in result["ok"], one
    assert tried > 2000


def _places(record, path=()):
    yield path
    if isinstance(record, dict | list):
        parts = record.items() if isinstance(record, dict) else enumerate(record)
        for name, part in parts:
            yield from _places(part, (*path, name))


def _changed(record, path, value):
    if not path:
        return value
    changed = record.copy()
    changed[path[0]] = _changed(record[path[0]], path[1:], value)
    return changed


def test_answers_are_told_from_refusals():
    builder = QuorumBuilder()
    with pytest.raises(MalformedError):
        answer_of(builder.machine.apply(b"nonsense"))
    for odd in (b"", b"{}", b'{"error":1}', b"[]"):
        with pytest.raises(errors.QuorumError):
            answer_of(odd)


def test_the_state_stays_bounded():
    hold = Capacities(open=4, held=8, decided=4, remembered=16)
    builder = QuorumBuilder(3, hold)
    sizes = []
    for number in range(120):
        builder.cast(builder.open(f"{number}-{number:08}"), n1=CLEAR, n2=CLEAR)
        sizes.append(len(builder.machine.snapshot()))
    assert max(sizes[60:]) < 1.1 * max(sizes[20:60])


def test_it_needs_nothing_but_a_key_and_a_check():
    key = QuickSigner("administrator").public_key
    assert QuorumMachine(administrator=key, verify=quick_verify).digest() == bytes(32)
