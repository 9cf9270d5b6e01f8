"""A server that runs as its users start it, with its quorum, and what tests ask of it."""

import json
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2 as httpx

from tests.integration.command_line import eikona, started
from tests.integration.running_quorum import WITHIN_S, wait_for

if TYPE_CHECKING:
    from subprocess import Popen

PASSWORD = "correct horse battery"
POSTS = "/api/v1/posts"


class RunningServer:
    """``eikona serve`` in a process of its own."""

    def __init__(self, data: Path, **settings: object) -> None:
        self.data = data
        self._environment = {
            f"EIKONA_{name.upper()}": str(value) for name, value in settings.items()
        }
        self._process: Popen[bytes] | None = None
        self.client = httpx.Client()
        self._clients = [self.client]

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = started(
                "serve",
                "--data",
                self.data,
                "--port",
                "0",
                "--format",
                "json",
                environment=self._environment,
                stderr=log,
            )
        told = json.loads(self._process.stdout.readline())
        self.client = httpx.Client(base_url=told["url"], timeout=WITHIN_S)
        self._clients.append(self.client)  # others may be at work with those before
        wait_for(lambda: self.client.get("/readyz").status_code == 200, every_s=0.3)

    @property
    def log(self) -> Path:
        return self.data.parent / "serve.log"

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(60)
        self._process.stdout.close()

    def stop(self) -> int:
        """End it as Ctrl-C does; return its exit status."""
        for client in self._clients:
            client.close()
        if self._process is None or self._process.poll() is not None:
            return -1
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(60)
        finally:
            self._process.kill()
            self._process.stdout.close()

    def appoint(self, name: str, role: str) -> None:
        """Make an account as the operator does."""
        ended = eikona(
            "account",
            "create",
            name,
            "--email",
            f"{name}@example.org",
            "--role",
            role,
            "--data",
            self.data,
            stdin=f"{PASSWORD}\n".encode(),
        )
        assert ended.status == 0, ended.stderr

    def login(self, name: str) -> dict[str, str]:
        answer = self.client.post("/api/v1/auth/login", json={"login": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def mailed_token(self) -> str:
        """Return the token in the newest mail, once there is one."""

        def found():
            mails = sorted((self.data / "mail").glob("*.eml"))
            text = mails[-1].read_text().replace("=\n", "").replace("=3D", "=") if mails else ""
            return re.findall(r"#token=(\S+)", text)

        return wait_for(found)[0]

    def upload(self, headers: dict[str, str], picture: bytes, key: str | None = None):
        more = {} if key is None else {"Idempotency-Key": key}
        files = {"picture": ("p.jpg", picture)}
        return self.client.post(POSTS, files=files, headers={**headers, **more})

    def mine(self, headers: dict[str, str]) -> dict[str, dict]:
        answer = self.client.get("/api/v1/users/me/posts?limit=100", headers=headers)
        return {post["id"]: post for post in answer.json()["items"]}

    def ruled(self, headers: dict[str, str], name: str) -> dict:
        def found():
            post = self.mine(headers)[name]
            return post if post["case"] else None

        return wait_for(found, every_s=0.1)
