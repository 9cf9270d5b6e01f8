"""A quorum whose log is kept by a real etcd of its own, which is killed as its nodes are."""

import http.client
import json
import os
import shutil
import signal
import ssl
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from eikona.adapters.quorum.description import read_description
from eikona.balloting.receipts import receipt_from
from tests.integration import bad_input
from tests.integration.command_line import eikona
from tests.integration.running_quorum import Asked, Quorum, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    folder = tmp_path_factory.mktemp("works")
    (folder / "reference").mkdir()
    for seed in range(2):
        bad_input.picture(seed).save(folder / "reference" / f"work-{seed}.png")
    return folder


@pytest.fixture(scope="module")
def quorum(works, tmp_path_factory):
    if shutil.which("etcd") is None:
        pytest.skip("etcd: none is installed (Debian: apt install etcd-server)")
    folder = tmp_path_factory.mktemp("quorum") / "data"
    running = Quorum(
        folder, works / "reference", "--preset", "triple-a", "--nodes", "3", "--engine", "etcd"
    )
    try:
        running.start()
        yield running
    finally:
        running.down()


def _asked(quorum, works):
    return Asked(quorum, (works / "reference" / "work-1.png").read_bytes())


def _etcd(quorum):
    """Return the number of etcd's process."""
    mark = str(quorum.folder / "etcd" / "data").encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in command and command[0].endswith(b"etcd"):
            return int(path.parent.name)
    return None


def _answered(quorum, *certificate):
    """Return what etcd answers to whoever shows a certificate, or none."""
    with closing(_connection(quorum, *certificate)) as connection:
        return _asked_over(connection)


def _connection(quorum, *certificate):
    endpoint = urlsplit(read_description(quorum.folder / "quorum.json").endpoints[0])
    context = ssl.create_default_context(cafile=quorum.folder / "etcd" / "authority.crt")
    if certificate:
        context.load_cert_chain(*certificate)
    return http.client.HTTPSConnection(
        endpoint.hostname, endpoint.port, timeout=30, context=context
    )


def _asked_over(connection):
    try:
        connection.request("POST", "/v3/kv/range", json.dumps({"key": "AA=="}))
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return None
    else:
        return response.status


def _client(quorum, name):
    folder = quorum.folder / "nodes" / name / "etcd"
    return folder / "client.crt", folder / "client.key"


def test_a_copy_is_blocked(quorum, works):
    assert _asked(quorum, works).ruled()["outcome"] == "block"
    status = quorum.status()
    assert {node["engine"] for node in status["nodes"]} == {"etcd"}
    assert status["leader"] in {"n1", "n2", "n3"}


def test_etcd_and_a_node_may_be_killed(quorum, works):
    victim = quorum.leader()
    os.kill(_etcd(quorum), signal.SIGKILL)
    held = [_asked(quorum, works) for _ in range(3)]
    killed = quorum.kill(victim)
    ruled = [one.ruled() for one in held]
    assert {one["outcome"] for one in ruled} == {"block"}
    assert len({one["position"] for one in ruled}) == 3
    numbers = [receipt_from(one.receipt).decision.case.number for one in held]
    assert len(set(numbers)) == 3
    wait_for(lambda: quorum.pids()[victim] not in (killed, None))
    wait_for(quorum.is_ready, every_s=0.3)


def test_who_shows_no_certificate_is_not_heard_by_etcd(quorum):
    assert _answered(quorum) is None
    assert _answered(quorum, *_client(quorum, "n1")) == 200
    for path in (quorum.folder / "etcd").glob("*.key"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_removed_node_is_heard_by_nobody(quorum, works):
    held = _connection(quorum, *_client(quorum, "n2"))
    assert _asked_over(held) == 200
    assert eikona("quorum", "remove", "n2", "--data", quorum.folder).status == 0
    wait_for(lambda: _answered(quorum, *_client(quorum, "n1")) == 200)
    assert _asked_over(held) is None  # nor over a connection of before
    held.close()
    assert set(quorum.status()["roster"]["seats"]) == {"n1", "n3"}
    assert _answered(quorum, *_client(quorum, "n2")) is None
    assert _answered(quorum, *_client(quorum, "n1")) == 200
    asked = _asked(quorum, works)
    assert asked.ruled()["outcome"] == "block"
    assert {one.ballot.node for one in receipt_from(asked.receipt).decision.ballots} == {"n1", "n3"}


def test_everything_may_be_started_again(quorum, works):
    before = _asked(quorum, works).ruled()["position"]
    quorum.down()
    assert _etcd(quorum) is None
    quorum.start()
    assert _asked(quorum, works).ruled()["position"] == before + 1


def test_nodes_do_not_believe_an_etcd_that_was_emptied(quorum):
    quorum.down()
    data = quorum.folder / "etcd" / "data"
    data.rename(data.with_name("kept"))
    log = quorum.folder / "nodes" / "n1" / "node.log"
    size = log.stat().st_size
    quorum.begin()
    wait_for(lambda: b"etcd holds another log" in log.read_bytes()[size:])
    assert not quorum.is_ready()
