"""etcd's HTTP interface: the requests that a log needs, against whichever server answers.

Source: etcd's API reference v3.4, "gRPC gateway".
"""

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from eikona.adapters.etcd.requests import Json, KeyValue, key_value, watch
from eikona.adapters.etcd.settings import EtcdSettings
from eikona.domain.errors import EtcdError

_IDLE_S = 10.0  # a watch that says nothing for so long is begun anew


class NotSentError(EtcdError):
    """No server could be reached; nothing was asked."""


class NoAnswerError(EtcdError):
    """A server was asked and did not answer; it may have done what was asked."""


class _StrangerError(EtcdError):
    """etcd no longer knows the token by which it knew this node."""


class CompactedError(EtcdError):
    """What is asked for is no longer kept."""


class EtcdClient:
    """For any thread; each has a connection of its own."""

    def __init__(self, settings: EtcdSettings) -> None:
        self._endpoints = [urlsplit(endpoint) for endpoint in settings.endpoints]
        self._tls = settings.tls()
        self._request_s = settings.request_s
        self._settings = settings
        self._token = ""
        self._first = 0  # the server that answered last
        self._own = threading.local()
        self._watching: http.client.HTTPConnection | None = None

    def ask(self, path: str, body: Json) -> Json:
        """Post one request and return the answer.

        Raises:
            NotSentError: no server could be reached.
            NoAnswerError: nobody knows whether it was done.
            EtcdError: etcd refuses.
        """
        if not self._settings.user:
            return self._ask(path, body)
        if not self._token:
            self._log_in()
        try:
            return self._ask(path, body)
        except _StrangerError:
            self._log_in()
            return self._ask(path, body)

    def _log_in(self) -> None:
        self._token = ""
        told = {"name": self._settings.user, "password": self._settings.password()}
        self._token = str(self._ask("/v3/auth/authenticate", told)["token"])

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self._token} if self._token else {}

    def _ask(self, path: str, body: Json) -> Json:
        connection = self._connected()
        try:
            connection.request("POST", path, json.dumps(body), self._headers())
            response = connection.getresponse()
            answer = _parsed(response.read())
        except (OSError, http.client.HTTPException) as error:
            self._disconnect()
            self._first += 1
            raise NoAnswerError(f"etcd does not answer: {error}") from error
        if response.status != http.client.OK:
            _refuse(answer)
        return answer

    def watch(self, prefix: str, revision: int) -> Iterator[list[KeyValue]]:
        """Yield what is put at keys with a prefix, from a revision on.

        Ends when nothing was said for a while, so that a dead connection is noticed.

        Raises:
            NotSentError, NoAnswerError: begin anew.
            CompactedError: what was put since is no longer kept.
        """
        connection = self._watching = self._connect(_IDLE_S)
        response = None
        try:
            wish = json.dumps(watch(prefix, revision))
            connection.request("POST", "/v3/watch", wish, self._headers())
            response = connection.getresponse()
            while line := response.readline():
                result = _parsed(line).get("result", {})
                if result.get("canceled"):
                    raise CompactedError("etcd has compacted what comes next")
                yield [key_value(event["kv"]) for event in result.get("events", ()) if _puts(event)]
        except TimeoutError:
            return
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswerError(f"etcd's watch broke: {error}") from error
        finally:
            self._watching = None
            if response is not None:
                response.close()
            connection.close()

    def stop_watching(self) -> None:
        """Let a watch that waits end at once; for any thread."""
        connection = self._watching
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close this thread's connection."""
        if getattr(self._own, "connection", None) is not None:
            self._disconnect()

    def _connected(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._connect(self._request_s)
        return connection

    def _disconnect(self) -> None:
        self._own.connection.close()
        self._own.connection = None

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        reasons = []
        for turn in range(len(self._endpoints)):
            number = (self._first + turn) % len(self._endpoints)
            connection = _connection(self._endpoints[number], self._tls, timeout_s)
            try:
                connection.connect()
            except OSError as error:
                connection.close()
                reasons.append(f"{self._endpoints[number].netloc}: {error}")
                continue
            with contextlib.suppress(OSError):
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._first = number
            return connection
        raise NotSentError(f"no etcd can be reached: {'; '.join(reasons)}")


def _connection(
    endpoint: SplitResult, tls: ssl.SSLContext | None, timeout_s: float
) -> http.client.HTTPConnection:
    host, port = endpoint.hostname or "", endpoint.port
    if endpoint.scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=tls)
    return http.client.HTTPConnection(host, port, timeout=timeout_s)


def _parsed(data: bytes) -> Json:
    try:
        answer = json.loads(data)
    except ValueError as error:
        raise NoAnswerError("etcd answers what is no JSON") from error
    if not isinstance(answer, dict):
        raise NoAnswerError("etcd answers what makes no sense")
    return answer


def _refuse(answer: Json) -> None:
    reason = str(answer.get("message") or answer.get("error") or answer)
    if "compacted" in reason:
        raise CompactedError(reason)
    if "invalid auth token" in reason:
        raise _StrangerError(f"etcd refuses: {reason}")
    unsure = ("timed out", "leader", "unavailable", "stopped", "too many requests")
    if any(word in reason for word in unsure):
        raise NoAnswerError(f"etcd: {reason}")
    raise EtcdError(f"etcd refuses: {reason}")


def _puts(event: Json) -> bool:
    return str(event.get("type", "PUT")) == "PUT"
