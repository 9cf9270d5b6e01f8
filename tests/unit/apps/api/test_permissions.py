"""Every route against every role: who is let in stands here once more, as a table."""

import pytest
from fastapi.routing import APIRoute

from eikona.domain.account import Role, Standing
from tests.unit.apps.api.served import bearer, problem

ID = "0" * 20
NOBODY, NEW, BANNED, USER, KEY, REVIEWER, ADMIN = (
    "nobody",
    "new",
    "banned",
    "user",
    "key",
    "reviewer",
    "administrator",
)
EVERYBODY = {NOBODY, NEW, BANNED, USER, KEY, REVIEWER, ADMIN}
SESSIONS = {NEW, BANNED, USER, REVIEWER, ADMIN}  # whatever is theirs
MEMBERS = {USER, REVIEWER, ADMIN}  # confirmed and not banned
READERS = MEMBERS | {KEY}  # the key has every scope of posts
REVIEWERS = {REVIEWER, ADMIN}
ADMINS = {ADMIN}

V1 = "/api/v1"
ALLOWED = {
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/readyz"): EVERYBODY,
    ("GET", "/metrics"): EVERYBODY,  # by network
    ("GET", "/problems"): EVERYBODY,
    ("GET", "/problems/{code}"): EVERYBODY,
    ("GET", "/media/{post}/{size}/{audience}/{proof}"): EVERYBODY,  # by signature
    ("POST", f"{V1}/auth/register"): EVERYBODY,
    ("POST", f"{V1}/auth/verify"): EVERYBODY,
    ("POST", f"{V1}/auth/verify/again"): SESSIONS - {BANNED},
    ("POST", f"{V1}/auth/login"): EVERYBODY,
    ("POST", f"{V1}/auth/refresh"): EVERYBODY,
    ("POST", f"{V1}/auth/logout"): SESSIONS,
    ("POST", f"{V1}/auth/password/forgotten"): EVERYBODY,
    ("POST", f"{V1}/auth/password/reset"): EVERYBODY,
    ("GET", f"{V1}/users/me"): SESSIONS,
    ("PUT", f"{V1}/users/me/password"): SESSIONS,
    ("GET", f"{V1}/users/me/sessions"): SESSIONS,
    ("DELETE", f"{V1}/users/me/sessions"): SESSIONS,
    ("DELETE", f"{V1}/users/me/sessions/{{session}}"): SESSIONS,
    ("GET", f"{V1}/users/me/keys"): MEMBERS,
    ("POST", f"{V1}/users/me/keys"): MEMBERS,
    ("DELETE", f"{V1}/users/me/keys/{{key}}"): SESSIONS,
    ("GET", f"{V1}/users/me/export"): SESSIONS,
    ("POST", f"{V1}/users/me/deletion"): SESSIONS,
    ("GET", f"{V1}/users/me/posts"): SESSIONS,
    ("GET", f"{V1}/users/me/blocks"): SESSIONS,
    ("PUT", f"{V1}/users/me/blocks/{{name}}"): MEMBERS,
    ("DELETE", f"{V1}/users/me/blocks/{{name}}"): MEMBERS,
    ("GET", f"{V1}/users/me/record"): SESSIONS,
    ("GET", f"{V1}/posts"): READERS,
    ("POST", f"{V1}/posts"): READERS,
    ("GET", f"{V1}/posts/{{post}}"): READERS,
    ("PATCH", f"{V1}/posts/{{post}}"): READERS,
    ("DELETE", f"{V1}/posts/{{post}}"): READERS,
    ("POST", f"{V1}/posts/{{post}}/reports"): MEMBERS,
    ("GET", f"{V1}/posts/{{post}}/receipt"): SESSIONS,
    ("GET", f"{V1}/events"): SESSIONS,
    ("GET", f"{V1}/appeals"): SESSIONS,
    ("POST", f"{V1}/appeals"): SESSIONS,
    ("GET", f"{V1}/admin/reviews"): REVIEWERS,
    ("GET", f"{V1}/admin/reviews/{{review}}"): REVIEWERS,
    ("POST", f"{V1}/admin/reviews/{{review}}/lock"): REVIEWERS,
    ("DELETE", f"{V1}/admin/reviews/{{review}}/lock"): REVIEWERS,
    ("POST", f"{V1}/admin/reviews/{{review}}/decision"): REVIEWERS,
    ("GET", f"{V1}/admin/accounts/{{name}}"): ADMINS,
    ("PUT", f"{V1}/admin/accounts/{{name}}/role"): ADMINS,
    ("GET", f"{V1}/admin/audit"): ADMINS,
}
OTHERS = ("/api/v1/lookup", "/api/v1/banks", "/h/", "/m/", "/c/", "/status")
"""Routes of banks and look-ups, which have a table of their own."""

FILLED = {
    "{session}": ID,
    "{key}": ID,
    "{post}": ID,
    "{review}": ID,
    "{name}": "nosuchname",
    "{code}": "not_found",
    "{size}": "picture",
    "{audience}": "e",
    "{proof}": "1-" + "0" * 32,
}
BODIES = {
    f"{V1}/auth/register": {"name": "a" * 31, "email": "x", "password": "x" * 12},
    f"{V1}/auth/verify": {"token": "x"},
    f"{V1}/auth/login": {"login": "x", "password": "x"},
    f"{V1}/auth/refresh": {"refresh_token": "x"},
    f"{V1}/auth/password/forgotten": {"email": "x"},
    f"{V1}/auth/password/reset": {"token": "x", "password": "x" * 12},
    f"{V1}/users/me/password": {"old": "x", "new": "x" * 12},
    f"{V1}/users/me/deletion": {"password": "x"},
    f"{V1}/users/me/keys": {"label": "k", "scopes": ["lookup"]},
    f"{V1}/posts/{{post}}": {"caption": "x"},
    f"{V1}/posts/{{post}}/reports": {"reason": "x"},
    f"{V1}/appeals": {"decision": ID, "text": "x"},
    f"{V1}/admin/reviews/{{review}}/decision": {"answer": "publish", "words": "x"},
    f"{V1}/admin/accounts/{{name}}/role": {"role": "user"},
}
KEEPING_OUT = {"not_authenticated", "forbidden", "email_unverified", "account_banned"}


@pytest.fixture
def callers(served):
    """Return headers of one caller of each kind."""
    served.account("plain")
    served.account("fresh", verified=False)
    bad = served.account("bad")
    served.account("judge", Role.REVIEWER)
    served.account("chief", Role.ADMINISTRATOR)
    made = {
        NEW: served.as_("fresh"),
        BANNED: served.as_("bad"),
        USER: served.as_("plain"),
        REVIEWER: served.as_("judge"),
        ADMIN: served.as_("chief"),
        NOBODY: {},
    }
    served.change(bad, standing=Standing.BANNED)
    form = {"label": "k", "scopes": ["posts:read", "posts:write"]}
    key = served.client.post(f"{V1}/users/me/keys", json=form, headers=made[USER]).json()["key"]
    made[KEY] = bearer(key)
    return made


def routes_of(app):
    found = set()
    for route in app.routes:
        if isinstance(route, APIRoute) or hasattr(route, "methods"):
            for method in (route.methods or set()) - {"HEAD"}:
                found.add((method, route.path))
    return {
        (method, path)
        for method, path in found
        if path not in ("/openapi.json", "/docs", "/docs/oauth2-redirect")
        and not path.startswith(OTHERS)
    }


def is_let_in(answer):
    if answer.headers["content-type"] != "application/problem+json":
        return True
    return problem(answer)[1] not in KEEPING_OUT


def test_every_route_stands_in_the_table(served):
    document = served.client.get("/openapi.json").json()
    found = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if not path.startswith(OTHERS)
    }
    assert found == set(ALLOWED)


def test_nobody_else_is_let_in(served, callers):
    wrong = []
    for (method, path), allowed in ALLOWED.items():
        if path == f"{V1}/events":
            continue  # a stream, which is tried below
        address = path
        for name, value in FILLED.items():
            address = address.replace(name, value)
        for kind, headers in callers.items():
            if path.endswith(("/logout", "/sessions", "/deletion")) and kind in allowed:
                continue  # they would end the caller, and are tested elsewhere
            answer = served.client.request(method, address, json=BODIES.get(path), headers=headers)
            if is_let_in(answer) != (kind in allowed) and not _is_own_refusal(answer, path):
                wrong.append((method, path, kind, answer.status_code, answer.text))
    assert wrong == []


def _is_own_refusal(answer, path):
    """Whether a route that lets everybody in says so of credentials that it was given itself."""
    return path.startswith(f"{V1}/auth/") and answer.json()["type"] in (
        "/problems/wrong_credentials",
        "/problems/invalid_token",
    )


@pytest.mark.parametrize("kind", [NOBODY, KEY])
def test_events_are_for_sessions(served, callers, kind):
    answer = served.client.get(f"{V1}/events", headers=callers[kind])
    assert not is_let_in(answer)


def test_secured_routes_say_so_in_the_document(served):
    document = served.client.get("/openapi.json").json()
    for (method, path), allowed in ALLOWED.items():
        operation = document["paths"][path][method.lower()]
        assert ("security" in operation) == (NOBODY not in allowed), (method, path)
        if NOBODY not in allowed:
            assert {"401", "403", "429"} <= set(operation["responses"])
