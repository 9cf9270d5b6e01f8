"""Every hash algorithm, one row each. Changed bits mean a new version, always."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from eikona.domain.errors import UnknownAlgorithmError
from eikona.domain.fingerprint import AlgorithmId, Comparison, Fingerprint
from eikona.hashing.ahash import ahash, ahash256
from eikona.hashing.compat import imagehash_hashes
from eikona.hashing.compiled import COMPILED
from eikona.hashing.dhash import dhash, dhash256
from eikona.hashing.forbild import forbild
from eikona.hashing.nmf import nmf
from eikona.hashing.nmf_unihasher import nmf_unihasher
from eikona.hashing.phash import low_frequencies, phash, phash256, phash_mean
from eikona.hashing.views import Views
from eikona.imaging.picture import Luma, Picture
from eikona.native.switch import picture_hashed


@dataclass(frozen=True, slots=True)
class HashAlgorithm:
    """One version of one algorithm.

    Attributes:
        id: name and version.
        bits: length of the hash; eight for each value of those compared by correlation.
        compute: the hash of a picture, ``bits`` / 8 bytes.
        comparison: how two such hashes are compared.
        as_stored: whether it is of the pixels as another library reads them: neither turned nor
            laid over white.
    """

    id: AlgorithmId
    bits: int
    compute: Callable[[Views], bytes]
    comparison: Comparison = Comparison.HAMMING
    as_stored: bool = False


def _imagehash(name: str, kind: str, hash_size: int) -> HashAlgorithm:
    """Return the row of a hash that the imagehash library computes, equal to its own."""

    def compute(views: Views) -> bytes:
        hashes = imagehash_hashes(views.stored_grey, hash_size, names=(kind,))
        return bytes.fromhex(hashes[kind])

    return HashAlgorithm(AlgorithmId(name, 1), hash_size**2, compute, as_stored=True)


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
_IMAGEHASH_ROWS = (
    _imagehash("imagehash-ahash", "average_hash", 8),
    _imagehash("imagehash-ahash256", "average_hash", 16),
    _imagehash("imagehash-dhash", "dhash", 8),
    _imagehash("imagehash-dhash256", "dhash", 16),
    _imagehash("imagehash-phash", "phash", 8),
    _imagehash("imagehash-phash256", "phash", 16),
    _imagehash("imagehash-whash", "whash", 8),
    _imagehash("imagehash-whash256", "whash", 16),
)
OWN_ALGORITHMS: Mapping[str, HashAlgorithm] = MappingProxyType({row.id.name: row for row in _ROWS})
ALGORITHMS: Mapping[str, HashAlgorithm] = MappingProxyType(
    {row.id.name: row for row in (*_ROWS, *_IMAGEHASH_ROWS)}
)
DEFAULT_ALGORITHMS = tuple(
    row.id.name for row in _ROWS if row.comparison is not Comparison.CORRELATION
)


def resolve(names: Sequence[str] | None) -> tuple[HashAlgorithm, ...]:
    """Return the rows of ``names``, or of all our own but the slow NMF ones for None.

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


def compute(
    picture: Picture, algorithms: Sequence[HashAlgorithm], *, stored_grey: Luma | None = None
) -> Fingerprint:
    """Return the fingerprint of ``picture`` with every hash computed.

    Args:
        picture: decoded frame.
        algorithms: rows of the registry.
        stored_grey: the frame as ``decode_grey_as_stored`` reads it, where a row is of that.

    Returns:
        The fingerprint. A flat picture has quality 0, and our own hashes of it are all zeros.
    """
    views = Views(picture, stored_grey)
    names = [row.id.name for row in algorithms]
    if views.is_flat:
        hashes = {
            row.id.name: row.compute(views) if row.as_stored else bytes(row.bits // 8)
            for row in algorithms
        }
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
