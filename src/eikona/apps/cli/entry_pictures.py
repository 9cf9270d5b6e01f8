"""Which pictures of entries a report may show: files that still are what their entries say.

What a bank says of where a picture came from may be a stranger's word: lists that are imported and
banks that are copied name any file of this machine, and a report is made to be passed on. So a file
is shown only where its own PDQ hash and size are the entry's: who names it has its hash already.
"""

import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from eikona.adapters.worker_pool import Done
from eikona.apps.cli.inputs import Input
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers
from eikona.domain.bank import Entry
from eikona.domain.fingerprint import DecodeMode, Fingerprint

_HASH = "pdq"
_MOST_BITS = 8  # of 256: what other versions of a decoder may change of one and the same file


@dataclass(frozen=True, slots=True)
class Claim:
    """What an entry says of a file.

    Attributes:
        path: where it is.
        size: width and height.
        code: its PDQ hash.
        version: of that hash.
        decode: how it was decoded.
    """

    path: str
    size: tuple[int, int]
    code: bytes
    version: int
    decode: DecodeMode


def claim_of(entry: Entry) -> Claim | None:
    """Return what an entry says of its file, None where that proves nothing."""
    picture = entry.fingerprint
    if picture.width <= 0 or _HASH not in picture.hashes or not _is_local_file(entry.source):
        return None
    return Claim(
        path=entry.source,
        size=(picture.width, picture.height),
        code=picture.hashes[_HASH],
        version=picture.versions[_HASH],
        decode=picture.decode,
    )


def proven(claims: Iterable[Claim], workers: Workers) -> set[Claim]:
    """Return those that the files bear out, as they are now."""
    found: set[Claim] = set()
    by_decode: dict[DecodeMode, dict[str, list[Claim]]] = {}
    for claim in dict.fromkeys(claims):
        by_decode.setdefault(claim.decode, {}).setdefault(claim.path, []).append(claim)
    for decode, by_path in by_decode.items():
        take = TakeFingerprint(algorithms=(_HASH,), decode=str(decode), limits=workers.limits)
        with closing(workers.run(take, (Input(path, path) for path in by_path))) as results:
            for result in results:
                if isinstance(result, Done):
                    claimed = by_path[result.item.name]
                    found.update(one for one in claimed if _holds(one, result.value))
    return found


def _holds(claim: Claim, picture: Fingerprint) -> bool:
    code, version = picture.hashes[_HASH], picture.versions[_HASH]
    if (claim.size, claim.version) != ((picture.width, picture.height), version):
        return False
    differing = int.from_bytes(claim.code, "big") ^ int.from_bytes(code, "big")
    return differing.bit_count() <= _MOST_BITS


def _is_local_file(path: str) -> bool:
    """Whether it is a file here, which is looked at only where that asks no other machine."""
    if path[:2] in ("//", "\\\\") or not os.path.isabs(path):  # noqa: PTH117  no Path of any text
        return False
    return os.path.isfile(path)  # noqa: PTH113  Path.is_file raises for odd text
