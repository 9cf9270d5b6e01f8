"""What lists call the hashes: our algorithms' names, imagehash's, and those of others for the same.

Source: ThreatExchange's ``HASH_PDQ`` and StopNCII's ``ImagePDQ`` are PDQ, which
python-threatexchange calls ``pdq`` (facebook/ThreatExchange, ``signal_type/pdq/signal.py``,
``exchanges/impl/stop_ncii_api.py``); the signal types that no bank of pictures holds are from its
``signal_type`` and ``extensions`` folders.
"""

from functools import lru_cache
from types import MappingProxyType

from eikona.adapters.bank.additions import check_key
from eikona.adapters.lists.listed import shortened
from eikona.domain.errors import EikonaError, UnknownAlgorithmError, UsageError
from eikona.hashing.registry import ALGORITHMS
from eikona.services.ports import HashKey

_IMAGEHASH = "imagehash:"
_KINDS = MappingProxyType({"average_hash": "ahash", "ahash": "ahash"})  # of their names and ours
_LONG = "256"
_ALIASES = MappingProxyType({"hash_pdq": "pdq", "imagepdq": "pdq"})
_FOREIGN = frozenset(
    {
        *("video_md5", "raw_text", "text", "url", "url_md5", "trend_query", "sha256"),
        *("pdq_ocr", "vpdq", "video_vpdq", "tmk", "text_tlsh", "tlsh_pdf", "photodna"),
    }
)


def parse_hash(kind: str, text: str) -> tuple[HashKey, bytes]:
    """Return what hash the hex ``text`` of this type is.

    Raises:
        UnknownAlgorithmError: there is no such type.
        UsageError: the hex is none, or of another length.
    """
    try:
        code = bytes.fromhex(text)
    except ValueError as error:
        raise UsageError(f"{shortened(text)} is no hexadecimal number") from error
    key = hash_key(kind.lower(), len(code))
    check_size(key, len(code), len(text))
    return key, code


def check_size(key: HashKey, size: int, digits: int) -> None:
    """Make sure that a code is as long as its hash.

    Raises:
        UsageError: it has ``size`` bytes, written as so many ``digits``.
    """
    if size != key.size or digits != 2 * size:
        longer = f"{key.name}{_LONG}"
        has_longer = longer in ALGORITHMS and 8 * size == ALGORITHMS[longer].bits
        hint = f": is it {longer}?" if has_longer else ""
        raise UsageError(f"{key.name} has {2 * key.size} hex digits, not {digits}{hint}")


@lru_cache(maxsize=256)
def hash_key(kind: str, size: int) -> HashKey:
    """Return the hash of this type; those of imagehash are told apart by their size in bytes.

    Raises:
        UnknownAlgorithmError: there is no such type.
    """
    name = _ALIASES.get(kind, kind)
    if kind.startswith(_IMAGEHASH):
        theirs = kind.removeprefix(_IMAGEHASH)
        name = f"imagehash-{_KINDS.get(theirs, theirs)}"
        if f"{name}{_LONG}" in ALGORITHMS and 8 * size == ALGORITHMS[f"{name}{_LONG}"].bits:
            name = f"{name}{_LONG}"
    algorithm = ALGORITHMS.get(name)
    if algorithm is None:
        raise UnknownAlgorithmError(
            f"no hash is called {shortened(kind)}: eikona hash --help lists those there are"
        )
    return HashKey(name, algorithm.id.version, algorithm.bits // 8)


def labelled_key(label: str, size: int) -> HashKey:
    """Return the hash of a column called ``name`` or ``name@version``.

    A version that is not ours, or a name with a version, is taken at its word: only so does a
    bank with another program's hashes come back as it was.

    Args:
        label: of the column.
        size: bytes of a code in it.

    Raises:
        UnknownAlgorithmError: there is no such hash.
        InvalidFingerprintError: no bank can hold it.
    """
    name, versioned, version = label.partition("@")
    if not versioned:
        return hash_key(name.lower(), size)
    if not version.isascii() or not version.isdecimal() or len(version) > 9:
        raise UnknownAlgorithmError(f"{shortened(label)} has no version behind its @")
    key = HashKey(name, int(version), size)
    known = ALGORITHMS.get(name)
    if known is not None:
        key = key._replace(size=known.bits // 8)
    check_key(key)
    return key


def key_label(key: HashKey) -> str:
    """Return the column of a hash: its name, with its version where that is not today's."""
    known = ALGORITHMS.get(key.name)
    is_current = known is not None and known.id.version == key.version
    return key.name if is_current else f"{key.name}@{key.version}"


def is_type(text: str) -> bool:
    """Whether ``text`` names a type of hash."""
    try:
        hash_key(text.lower(), 8)
    except UnknownAlgorithmError:
        return False
    return True


def is_label(text: str) -> bool:
    """Whether ``text`` is the label of a column of hashes."""
    try:
        labelled_key(text, 8)
    except EikonaError:
        return False
    return True


def is_foreign(kind: str) -> bool:
    """Whether this is a signal type of others that no bank of pictures holds."""
    return kind.lower() in _FOREIGN
