"""A quorum of real processes, which are killed, stopped, started again and called by strangers."""

import os
import pickle
import signal
import socket
import ssl
from contextlib import closing

import pytest

from eikona.adapters.keys.ed25519 import verify_signature
from eikona.adapters.keys.public_keys import read_public_keys
from eikona.adapters.quorum.calls import call
from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.adapters.quorum.description import read_description
from eikona.adapters.raft.address import parse_address
from eikona.adapters.raft.identity import own_identity
from eikona.balloting.receipts import receipt_from, verify_receipt
from tests.integration import bad_input
from tests.integration.command_line import eikona, eikona_json
from tests.integration.running_quorum import Asked, Quorum, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    """A folder of reference pictures, and beside it a copy of one and a picture of nobody's."""
    folder = tmp_path_factory.mktemp("works")
    (folder / "reference").mkdir()
    for seed in range(3):
        bad_input.picture(seed).save(folder / "reference" / f"work-{seed}.png")
    bad_input.picture(1).save(folder / "copy.jpg", quality=80)
    bad_input.picture(77).save(folder / "other.jpg", quality=80)
    return folder


@pytest.fixture(scope="module")
def quorum(works, tmp_path_factory):
    folder = tmp_path_factory.mktemp("quorum") / "data"
    running = Quorum(folder, works / "reference", "--preset", "triple-a")
    try:
        running.start()
        yield running
    finally:
        running.down()


def test_a_copy_is_blocked_and_another_picture_is_not(quorum, works, tmp_path):
    status, records = eikona_json(
        "quorum", "submit", works / "copy.jpg", works / "other.jpg",
        "--data", quorum.folder, "--receipt", tmp_path / "receipts", "--wait", "2min",
    )  # fmt: skip
    assert status == 0
    copy, other = records
    assert (copy["outcome"], other["outcome"]) == ("block", "clear")
    blocking = [one for one in copy["ballots"] if one["outcome"] == "block"]
    assert {one["nearest"] for one in blocking} == {"work-1.png"}
    assert len(blocking) >= 3
    assert len({one["rule"] for one in copy["ballots"]}) == len(copy["ballots"])
    keys = read_public_keys(quorum.folder / "quorum.keys")
    for name in ("copy.jpg", "other.jpg"):
        receipt = receipt_from((tmp_path / "receipts" / f"{name}.receipt").read_bytes())
        assert verify_receipt(receipt, trusted=keys, verify=verify_signature) == []
        assert all(one.ballot.bank_version == 1 for one in receipt.decision.ballots)
    proven = eikona(
        "receipt", "verify", tmp_path / "receipts" / "copy.jpg.receipt",
        "--keys", quorum.folder / "quorum.keys", "--picture", works / "copy.jpg",
    )  # fmt: skip
    assert proven.status == 0
    assert "did not" not in proven.text


def test_hashes_alone_are_ruled_on(quorum, works):
    status, (record,) = eikona_json(
        "quorum", "submit", works / "copy.jpg", "--hashes-only", "--fail-on-match",
        "--data", quorum.folder, "--wait", "2min",
    )  # fmt: skip
    assert (status, record["outcome"]) == (3, "block")


def test_a_receipt_is_fetched_later_and_takes_nothing_s_place(quorum, works, tmp_path):
    ruled = Asked(quorum, (works / "copy.jpg").read_bytes()).ruled()
    case = ruled["case"]
    fetch = ("quorum", "receipt", case, "-o", tmp_path / "a.receipt", "--data", quorum.folder)
    ended = eikona(*fetch)
    assert ended.status == 0
    assert f"3 of 4 for block, 3 are needed; decision {ruled['position']}" in ended.text
    receipt = receipt_from((tmp_path / "a.receipt").read_bytes())
    assert receipt.decision.case.submission.id == case
    assert eikona(*fetch).status == 2


def test_a_quorum_is_not_started_twice(quorum, works):
    again = eikona("quorum", "up", "--reference", works / "reference", "--data", quorum.folder)
    assert again.status == 1
    assert f"runs already: it is process {wait_for(quorum.status)['pid']}" in again.stderr


def test_status_names_leader_log_and_cases(quorum):
    status, (record,) = eikona_json("quorum", "status", "--data", quorum.folder)
    assert status == 0
    assert record["leader"] in {"n1", "n2", "n3", "n4"}
    assert [node["rule"] for node in record["nodes"]] == [
        "threshold:ahash=5", "threshold:dhash=5", "threshold:phash-mean=10", "threshold:mhash=10",
    ]  # fmt: skip
    text = eikona("quorum", "status", "--data", quorum.folder).text
    assert "leads" in text
    assert "lag" in text


@pytest.mark.parametrize("victim", ["leader", "follower"])
def test_any_node_may_be_killed_while_cases_are_ruled_on(quorum, works, victim):
    leader = quorum.leader()
    name = leader if victim == "leader" else next(n for n in quorum.pids() if n != leader)
    copy, other = ((works / one).read_bytes() for one in ("copy.jpg", "other.jpg"))
    asked = [Asked(quorum, copy if number % 2 else other) for number in range(6)]
    wait_for(lambda: any("open" in one.names() for one in asked))
    killed = quorum.kill(name)
    asked += [Asked(quorum, copy if number % 2 else other) for number in range(6)]
    ruled = [one.ruled() for one in asked]
    assert [one["outcome"] for one in ruled] == ["clear", "block"] * 6
    assert len({one["position"] for one in ruled}) == 12
    wait_for(lambda: quorum.pids()[name] not in (killed, None))
    wait_for(quorum.is_ready, every_s=0.3)


def test_without_a_quorum_cases_are_held_and_then_decided_in_order_and_once(quorum, works):
    pids = quorum.pids()
    stopped = [pids[name] for name in ("n1", "n2", "n3")]
    copy = (works / "copy.jpg").read_bytes()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        asked = []
        for _ in range(4):
            one = Asked(quorum, copy)
            wait_for(lambda: "taken" in one.names())  # noqa: B023  called at once
            asked.append(one)
        wait_for(lambda: all("held" in one.names() for one in asked))
        assert not any("ruled" in one.names() for one in asked)
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    ruled = [one.ruled() for one in asked]
    assert all(one.names().count("ruled") == 1 for one in asked)
    assert all(one["outcome"] == "block" for one in ruled)
    numbers = [receipt_from(one.receipt).decision.case.number for one in asked]
    assert numbers == sorted(numbers)
    wait_for(quorum.is_ready, every_s=0.3)


def test_a_new_reference_picture_is_found_with_a_new_version(quorum, works):
    bad_input.picture(77).save(works / "reference" / "work-77.png")
    wait_for(lambda: quorum.bank_versions() == {2}, every_s=0.3)
    asked = Asked(quorum, (works / "other.jpg").read_bytes())
    assert asked.ruled()["outcome"] == "block"
    versions = {one.ballot.bank_version for one in receipt_from(asked.receipt).decision.ballots}
    assert versions == {2}


def test_everything_may_be_started_again(quorum, works):
    before = Asked(quorum, (works / "copy.jpg").read_bytes()).ruled()["position"]
    quorum.down()
    quorum.start()
    after = Asked(quorum, (works / "copy.jpg").read_bytes()).ruled()
    assert (after["outcome"], after["position"]) == ("block", before + 1)


def test_strangers_get_nothing(quorum, works, tmp_path):
    described = read_description(quorum.folder / "quorum.json")
    stranger = own_identity(tmp_path / "stranger", "n1")
    places = {described.gateway.address: described.gateway.certificate}
    places |= {one.address: one.certificate for one in described.nodes}
    for address, certificate in places.items():
        place = parse_address(address)
        for said in (pickle.dumps({"do": "stop"}), b"GET / HTTP/1.1\r\n\r\n", bytes(4096)):
            with socket.create_connection((place.host, place.port), timeout=30) as connection:
                connection.sendall(said)
                answer = _all_from(connection)
            assert len(answer) <= 7  # at most the alert by which TLS ends
        with (
            pytest.raises(BrokenChannelError),
            closing(call(address, stranger, bytes.fromhex(certificate), timeout_s=30)) as channel,
        ):
            channel.ask({"do": "status"}, timeout_s=30)
        assert _said_without_certificate(place) == b""
    assert Asked(quorum, (works / "copy.jpg").read_bytes()).ruled()["outcome"] == "block"


def test_a_node_refuses_a_public_address_and_contradicting_rules(quorum):
    node = (
        "node", "--name", "n1", "--quorum", quorum.folder / "quorum.json",
        "--data", quorum.folder / "nodes" / "n1",
    )  # fmt: skip
    public = eikona(*node, "--listen", "0.0.0.0:7400")
    assert public.status == 2
    assert "reached from outside" in public.stderr
    for wrong in (("--type", "1", "--rule", "eikona"), ("--algorithm", "dhash")):
        assert eikona(*node, *wrong).status == 2


def test_keys_are_their_owners_alone(quorum):
    secret = [*quorum.folder.rglob("*.key")]
    assert len(secret) == 1 + 4 * 2 + 2  # administrator; nodes' two each; gateway and operator
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}


def test_down_ends_it(quorum):
    pids = quorum.pids().values()
    assert eikona("quorum", "down", "--wait", "5min", "--data", quorum.folder).status == 0
    wait_for(lambda: quorum.exit_status is not None)
    assert quorum.exit_status == 0
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert eikona("quorum", "status", "--data", quorum.folder).status == 1


def _said_without_certificate(place):
    """Return what somebody who accepts any certificate and shows none is answered."""
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.check_hostname, nobody.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((place.host, place.port), timeout=30) as connection:
        try:
            with nobody.wrap_socket(connection) as secured:
                secured.sendall(b"\x00\x00\x00\x0f\x00\x00\x00\x00" + b'{"do":"status"}')
                return secured.recv(1000)
        except OSError:  # the alert by which TLS ends
            return b""


def _all_from(connection):
    parts = []
    try:
        while part := connection.recv(4096):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)
