"""A server in this process, and what tests ask of it."""

from dataclasses import replace

import structlog
from fastapi.testclient import TestClient

from eikona.adapters.accounts.passwords import ArgonPasswords
from eikona.apps.api.application import create_app
from eikona.apps.api.settings import read_settings
from eikona.apps.api.wiring import build

structlog.configure(processors=[structlog.processors.JSONRenderer()])

QUICK_PASSWORDS = ArgonPasswords(memory_kib=8, rounds=1)
START_MS = 1_800_000_000_000


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

    def from_network(self, address):
        return TestClient(self.app, raise_server_exceptions=False, client=(address, 50000))
