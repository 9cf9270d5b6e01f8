"""Eikona finds every copy of an image.

>>> import eikona
>>> eikona.fingerprint("photo.jpg").hex["pdq"]
>>> eikona.compare("photo.jpg", "copy.jpg").verdict.match
>>> eikona.Bank.open("holiday.bank").search("copy.jpg")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eikona.adapters.bank.bank import Bank
    from eikona.domain.errors import EikonaError, InvalidImageError, SourceError, UsageError
    from eikona.domain.fingerprint import Fingerprint
    from eikona.domain.limits import Limits
    from eikona.domain.verdict import Outcome
    from eikona.services.compare_pictures import Comparison, compare
    from eikona.services.fingerprint_source import fingerprint, fingerprint_frames

__version__ = "0.1.0"
__all__ = [
    "Bank",
    "Comparison",
    "EikonaError",
    "Fingerprint",
    "InvalidImageError",
    "Limits",
    "Outcome",
    "SourceError",
    "UsageError",
    "compare",
    "fingerprint",
    "fingerprint_frames",
]

_HOMES = {
    "Bank": "eikona.adapters.bank.bank",
    "Comparison": "eikona.services.compare_pictures",
    "EikonaError": "eikona.domain.errors",
    "Fingerprint": "eikona.domain.fingerprint",
    "InvalidImageError": "eikona.domain.errors",
    "Limits": "eikona.domain.limits",
    "Outcome": "eikona.domain.verdict",
    "SourceError": "eikona.domain.errors",
    "UsageError": "eikona.domain.errors",
    "compare": "eikona.services.compare_pictures",
    "fingerprint": "eikona.services.fingerprint_source",
    "fingerprint_frames": "eikona.services.fingerprint_source",
}


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return [*__all__, "__version__"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: importing the package costs little."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
