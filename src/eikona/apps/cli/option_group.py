"""Options that belong together, written down once as the fields of a dataclass."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any

Command = Callable[..., None]


def with_options_of(name: str, group: type[Any]) -> Callable[[Command], Command]:
    """Return what gives a command the options of ``group`` in place of its argument ``name``.

    Args:
        name: the argument, which the command takes by name.
        group: a dataclass; each field is an option, by the same name.
    """
    fields = dataclasses.fields(group)

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_options(**arguments: object) -> None:
            chosen: dict[str, Any] = {field.name: arguments.pop(field.name) for field in fields}
            command(**arguments, **{name: group(**chosen)})

        signature = inspect.signature(command)
        own = (one for one in signature.parameters.values() if one.name != name)
        added = (
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=field.type,
            )
            for field in fields
        )
        vars(with_options)["__signature__"] = signature.replace(parameters=[*own, *added])
        return with_options

    return decorate
