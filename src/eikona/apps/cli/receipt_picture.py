"""Whether nodes hashed the picture that a receipt is about: it is hashed here as they say."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from eikona.adapters.worker_pool import Done
from eikona.apps.cli.inputs import named_inputs
from eikona.apps.cli.work import TakeFingerprint, load_stages
from eikona.apps.cli.workers import Workers
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from eikona.domain.ballot import Ballot
    from eikona.domain.receipt import Receipt


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
            hashes = self._hashes(signed.ballot)
            if hashes.keys() >= set(signed.ballot.algorithms):
                from eikona.balloting.receipts import did_hash  # noqa: PLC0415  only needed here

                found[signed.ballot.node] = did_hash(signed, receipt, hashes)
        return found

    def _hashes(self, ballot: "Ballot") -> dict[str, str]:
        from eikona.balloting.statements import hashes_of  # noqa: PLC0415  only needed here
        from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

        versions = {str(row.id): name for name, row in ALGORITHMS.items()}
        names = tuple(versions[one] for one in ballot.algorithms if one in versions)
        return hashes_of(_fingerprint(self.path, names, ballot.decode)) if names else {}


def hashed_picture(path: str) -> HashedPicture:
    """Return a picture to check ballots against.

    Raises:
        EikonaError: its bytes cannot be had.
    """
    from eikona.imaging.source import read_source  # noqa: PLC0415  only needed here

    load_stages()
    return HashedPicture(path, sha256(read_source(path, DEFAULT_LIMITS)).digest())


def _fingerprint(path: str, names: Sequence[str], decode: str) -> Fingerprint:
    take = TakeFingerprint(algorithms=tuple(names), decode=decode)
    workers = Workers(jobs=1)
    with closing(workers.run(take, named_inputs([path], workers.max_bytes))) as results:
        result = next(results)
    if isinstance(result, Done):
        return result.value
    raise result.error
