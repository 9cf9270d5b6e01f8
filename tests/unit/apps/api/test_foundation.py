"""What holds for every request: ids, problems, bounds, headers; and whether the server can work."""

import asyncio

import pytest
from fastapi import Body

from eikona.apps.api.problems import STATUS_OF, all_problems, status_of
from eikona.domain import errors
from tests.unit.apps.api.served import Served


def test_every_error_has_a_status_and_a_type_of_its_own():
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.EikonaError)
    ]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert set(STATUS_OF) <= set(kinds)
    assert status_of(errors.LockedOutError) == 429
    assert status_of(errors.WeakPasswordError) == 422
    assert all_problems()["name_taken"][0] == 409


def test_errors_are_problem_documents(served):
    answer = served.client.get("/nowhere", headers={"X-Request-ID": "my-own-id.1"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "my-own-id.1"
    assert answer.json()["type"] == "/problems/not_found"
    assert answer.json()["request_id"] == "my-own-id.1"
    assert served.client.get(answer.json()["type"]).json()["status"] == 404
    wrong = served.client.post("/healthz")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "/problems/method_not_allowed")
    assert wrong.headers["allow"] == "GET"


@pytest.mark.parametrize("given", ["short", "with space in it", "x" * 65, "line\x7fbreak"])
def test_odd_request_ids_are_replaced(served, given):
    assert served.client.get("/healthz", headers={"X-Request-ID": given}).headers[
        "x-request-id"
    ] not in ("", given)


def test_a_fault_tells_nothing_of_itself(served):
    @served.app.get("/fault")
    def fault():
        raise ZeroDivisionError("secret")

    answer = served.client.get("/fault")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "secret" not in answer.text


def test_later_is_said_with_a_time(served):
    @served.app.get("/later")
    def later():
        raise errors.RateLimitedError("too many", retry_after_s=1.2)

    answer = served.client.get("/later")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")


def test_what_is_wrong_is_said_by_field_and_never_repeated(served):
    @served.app.post("/taken")
    def taken(password: int = Body(embed=True)):
        return password

    answer = served.client.post("/taken", json={"password": "hunter2"})
    assert answer.json()["type"] == "/problems/invalid_input"
    assert answer.json()["errors"][0]["field"] == "body.password"
    assert "hunter2" not in answer.text
    torn = served.client.post("/taken", content=b"{", headers={"content-type": "application/json"})
    assert (torn.status_code, torn.json()["type"]) == (400, "/problems/malformed_body")


def test_bodies_are_bounded_whether_they_say_their_length_or_not(tmp_path):
    with Served(tmp_path / "data", body_bytes_most=1000) as served:

        @served.app.post("/taken")
        def taken(text: str = Body(embed=True)):
            return len(text)

        assert served.client.post("/taken", json={"text": "x" * 900}).status_code == 200
        long = {"text": "x" * 1100}
        assert served.client.post("/taken", json=long).json()["type"] == "/problems/too_many_bytes"
        parts = (b'{"text": "' + b"x" * 2000 + b'"}' for _ in range(1))
        answer = served.client.post(
            "/taken", content=parts, headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too_many_bytes")
        assert served.client.get("/healthz", headers={"content-length": "-1"}).status_code == 413


def test_browsers_are_told_to_be_careful(served):
    headers = served.client.get("/healthz").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_readiness_tells_of_the_disk(tmp_path):
    with Served(tmp_path / "data", disk_bytes_free_least=1 << 60) as served:
        answer = served.client.get("/readyz")
        assert (answer.status_code, answer.json()["parts"]["disk"]) == (503, "nearly full")
        assert served.client.get("/healthz").status_code == 200


def test_metrics_are_for_named_networks(served):
    served.client.get("/healthz")
    told = served.client.get("/metrics")
    assert 'eikona_requests_total{method="GET",route="/healthz",status="200"} 1.0' in told.text
    assert served.from_network("192.0.2.1").get("/metrics").status_code == 403
    assert served.from_network("testclient").get("/metrics").status_code == 403


def test_too_many_requests_at_one_time_are_sent_away(tmp_path):
    with Served(tmp_path / "data", requests_most=1) as served:

        @served.app.get("/nested")
        async def nested():
            inner = await asyncio.to_thread(served.client.get, "/problems")
            probe = await asyncio.to_thread(served.client.get, "/healthz")
            return inner.status_code, inner.headers.get("retry-after"), probe.status_code

        assert served.client.get("/nested").json() == [429, "1", 200]
