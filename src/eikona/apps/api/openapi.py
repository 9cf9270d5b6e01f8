"""The OpenAPI document: what FastAPI makes of the routes, and what holds for all of them."""

from typing import Any

from fastapi import FastAPI

from eikona.apps.api.problems import responses
from eikona.domain.errors import (
    EikonaError,
    ForbiddenError,
    InvalidInputError,
    NotAuthenticatedError,
    OverloadedError,
    RateLimitedError,
    TooManyBytesError,
)

_METHODS = ("get", "put", "post", "patch", "delete")
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_MALFORMED = {
    "description": "The body cannot be read: it is no JSON, or no form.",
    "content": {"application/problem+json": {"schema": _PROBLEM}},
}


def describe(app: FastAPI) -> None:
    """Let the app's OpenAPI document tell of the answers that every route may give."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            for path in document["paths"].values():
                for method in _METHODS:
                    if method in path:
                        _complete(path[method])
            document["components"]["schemas"].pop("HTTPValidationError", None)
            document["components"]["schemas"].pop("ValidationError", None)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(operation: dict[str, Any]) -> None:
    kinds: list[type[EikonaError]] = [OverloadedError]
    if "security" in operation:
        kinds += [NotAuthenticatedError, ForbiddenError, RateLimitedError]
    if "parameters" in operation or "requestBody" in operation:
        kinds += [InvalidInputError]
    if "requestBody" in operation:
        kinds += [TooManyBytesError]
        operation["responses"].setdefault("400", _MALFORMED)
    known = operation["responses"]
    if "HTTPValidationError" in str(known.get("422")):
        del known["422"]
    for status, said in responses(*kinds).items():
        content = {kind: {**about, "schema": _PROBLEM} for kind, about in said["content"].items()}
        known.setdefault(str(status), {"description": said["description"], "content": content})
    for said in known.values():  # FastAPI puts the model of a problem under JSON's own type
        content = said.get("content", {})
        if content.get("application/json", {}).get("schema") == _PROBLEM:
            del content["application/json"]
            content.setdefault("application/problem+json", {})["schema"] = _PROBLEM
