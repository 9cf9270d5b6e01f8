"""A server in this process, and what tests ask of it."""

import re
from dataclasses import replace

import structlog
from fastapi.testclient import TestClient

from eikona.adapters.accounts.passwords import ArgonPasswords
from eikona.apps.api.application import create_app
from eikona.apps.api.settings import read_settings
from eikona.apps.api.wiring import build
from eikona.domain.account import Account, Role, Standing
from eikona.services.identifiers import new_id

structlog.configure(processors=[structlog.processors.JSONRenderer()])

QUICK_PASSWORDS = ArgonPasswords(memory_kib=8, rounds=1)
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


class Served:
    """One server and a client of it."""

    def __init__(self, data, **settings):
        self.clock = Clock()
        self.settings = read_settings(data=data, **{"disk_bytes_free_least": 0, **settings})
        built = build(self.settings, clock=self.clock)
        self.server = replace(built, passwords=QUICK_PASSWORDS)
        self.app = create_app(self.server)
        self.client = TestClient(
            self.app, raise_server_exceptions=False, client=("127.0.0.1", 50000)
        )

    def __enter__(self):
        self.client.__enter__()
        return self

    def __exit__(self, *_):
        self.client.__exit__(None, None, None)
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

    def from_network(self, address):
        return TestClient(self.app, raise_server_exceptions=False, client=(address, 50000))
