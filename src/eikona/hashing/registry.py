"""Every hash algorithm, one row each. Changed bits mean a new version, always."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from eikona.domain.errors import UnknownAlgorithmError
from eikona.domain.fingerprint import AlgorithmId, Comparison, Fingerprint
from eikona.hashing.ahash import ahash, ahash256
from eikona.hashing.compiled import COMPILED
from eikona.hashing.dhash import dhash, dhash256
from eikona.hashing.forbild import forbild
from eikona.hashing.nmf import nmf
from eikona.hashing.nmf_unihasher import nmf_unihasher
from eikona.hashing.phash import low_frequencies, phash, phash256, phash_mean
from eikona.hashing.views import Views
from eikona.imaging.picture import Picture
from eikona.native.switch import picture_hashed


@dataclass(frozen=True, slots=True)
class HashAlgorithm:
    """One version of one algorithm.

    Attributes:
        id: name and version.
        bits: length of the hash; eight for each value of those compared by correlation.
        compute: the hash of a picture, ``bits`` / 8 bytes.
        comparison: how two such hashes are compared.
    """

    id: AlgorithmId
    bits: int
    compute: Callable[[Views], bytes]
    comparison: Comparison = Comparison.HAMMING


_ROWS = (
    HashAlgorithm(AlgorithmId("pdq", 1), 256, lambda v: v.pdq_orientations[0]),
    HashAlgorithm(AlgorithmId("ahash", 1), 64, lambda v: ahash(v.sums)),
    HashAlgorithm(AlgorithmId("ahash256", 1), 256, lambda v: ahash256(v.sums)),
    HashAlgorithm(AlgorithmId("mhash", 1), 64, lambda v: v.mhash),
    HashAlgorithm(AlgorithmId("mhash256", 1), 256, lambda v: v.mhash256),
    HashAlgorithm(AlgorithmId("dhash", 1), 64, lambda v: dhash(v.sums)),
    HashAlgorithm(AlgorithmId("dhash256", 1), 256, lambda v: dhash256(v.sums)),
    HashAlgorithm(AlgorithmId("phash", 1), 64, lambda v: phash(v.low8)),
    HashAlgorithm(AlgorithmId("phash256", 1), 256, lambda v: phash256(low_frequencies(v.sums, 16))),
    HashAlgorithm(AlgorithmId("phash-mean", 1), 64, lambda v: phash_mean(v.low8)),
    HashAlgorithm(AlgorithmId("whash", 1), 64, lambda v: v.mhash),
    HashAlgorithm(AlgorithmId("whash256", 1), 256, lambda v: v.mhash256),
    HashAlgorithm(AlgorithmId("forbild", 1), 256, lambda v: forbild(v.forbild_grey)),
    HashAlgorithm(AlgorithmId("nmf", 1), 512, lambda v: nmf(v.plane), Comparison.CORRELATION),
    HashAlgorithm(
        AlgorithmId("nmf-unihasher", 1),
        512,
        lambda v: nmf_unihasher(v.picture.luma),
        Comparison.CORRELATION,
    ),
)
ALGORITHMS: Mapping[str, HashAlgorithm] = MappingProxyType({row.id.name: row for row in _ROWS})
DEFAULT_ALGORITHMS = tuple(
    row.id.name for row in _ROWS if row.comparison is not Comparison.CORRELATION
)


def resolve(names: Sequence[str] | None) -> tuple[HashAlgorithm, ...]:
    """Return the rows of ``names``, or of every algorithm but the slow NMF ones for None.

    One name may stand without a list around it.

    Raises:
        UnknownAlgorithmError: a name is not in the registry, or none is given.
    """
    if isinstance(names, str):
        names = (names,)
    chosen = DEFAULT_ALGORITHMS if names is None else tuple(dict.fromkeys(names))
    unknown = [name for name in chosen if name not in ALGORITHMS]
    if unknown or not chosen:
        said = f"no hash algorithm is named {unknown[0]!r}" if unknown else "no algorithm is given"
        msg = f"{said}: choose from {', '.join(ALGORITHMS)}"
        raise UnknownAlgorithmError(msg)
    return tuple(ALGORITHMS[name] for name in chosen)


def compute(picture: Picture, algorithms: Sequence[HashAlgorithm]) -> Fingerprint:
    """Return the fingerprint of ``picture`` with every hash computed.

    Args:
        picture: decoded frame.
        algorithms: rows of the registry.

    Returns:
        The fingerprint. A flat picture has all-zero hashes and quality 0.
    """
    views = Views(picture)
    names = [row.id.name for row in algorithms]
    if views.is_flat:
        hashes = {row.id.name: bytes(row.bits // 8) for row in algorithms}
        orientations: tuple[bytes, ...] = (bytes(32),) * 8
    else:
        ready = {} if COMPILED.isdisjoint(names) else views.compiled_hashes
        hashes = {row.id.name: ready.get(row.id.name) or row.compute(views) for row in algorithms}
        orientations = views.pdq_orientations if "pdq" in names else ()
    picture_hashed()
    return Fingerprint(
        width=picture.width,
        height=picture.height,
        frames=picture.frames,
        frame=picture.frame,
        quality=0 if views.is_flat else views.pdq.quality,
        decode=picture.decode,
        image_format=picture.image_format,
        hashes=hashes,
        versions={row.id.name: row.id.version for row in algorithms},
        pdq_orientations=orientations if "pdq" in names else (),
        forbild_grey=views.forbild_grey if "forbild" in names else b"",
    )
