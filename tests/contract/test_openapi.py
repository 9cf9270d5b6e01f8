"""What the server answers against what its OpenAPI document says, for each kind of caller."""

import re

import pytest
import schemathesis
from fastapi.responses import JSONResponse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

from eikona.domain.account import Role
from tests.unit.apps.api.served import Served

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
ENDLESS = re.compile(r"/events$")  # a stream
ENDING = re.compile(r"/(events|deletion|logout|sessions|role)$|/auth/")
"""What would end the caller, or is for those who are none yet."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return a server with a post in each state, and a caller of each role."""
    with Served(tmp_path_factory.mktemp("contract") / "data", requests_most=10_000) as made:
        made.limits_off()
        made.account("user1")
        made.account("judge", Role.REVIEWER)
        made.account("chief", Role.ADMINISTRATOR)
        made.post(made.as_("user1"))
        yield made


QUICK = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def failures(served, callers, modes, *, left_out):
    """Call every operation with what its schema says, and with what it forbids."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", served.app)
    wrong, count = [], 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if left_out.search(operation.path):
            continue
        count += 1
        for mode in modes:
            wrong += failed(operation, mode, [served.kept_headers(name) for name in callers])
    assert count > 5
    return wrong


def failed(operation, mode, callers):
    wrong = []

    @QUICK
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case):
        for headers in callers or [{}]:
            response = case.call(headers=headers)
            try:
                case.validate_response(response, checks=CHECKS)
            except (FailureGroup, Failure) as failure:
                wrong.append(f"{operation.label} {mode}: {failure} {response.text[:300]}")

    try:
        call()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, operation.label  # nothing of it can be wrong
    return wrong[:2]


def test_answers_to_strangers(served):
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    assert failures(served, (), modes, left_out=ENDLESS) == []


def test_answers_to_every_role(served):
    callers = ("user1", "judge", "chief")
    assert failures(served, callers, (GenerationMode.POSITIVE,), left_out=ENDING) == []


def test_every_operation_reads_like_documentation(served):
    document = served.client.get("/openapi.json").json()
    tags = {tag["name"] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            place = f"{method} {path}"
            assert operation["summary"], place
            assert operation["description"], place
            assert set(operation["tags"]) <= tags, place
            for status, said in operation["responses"].items():
                assert said["description"], (place, status)
                if status[0] in "45" and path != "/readyz":
                    assert set(said["content"]) == {"application/problem+json"}, (place, status)


def test_an_answer_that_is_not_described_is_found(tmp_path):
    with Served(tmp_path / "data") as served:

        @served.app.get("/odd")
        def odd():
            return JSONResponse({}, 418)

        found = failures(served, (), (GenerationMode.POSITIVE,), left_out=re.compile("/api/v1/.*"))
        assert found
        assert all(one.startswith("GET /odd") for one in found)
        assert "418" in found[0]
