"""Errors as problem documents (RFC 9457): one table says which status each has."""

import inspect
import math
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from eikona.domain import errors
from eikona.domain.errors import EikonaError, TryLaterError

MEDIA_TYPE = "application/problem+json"
TYPE = "/problems/"  # and the error's code; a page under that address says more

STATUS_OF: Mapping[type[EikonaError], int] = {
    errors.NotAuthenticatedError: 401,
    errors.ForbiddenError: 403,
    errors.NotFoundError: 404,
    errors.BankNotFoundError: 404,
    errors.EntryNotFoundError: 404,
    errors.UnknownCaseError: 404,
    errors.StateConflictError: 409,
    errors.BankExistsError: 409,
    errors.BankInUseError: 409,
    errors.TooManyBytesError: 413,
    errors.UsageError: 422,
    errors.InvalidImageError: 422,
    errors.EmptySourceError: 422,
    errors.InvalidFingerprintError: 422,
    errors.TryLaterError: 429,
    errors.MissingExtraError: 501,
    errors.BankError: 503,
    errors.QuorumError: 503,
    errors.StoreError: 503,
    errors.EikonaError: 500,
}
_OWN = {  # what no use case raises
    "malformed_body": (400, "The body cannot be read: it is no JSON, or no form."),
    "method_not_allowed": (405, "The address is right, the method is not."),
    "internal": (500, "A fault of the server: tell its operator the request id."),
}
_log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["body.password"])
    message: str = Field(examples=["String should have at least 10 characters"])


class Problem(BaseModel):
    """Why a call was not answered as asked."""

    type: str = Field(
        description="Stays the same for this kind of problem; its page explains it.",
        examples=["/problems/not_found"],
    )
    title: str = Field(examples=["Nothing of this name exists."])
    status: int = Field(examples=[404])
    detail: str = Field(description="For people.", examples=["there is no such post"])
    request_id: str = Field(description="Stands in the server's log too.", examples=["9f86d081"])
    errors: list[FieldProblem] = Field(default=[], description="By field, where fields are wrong.")


def status_of(kind: type[EikonaError]) -> int:
    """Return the status of an error, or of the nearest kind above it."""
    return next(STATUS_OF[one] for one in kind.__mro__ if one in STATUS_OF)


def all_problems() -> dict[str, tuple[int, str]]:
    """Return status and meaning of every problem, by code."""
    found = dict(_OWN)
    for kind in vars(errors).values():
        if inspect.isclass(kind) and issubclass(kind, EikonaError):
            found.setdefault(kind.code, (status_of(kind), _title(kind)))
    return dict(sorted(found.items()))


def responses(*kinds: type[EikonaError]) -> dict[int | str, dict[str, Any]]:
    """Return what an operation says of the errors that it may answer with."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        status = status_of(kind)
        said = by_status.setdefault(
            status,
            {"model": Problem, "description": "", "content": {MEDIA_TYPE: {"examples": {}}}},
        )
        said["description"] = f"{said['description']} {_title(kind)}".strip()
        said["content"][MEDIA_TYPE]["examples"][kind.code] = {
            "value": {
                "type": TYPE + kind.code,
                "title": _title(kind),
                "status": status,
                "detail": _title(kind),
                "request_id": "9f86d081",
                "errors": [],
            }
        }
    return by_status


def add_handlers(app: FastAPI) -> None:
    """Let every error of the app become a problem document."""
    app.add_exception_handler(EikonaError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


def problem_of(error: EikonaError) -> JSONResponse:
    """Return the document of an error."""
    kind = type(error)
    headers = {}
    status = status_of(kind)
    if isinstance(error, TryLaterError):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return _document(kind.code, status, _title(kind), str(error), headers=headers)


def _title(kind: type[EikonaError]) -> str:
    return inspect.cleandoc(kind.__doc__ or kind.code).splitlines()[0]


def _document(
    code: str,
    status: int,
    title: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    fields: list[FieldProblem] | None = None,
) -> JSONResponse:
    problem = Problem(
        type=TYPE + code,
        title=title,
        status=status,
        detail=detail,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        errors=fields or [],
    )
    return JSONResponse(
        problem.model_dump(), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def _own(code: str, detail: str, status: int | None = None) -> JSONResponse:
    usual, title = _OWN[code]
    return _document(code, status or usual, title, detail)


async def _known(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, EikonaError):
        return await _unknown(request, error)
    if status_of(type(error)) >= 500:
        _log.error("failed", code=error.code, reason=str(error))
    return problem_of(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        return await _unknown(request, error)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return _own("malformed_body", "the body is no JSON")
    fields = [  # without the input: it may be a password
        FieldProblem(field=".".join(map(str, one["loc"])), message=one["msg"]) for one in found
    ]
    kind = errors.InvalidInputError
    detail = "; ".join(f"{one.field}: {one.message}" for one in fields)
    return _document(kind.code, 422, _title(kind), detail, fields=fields)


async def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return await _unknown(request, error)
    if error.status_code == 404:
        return problem_of(errors.NotFoundError("there is nothing at this address"))
    if error.status_code == 405:
        answer = _own("method_not_allowed", f"{request.method} is not answered here")
        answer.headers.update(error.headers or {})
        return answer
    if error.status_code == 413:
        return problem_of(errors.TooManyBytesError(str(error.detail)))
    if error.status_code == 400:
        return _own("malformed_body", str(error.detail))
    return _own("internal", str(error.detail), error.status_code)


async def _unknown(_request: Request, error: Exception) -> JSONResponse:
    _log.error("fault", exc_info=error)
    return _own("internal", "the server has a fault; its log says more")
