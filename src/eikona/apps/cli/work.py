"""What workers do with an input; everything here crosses a process boundary."""

import gc
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

from eikona.adapters.journal_lines import Stamp
from eikona.apps.cli.inputs import Input
from eikona.apps.cli.records import Record, fingerprint_record
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.imaging.source import source_error


def load_stages(inputs: Iterable[object] = ()) -> None:
    """Import what workers need: workers that are forked after this have it at once.

    Args:
        inputs: yields as many things as there will be pictures; only the first are counted, to see
            whether compiled kernels pay.
    """
    import eikona.services.fingerprint_source  # noqa: F401, PLC0415  imports NumPy
    from eikona.native.memory import keep_large_blocks  # noqa: PLC0415  imports NumPy
    from eikona.native.switch import LOAD_FOR, prepare  # noqa: PLC0415

    prepare(sum(1 for _ in itertools.islice(inputs, LOAD_FOR)))
    gc.freeze()  # what is imported is here to stay: neither parent nor workers look through it
    keep_large_blocks()


@dataclass(frozen=True, slots=True)
class TakeFingerprint:
    """Fingerprints one input.

    Attributes:
        algorithms: names of hashes; None for the usual ones.
        decode: ``auto``, ``exact`` or ``fast``.
        limits: what a picture may ask for.
        local_features: whether to take these too.
    """

    algorithms: tuple[str, ...] | None = None
    decode: str = "auto"
    limits: Limits = DEFAULT_LIMITS
    local_features: bool = False

    def with_hashes(self, names: Iterable[str]) -> "TakeFingerprint":
        """Return the same with these hashes besides the usual ones."""
        from eikona.hashing.registry import DEFAULT_ALGORITHMS  # noqa: PLC0415  imports NumPy

        return replace(self, algorithms=tuple(dict.fromkeys((*DEFAULT_ALGORITHMS, *names))))

    def __call__(self, item: Input) -> Fingerprint:
        """Return the fingerprint.

        Raises:
            EikonaError: there is none.
        """
        from eikona.services.fingerprint_source import fingerprint  # noqa: PLC0415  imports NumPy

        found = fingerprint(
            _source(item),
            algorithms=self.algorithms,
            local_features=self.local_features,
            decode=self.decode,
            limits=self.limits,
        )
        if found.local_features is None:
            return found
        from eikona.matching.shortlist.margins import (  # noqa: PLC0415  imports NumPy
            with_read_margins,
        )

        return replace(found, local_features=with_read_margins(found.local_features))


@dataclass(frozen=True, slots=True)
class MakeRecords:
    """Hashes one input into the records that ``hash`` writes.

    Attributes:
        take: which hashes, of what.
        frames: one record for each sampled frame instead of one a picture.
        compat_size: hash size for the hashes of imagehash instead of our own; None for ours.
        settings: digest of all of these for ``resume``; None where nothing will be resumed.
    """

    take: TakeFingerprint
    frames: bool = False
    compat_size: int | None = None
    settings: str | None = None

    def __call__(self, item: Input) -> list[Record]:
        """Return the records.

        Raises:
            EikonaError: there are none.
        """
        # Before it is read: a change meanwhile must show as one.
        stamp = None if self.settings is None else _stamp(_source(item), self.settings)
        records = self._records(item)
        if stamp is not None:
            for record in records:
                record["resume"] = stamp.entry(len(records))
        return records

    def _records(self, item: Input) -> list[Record]:
        if self.compat_size is not None:
            return [self._compat_record(item, self.compat_size)]
        if not self.frames:
            return [fingerprint_record(item.name, self.take(item), with_frame=False)]
        from eikona.services.fingerprint_source import (  # noqa: PLC0415  imports NumPy
            fingerprint_frames,
        )

        sampled = fingerprint_frames(
            _source(item), algorithms=self.take.algorithms, limits=self.take.limits
        )
        return [fingerprint_record(item.name, one, with_frame=True) for one in sampled]

    def _compat_record(self, item: Input, hash_size: int) -> Record:
        from eikona.services.fingerprint_source import compat_hashes  # noqa: PLC0415  NumPy

        found = compat_hashes(_source(item), hash_size=hash_size, limits=self.take.limits)
        return {
            "file": item.name,
            "width": found.width,
            "height": found.height,
            "frames": found.frames,
            "quality": None,
            "format": None,
            "decode": "exact",
            "hashes": found.hashes,
            "versions": {},
        }


def _source(item: Input) -> str | bytes:
    if item.error is not None:
        raise item.error
    return item.source


def _stamp(source: str | bytes, settings: str) -> Stamp:
    if isinstance(source, bytes):
        return Stamp(len(source), None, settings)
    try:
        return Stamp.of(source, settings)
    except OSError as error:
        raise source_error(source, error) from error
