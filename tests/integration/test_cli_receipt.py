"""``eikona receipt`` with real keys."""

import hashlib
import subprocess
import sys
from dataclasses import replace

import pytest

import eikona as library
from eikona.adapters.keys.ed25519 import new_key, verify_signature
from eikona.adapters.keys.public_keys import write_public_keys
from eikona.balloting.quorum_machine import QuorumMachine
from eikona.balloting.receipts import TrustedKeys, receipt_bytes
from eikona.balloting.statements import case_digest, hashes_of, key_id, witness
from eikona.domain.case import Subject
from tests.integration import bad_input
from tests.integration.command_line import COMMAND, ENVIRONMENT, eikona, eikona_json
from tests.unit.balloting.quorum_builder import BLOCK, CLEAR, QuorumBuilder
from tests.unit.balloting.receipt_builder import receipt_of


class RealQuorum(QuorumBuilder):
    def __init__(self):
        super().__init__(seated=False)
        self.administrator = new_key()
        self.quorum = key_id(self.administrator.public_key)
        self.signers = {name: new_key() for name in self.signers}
        self.machine = self.new_machine()
        self.do(self.roster(1, self.signers))

    def new_machine(self):
        key = self.administrator.public_key
        return QuorumMachine(administrator=key, verify=verify_signature)


@pytest.fixture(scope="module")
def ruled(tmp_path_factory):
    """A folder with a picture, a receipt of the case about it, and the public keys."""
    folder = tmp_path_factory.mktemp("ruled")
    picture = bad_input.save_picture(folder / "upload.png")
    quorum = RealQuorum()
    subject = Subject(hashlib.sha256(picture.read_bytes()).digest(), {})
    case = quorum.open("a", subject=subject)
    opened = quorum.state.open[case].case
    hashes = hashes_of(library.fingerprint(picture, algorithms=["pdq", "phash"], decode="exact"))
    for node in ("n1", "n2", "n3"):
        # n3 did not look at the picture
        seen = hashes if node != "n3" else dict.fromkeys(hashes, "00")
        salted = witness(case_digest(opened), node, seen)
        names = tuple(sorted(hashes))
        quorum.do(quorum.ballot(case, node, BLOCK, opened=opened, algorithms=names, witness=salted))
    (folder / "ruling.receipt").write_bytes(receipt_bytes(receipt_of(quorum, case, "n1", "n2")))
    write_public_keys(folder / "keys.json", TrustedKeys(quorum.administrator.public_key))
    return folder


def verified(ruled, name="ruling.receipt", *options):
    status, records = eikona_json("receipt", "verify", ruled / name, *options)
    return status, records[0]


def test_a_receipt_that_proves_its_ruling(ruled):
    status, record = verified(ruled, "ruling.receipt", "--keys", ruled / "keys.json")
    assert (status, record["valid"], record["anchored"]) == (0, True, True)
    assert (record["outcome"], record["position"], record["problems"]) == ("block", 0, [])
    assert [one["node"] for one in record["ballots"]] == ["n1", "n2", "n3"]
    ended = eikona("receipt", "verify", ruled / "ruling.receipt")
    assert ended.status == 0
    assert "valid, case 0-0000000a ruled block" in ended.text
    assert "--keys" in ended.text


def test_a_changed_receipt_is_told_precisely(ruled):
    content = (ruled / "ruling.receipt").read_bytes()
    changed = content.replace(b'"distance":"12"', b'"distance":"13"', 1)
    (ruled / "changed.receipt").write_bytes(changed)
    status, record = verified(ruled, "changed.receipt", "--keys", ruled / "keys.json")
    assert (status, record["valid"]) == (1, False)
    codes = {one["code"] for one in record["problems"]}
    assert codes == {"ballot_signature", "head"}
    assert "n1 has not signed its ballot" in str(record["problems"])
    ended = eikona("receipt", "verify", ruled / "changed.receipt")
    assert ended.status == 1
    assert "NOT VALID" in ended.text


def test_another_quorums_receipt_is_told(ruled):
    write_public_keys(ruled / "others.json", TrustedKeys(new_key().public_key))
    status, record = verified(ruled, "ruling.receipt", "--keys", ruled / "others.json")
    assert status == 1
    assert {one["code"] for one in record["problems"]} == {"administrator"}


def test_a_node_that_did_not_hash_the_picture_is_told(ruled):
    options = ("--picture", ruled / "upload.png")
    status, record = verified(ruled, "ruling.receipt", *options)
    assert status == 1
    assert [one["hashed"] for one in record["ballots"]] == [True, True, False]
    (problem,) = record["problems"]
    assert problem["code"] == "witness"
    assert problem["message"].startswith("n3 did not hash")
    other = bad_input.save_picture(ruled / "other.png", seed=5)
    status, record = verified(ruled, "ruling.receipt", "--picture", other)
    assert {one["code"] for one in record["problems"]} == {"picture"}


def put_by_hashes(path, hashes):
    """Write the receipt of a case that was put by hashes."""
    quorum = RealQuorum()
    case = quorum.open("a", subject=Subject(None, hashes))
    opened = quorum.state.open[case].case
    for node in ("n1", "n2", "n3"):
        salted = witness(case_digest(opened), node, hashes)
        names = tuple(sorted(hashes))
        quorum.do(quorum.ballot(case, node, BLOCK, opened=opened, algorithms=names, witness=salted))
    path.write_bytes(receipt_bytes(receipt_of(quorum, case, "n1", "n2")))
    return path


def test_a_case_that_was_put_by_hashes_is_compared_by_them(ruled):
    picture = ruled / "upload.png"
    other = bad_input.save_picture(ruled / "another.png", seed=6)
    own = hashes_of(library.fingerprint(picture, algorithms=["pdq", "phash"]))
    near = {**own, "phash@1": f"{int(own['phash@1'], 16) ^ 1:016x}"}
    receipts = [
        put_by_hashes(ruled / f"{number}.receipt", hashes)
        for number, hashes in enumerate((own, near, {"pdq@99": "00" * 32}))
    ]
    for receipt, shown, status, text in (
        (receipts[0], picture, 0, "put by its hashes"),
        (receipts[0], other, 1, "another picture's hashes"),
        (receipts[1], picture, 0, "near its own"),
        (receipts[2], picture, 0, "cannot be checked"),
    ):
        ended = eikona("receipt", "verify", receipt, "--picture", shown)
        assert ended.status == status, ended.text
        assert text in ended.text


def test_files_that_are_no_receipts(ruled):
    status, record = verified(ruled, "upload.png")
    assert (status, record["error"]["code"]) == (1, "invalid_receipt")
    status, record = verified(ruled, "nothing")
    assert (status, record["error"]["code"]) == (1, "invalid_receipt")
    ended = eikona("receipt", "verify", ruled / "ruling.receipt", "--keys", ruled / "upload.png")
    assert (ended.status, ended.stdout) == (1, b"")
    assert "invalid_key" in ended.stderr


def test_compare_finds_who_said_two_things(tmp_path):
    quorum = RealQuorum()
    other = RealQuorum()
    other.administrator, other.signers = quorum.administrator, quorum.signers
    other.quorum, other.machine = quorum.quorum, quorum.new_machine()
    other.do(quorum.roster(1, quorum.signers))
    paths = []
    for name, one, outcome in (("a", quorum, CLEAR), ("b", other, BLOCK)):
        case = one.open("a")
        nodes = {"n2": outcome, "n3": outcome} | ({"n1": BLOCK} if outcome is BLOCK else {})
        one.cast(case, **nodes)
        path = tmp_path / f"{name}.receipt"
        path.write_bytes(receipt_bytes(receipt_of(one, case, "n4")))
        paths.append(path)
    status, found = eikona_json("receipt", "compare", *paths)
    assert status == 1
    liars = {(one["code"], one["node"]) for one in found}
    assert {("two_ballots", "n2"), ("two_ballots", "n3"), ("two_heads", "n4")} <= liars
    assert not any(node == "n1" for _, node in liars)
    ended = eikona("receipt", "compare", paths[0], paths[0])
    assert (ended.status, ended.text) == (0, "0 contradictions in 2 receipts\n")


def test_a_receipt_that_proves_nothing_accuses_nobody(ruled, tmp_path):
    quorum = RealQuorum()
    case = quorum.open("a")
    quorum.cast(case, n1=BLOCK)
    quorum.cast(case, n1=CLEAR, n2=BLOCK, n3=BLOCK)
    receipt = receipt_of(quorum, case)
    forged = replace(receipt, decision=replace(receipt.decision, outcome=CLEAR))
    path = tmp_path / "forged.receipt"
    path.write_bytes(receipt_bytes(forged))
    ended = eikona("receipt", "compare", path, "--format", "json")
    assert (ended.status, ended.stdout) == (1, b"")
    assert "outcome" in ended.stderr


@pytest.mark.parametrize("command", ["verify", "compare"])
def test_help_has_an_example(command):
    ended = eikona("receipt", command, "--help")
    assert ended.status == 0
    assert f"Example: eikona receipt {command} " in ended.text


@pytest.mark.parametrize("arguments", [["--help"], ["receipt", "verify", "--help"]])
def test_help_waits_for_no_cryptography(arguments):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:], *arguments],
        capture_output=True,
        env=ENVIRONMENT,
        text=True,
        check=True,
    )
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not imported & {"cryptography", "numpy", "PIL", "asyncio", "eikona.balloting.receipts"}
