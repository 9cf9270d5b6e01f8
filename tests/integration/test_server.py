"""The server with real nodes: the whole story, a receipt, a stream, and kill -9 during uploads."""

import io
import socket
import threading

import httpx2 as httpx
import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.integration.command_line import eikona, eikona_json
from tests.integration.running_server import PASSWORD, POSTS, RunningServer

REVIEWS = "/api/v1/admin/reviews"


def a_picture(number, quality=90):
    """Return an encoded picture that looks like no other number's."""
    pixels = np.random.default_rng(number).integers(0, 256, (12, 16, 3), np.uint8)
    image = Image.fromarray(pixels).resize((320, 240)).filter(ImageFilter.GaussianBlur(2))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    (folder / "data" / "reference").mkdir(parents=True)
    for number in range(3):
        (folder / "data" / "reference" / f"{number}.jpg").write_bytes(a_picture(number))
    made = RunningServer(folder / "data", quorum_preset="triple-a", disk_bytes_free_least=0)
    made.start()
    made.appoint("root1", "administrator")
    made.appoint("judge", "reviewer")
    yield made
    made.stop()


def events_until(server, headers, kind, last):
    """Return what a stream tells after an event, up to the first of a kind."""
    told = []
    more = {"Last-Event-ID": str(last)}
    with server.client.stream("GET", "/api/v1/events", headers={**headers, **more}) as stream:
        number = 0
        for line in stream.iter_lines():
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("event: "):
                told.append((number, line[7:]))
                if line[7:] == kind:
                    return told
    raise AssertionError(told)


def test_the_whole_story_with_real_nodes(server, tmp_path):
    client = server.client
    form = {"name": "ada", "email": "ada@example.org", "password": PASSWORD}
    assert client.post("/api/v1/auth/register", json=form).status_code == 202
    token = {"token": server.mailed_token()}
    assert client.post("/api/v1/auth/verify", json=token).status_code == 204
    ada = server.login("ada")

    fine = server.upload(ada, a_picture(100))
    assert fine.status_code == 201
    assert server.ruled(ada, fine.json()["id"])["state"] == "published"
    last = ""
    for number in range(3):
        copy = server.upload(ada, a_picture(number, quality=60)).json()["id"]
        last = server.ruled(ada, copy)
        assert last["state"] == "refused"
    told = client.get("/api/v1/users/me/record", headers=ada).json()
    assert (told["standing"], told["strikes_in_force"]) == ("banned", 3)
    assert server.upload(ada, a_picture(101)).json()["type"] == "/problems/account_banned"

    receipt = client.get(f"{POSTS}/{last['id']}/receipt", headers=ada)
    (tmp_path / "receipt").write_bytes(receipt.content)
    keys = server.data / "quorum" / "quorum.keys"
    (tmp_path / "upload.jpg").write_bytes(a_picture(2, quality=60))
    checked = eikona(
        "receipt",
        "verify",
        tmp_path / "receipt",
        "--keys",
        keys,
        "--picture",
        tmp_path / "upload.jpg",
    )
    assert checked.status == 0, checked.text + checked.stderr

    decision = next(one for one in told["decisions"] if one["post"] == last["id"])
    form = {"decision": decision["id"], "text": "It is mine."}
    assert client.post("/api/v1/appeals", json=form, headers=ada).status_code == 201
    judge = server.login("judge")
    review = client.get(REVIEWS, headers=judge).json()["items"][0]["id"]
    assert client.post(f"{REVIEWS}/{review}/lock", headers=judge).status_code == 200
    answer = {"answer": "overturn", "words": "It is."}
    decided = client.post(f"{REVIEWS}/{review}/decision", json=answer, headers=judge)
    assert decided.status_code == 204
    told = client.get("/api/v1/users/me/record", headers=ada).json()
    assert (told["standing"], told["strikes_in_force"]) == ("active", 2)
    shown = client.get(f"{POSTS}/{last['id']}", headers=judge).json()
    assert shown["state"] == "published"
    assert client.get(shown["picture"]).headers["content-type"] == "image/jpeg"

    whole = events_until(server, ada, "appeal.overturned", last=0)
    kinds = [kind for _, kind in whole]
    assert kinds[0] == "post.held"
    assert kinds.count("account.warned") == 2
    assert kinds.count("account.banned") == kinds.count("account.unbanned") == 1
    assert kinds.count("post.ballot") >= 4 * 2
    middle = whole[len(whole) // 2]
    assert (
        events_until(server, ada, "appeal.overturned", last=middle[0])
        == whole[len(whole) // 2 + 1 :]
    )
    status, records = eikona_json("audit", "verify", "--data", server.data)
    assert status == 0
    assert records[0]["entries"] > 20


def test_strangers_are_sent_away_before_they_have_sent_anything(server):
    host, port = server.client.base_url.host, server.client.base_url.port
    head = (
        f"POST {POSTS} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 40000000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
    )
    with socket.create_connection((host, port), timeout=60) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(4096)
    assert b" 401 " in answer.split(b"\r\n", 1)[0]


def test_an_endless_upload_is_cut_off(server):
    judge = server.login("judge")
    sent = []

    def endless():
        yield b'--b\r\nContent-Disposition: form-data; name="picture"; filename="p"\r\n\r\n'
        while len(sent) < 2000:
            sent.append(1)
            yield b"x" * 100_000

    headers = {**judge, "Content-Type": "multipart/form-data; boundary=b"}
    try:
        answer = server.client.post(POSTS, content=endless(), headers=headers)
        assert answer.status_code == 413
    except httpx.TransportError:
        pass  # the server has hung up
    assert len(sent) < 1000
    assert list((server.data / "blobs" / "incoming").iterdir()) == []


def test_nothing_that_was_accepted_is_lost_when_the_server_is_killed_again_and_again(server):
    """Uploads go on from eight clients while the server is killed; each is retried by its key."""
    judge = server.login("judge")
    accepted, lock, kills = {}, threading.Lock(), 2
    done = threading.Event()

    def run(client_number):
        number = 0
        while not done.is_set() and number < 40:
            key = f"{client_number}-{number}"
            try:
                answer = server.upload(judge, a_picture(1000 + 100 * client_number + number), key)
            except httpx.TransportError:
                done.wait(0.3)
                continue  # sent again with the same key
            if answer.status_code in (409, 429):
                done.wait(0.3)
                continue
            assert answer.status_code in (200, 201), answer.text
            with lock:
                accepted[key] = answer.json()["id"]
            number += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(kills):
        before = len(accepted)
        while len(accepted) < before + 6:
            done.wait(0.05)
        server.kill()
        server.start()
    done.set()
    for thread in threads:
        thread.join()
    assert len(set(accepted.values())) == len(accepted)
    for name in accepted.values():
        assert server.ruled(judge, name)["state"] == "published"
    assert eikona("audit", "verify", "--data", server.data).status == 0
    log = server.log.read_text()
    assert "database is locked" not in log
    assert "Traceback" not in log
    assert '"event": "fault"' not in log


def test_it_ends_in_order(server):
    assert server.stop() in (0, 130)
    assert server.log.read_text().rstrip().endswith("The server has ended.")
