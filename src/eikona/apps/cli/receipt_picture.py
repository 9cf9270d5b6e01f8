"""Whether nodes hashed the picture that a receipt is about: it is hashed here as they say."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from eikona.adapters.worker_pool import Done
from eikona.apps.cli.inputs import named_inputs
from eikona.apps.cli.work import TakeFingerprint, load_stages
from eikona.apps.cli.workers import Workers
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from eikona.domain.receipt import Receipt

_NEAR = 0.1  # share of a hash's bits by which decoders may differ; strangers differ by half


class Likeness(StrEnum):
    """How a picture lies to the hashes that a case was put by.

    Near is the same picture by another decoder, or a copy; unknown means that it cannot be told.
    """

    SAME = "same"
    NEAR = "near"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class HashedPicture:
    """A picture, and a check of ballots against it.

    Attributes:
        path: of its image.
        digest: SHA-256 of its bytes.
    """

    path: str
    digest: bytes

    def hashed_by(self, receipt: "Receipt") -> dict[str, bool | None]:
        """Return by node whether it hashed this picture.

        None where the ballot claims no hashes, or where they are of versions that are not known
        here. A node that decodes by other libraries may come to other hashes and be honest.

        Raises:
            EikonaError: the picture does not decode.
        """
        found: dict[str, bool | None] = {}
        for signed in receipt.decision.ballots:
            found[signed.ballot.node] = None
            if signed.ballot.witness is None:
                continue
            hashes = self._hashes(signed.ballot.algorithms, signed.ballot.decode)
            if hashes.keys() >= set(signed.ballot.algorithms):
                from eikona.balloting.receipts import did_hash  # noqa: PLC0415  only needed here

                found[signed.ballot.node] = did_hash(signed, receipt, hashes)
        return found

    def likeness(self, hashes: Mapping[str, str]) -> Likeness:
        """Return how this picture's hashes lie to those that a case was put by.

        Args:
            hashes: in hex, by ``algorithm@version``.

        Raises:
            EikonaError: the picture does not decode.
        """
        best = Likeness.UNKNOWN
        for decode in (DecodeMode.AUTO, DecodeMode.EXACT):
            own = self._hashes(tuple(hashes), decode)
            apart = [_share_apart(code, hashes[name]) for name, code in own.items()]
            if not apart:
                return Likeness.UNKNOWN
            if not any(apart):
                return Likeness.SAME
            if max(apart) <= _NEAR:
                best = Likeness.NEAR
            elif best is Likeness.UNKNOWN:
                best = Likeness.OTHER
        return best

    def _hashes(self, wanted: Sequence[str], decode: str) -> dict[str, str]:
        from eikona.balloting.statements import hashes_of  # noqa: PLC0415  only needed here
        from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

        versions = {str(row.id): name for name, row in ALGORITHMS.items()}
        names = tuple(versions[one] for one in wanted if one in versions)
        return hashes_of(_fingerprint(self.path, names, decode)) if names else {}


def hashed_picture(path: str) -> HashedPicture:
    """Return a picture to check ballots against.

    Raises:
        EikonaError: its bytes cannot be had.
    """
    from eikona.imaging.source import read_source  # noqa: PLC0415  only needed here

    load_stages()
    return HashedPicture(path, sha256(read_source(path, DEFAULT_LIMITS)).digest())


def _share_apart(one: str, other: str) -> float:
    """Return the share of bits in which two codes in hex differ; 1 where they are no equals."""
    if len(one) != len(other):
        return 1.0
    return (int(one, 16) ^ int(other, 16)).bit_count() / (4 * len(one))


def _fingerprint(path: str, names: Sequence[str], decode: str) -> Fingerprint:
    take = TakeFingerprint(algorithms=tuple(names), decode=decode)
    workers = Workers(jobs=1)
    with closing(workers.run(take, named_inputs([path], workers.max_bytes))) as results:
        result = next(results)
    if isinstance(result, Done):
        return result.value
    raise result.error
