"""A server in this process, and what tests ask of it."""

import atexit
import io
import re
import secrets
import threading
import time
from dataclasses import replace

import numpy as np
import structlog
from fastapi.testclient import TestClient
from PIL import Image

from eikona.adapters.accounts.passwords import ArgonPasswords
from eikona.adapters.renditions.renderers import Renderers
from eikona.apps.api.application import create_app
from eikona.apps.api.settings import read_settings
from eikona.apps.api.wiring import build
from eikona.domain.account import Account, Role, Standing
from eikona.domain.errors import QuorumUnavailableError
from eikona.domain.ruling import HeardBallot, Ruling
from eikona.domain.verdict import Outcome
from eikona.services.identifiers import new_id

structlog.configure(processors=[structlog.processors.JSONRenderer()])

QUICK_PASSWORDS = ArgonPasswords(memory_kib=8, rounds=1)
RENDERERS = Renderers(count=2, timeout_s=60)  # of all tests: processes take a while to start
atexit.register(RENDERERS.close)
START_MS = 1_800_000_000_000


PASSWORD = "correct horse battery"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def problem(answer):
    """Return the status and the type of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self):
        self.ms = START_MS

    def __call__(self):
        return self.ms

    def forward(self, seconds):
        self.ms += round(seconds * 1000)


def a_picture(number=0, size=(60, 40), kind="JPEG", **options):
    """Return an encoded picture that no other number gives."""
    pixels = np.random.default_rng(number).integers(0, 256, (*size[::-1], 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def wait_for(found, every_s=0.02, within_s=60):
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if result := found():
            return result
        time.sleep(every_s)
    raise AssertionError("it does not come about")


class FakeQuorum:
    """Rules as it is told, by default that everything is clear; may be gone for a while."""

    def __init__(self):
        self.outcome = Outcome.CLEAR
        self.nearest = "reference.jpg"
        self.is_there = threading.Event()
        self.is_there.set()
        self.asked = []
        self.state = "ok"
        self._is_closed = False

    def __call__(self, picture, *, heard):
        self.is_there.wait(30)
        if self._is_closed:
            raise QuorumUnavailableError("the server is ending")
        self.asked.append(picture)
        near = None if self.outcome is Outcome.CLEAR else self.nearest
        ballots = [
            HeardBallot(f"n{number}", self.outcome, "dhash", near, "3", "") for number in (1, 2, 3)
        ]
        for ballot in ballots:
            heard(ballot)
        number = len(self.asked)
        case = f"{number}-{secrets.token_hex(10)}"
        receipt = f"receipt of {case}".encode()
        return Ruling(case, self.outcome, number, tuple(ballots), receipt)

    def close(self):
        self._is_closed = True
        self.is_there.set()


class Served:
    """One server and a client of it."""

    def __init__(self, data, **settings):
        self.clock = Clock()
        self._kept = {}
        self.settings = read_settings(data=data, **{"disk_bytes_free_least": 0, **settings})
        self.quorum = FakeQuorum()
        self.server = build(
            self.settings,
            quorum=self.quorum,
            quorum_state=lambda: self.quorum.state,
            clock=self.clock,
            passwords=QUICK_PASSWORDS,
            render=RENDERERS,
        )
        self.app = create_app(self.server)
        self.client = TestClient(
            self.app, raise_server_exceptions=False, client=("127.0.0.1", 50000)
        )

    def __enter__(self):
        self.client.__enter__()
        return self

    def __exit__(self, *_):
        self.client.__exit__(None, None, None)
        self.server.streams.close()
        self.quorum.close()
        self.server.close()

    def mails(self, to=None):
        """Return what waits to be sent, the newest last."""
        waiting = self.server.store.read(lambda records: records.mails.due(1 << 60, 1000))
        return [mail for mail in waiting if to in (None, mail.to)]

    def mailed_token(self, to):
        return re.findall(r"#token=(\S+)", self.mails(to)[-1].text)[-1]

    def account(self, name, role=Role.USER, *, verified=True):
        """Put an account into the store, past registration."""
        made = Account(
            id=new_id(),
            name=name,
            email=f"{name}@example.org",
            password=QUICK_PASSWORDS.hash(PASSWORD),
            role=role,
            standing=Standing.ACTIVE,
            created_at_ms=self.clock(),
            verified_at_ms=self.clock() if verified else None,
        )
        self.server.store.write(lambda records: records.accounts.add(made))
        return made

    def change(self, account, **changes):
        def put(records):
            records.accounts.put(replace(records.accounts.get(account.id), **changes))

        self.server.store.write(put)

    def login(self, login, password=PASSWORD, client=None, **more):
        form = {"login": login, "password": password, **more}
        return (client or self.client).post("/api/v1/auth/login", json=form)

    def as_(self, name):
        """Return headers of a new session."""
        answer = self.login(name)
        assert answer.status_code == 200, answer.text
        return bearer(answer.json()["access_token"])

    def kept_headers(self, name):
        """Return headers of one session that is kept for all calls."""
        if name not in self._kept:
            self._kept[name] = self.as_(name)
        return self._kept[name]

    def limits_off(self):
        """Count no calls."""
        self.server.limits.take = lambda *_, **__: None

    def upload(self, headers, picture=None, caption="", client=None, **more):
        return (client or self.client).post(
            "/api/v1/posts",
            files={"picture": ("p.jpg", a_picture() if picture is None else picture)},
            data={"caption": caption},
            headers={**headers, **more},
        )

    def post(self, headers, picture=None, caption=""):
        """Upload a picture and wait until it is ruled on; return the post."""
        answer = self.upload(headers, picture, caption)
        assert answer.status_code == 201, answer.text
        return self.ruled(headers, answer.json()["id"])

    def ruled(self, headers, name):
        def found():
            mine = self.client.get("/api/v1/users/me/posts", headers=headers).json()["items"]
            return next((one for one in mine if one["id"] == name and one["case"]), None)

        return wait_for(found)

    def from_network(self, address):
        return TestClient(self.app, raise_server_exceptions=False, client=(address, 50000))
