"""Routes of administrators: roles, and the audit log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from eikona.apps.api.access import Access, Here
from eikona.apps.api.moderation_models import AuditShown, PersonShown, RoleForm
from eikona.apps.api.problems import responses
from eikona.domain.account import Role
from eikona.domain.caller import Caller
from eikona.domain.errors import ForbiddenError, InvalidInputError, NotFoundError
from eikona.services.accounts.change_role import change_role

routes = APIRouter(prefix="/admin", tags=["administration"])
Administrator = Annotated[Caller, Depends(Access(role=Role.ADMINISTRATOR))]
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_]{1,64}$", examples=["ada"])]

_ENTRIES_MOST = 500


@routes.get("/accounts/{name}", summary="Look at an account", responses=responses(NotFoundError))
def person(name: Name, server: Here, caller: Administrator) -> PersonShown:
    """Return who is called so."""
    del caller
    found = server.store.read(lambda records: records.accounts.named(name.lower()))
    if found is None:
        raise NotFoundError("nobody is called so")
    return PersonShown.of(found)


@routes.put(
    "/accounts/{name}/role",
    summary="Give somebody a role",
    responses=responses(NotFoundError, ForbiddenError, InvalidInputError),
)
def role(name: Name, form: RoleForm, server: Here, caller: Administrator) -> PersonShown:
    """Let somebody do more, or less, at once."""
    changed = change_role(
        name, form.role, by=caller.account, store=server.store, clock=server.clock
    )
    return PersonShown.of(changed)


@routes.get("/audit", summary="Read the audit log")
def audit(
    server: Here,
    caller: Administrator,
    after: Annotated[int, Query(ge=0, description="Number of the last entry known.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_ENTRIES_MOST)] = 100,
) -> list[AuditShown]:
    """Return entries in order. `eikona audit verify` checks that none was changed."""
    del caller
    found = server.store.read(lambda records: records.audit.after(after, limit))
    return [AuditShown.of(one) for one in found]
