"""One node's answer to one case: it has the picture hashed, looks it up, and says what it found."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eikona.balloting.statements import hashes_of, witness
from eikona.domain.ballot import Ballot
from eikona.domain.case import Case
from eikona.domain.errors import EikonaError
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.match import Match
from eikona.domain.verdict import Outcome

_WORDS_MOST = 512  # characters, as ``bounds.Words`` has it
_DECIMALS = 4

Fetch = Callable[[bytes], bytes]
Hash = Callable[[bytes], Fingerprint]
Search = Callable[[Fingerprint], Match | None]


@dataclass(frozen=True, slots=True)
class Voice:
    """What every ballot of a node says alike.

    Attributes:
        node: who answers.
        key: id of the key that signs.
        rule: what judges, as it would be asked for again.
        threshold: its bound, in words.
        needs: hashes that it reads, each ``name@version``.
    """

    node: str
    key: str
    rule: str
    threshold: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The bank that a node holds.

    Attributes:
        version: of it.
        digest: of its pictures, where it is known.
        search: returns what decides about a picture: its surest match, or its nearest entry with a
            verdict that is clear; None where there is nothing to compare with.
    """

    version: int
    digest: bytes | None
    search: Search


def judge(
    case: Case,
    digest: bytes,
    *,
    voice: Voice,
    bank: Held,
    fetch: Fetch,
    hash_picture: Hash,
    at_ms: int,
) -> Ballot:
    """Return a node's ballot on a case; whatever stands in its way, it says review, and why.

    Args:
        case: as it was opened.
        digest: of that.
        voice: who answers.
        bank: what to look in.
        fetch: returns the bytes of the picture with this SHA-256, from somebody who may lie.
        hash_picture: returns the fingerprint of encoded bytes.
        at_ms: now.

    Raises:
        OSError: nobody has the picture just now.
    """
    try:
        found = _fingerprint(case, voice, fetch, hash_picture)
        match = bank.search(found)
    except EikonaError as error:
        note = f"{error} ({error.code})"[:_WORDS_MOST]
        return _ballot(case, digest, voice, bank, Outcome.REVIEW, None, None, note, at_ms)
    outcome = Outcome.CLEAR if match is None else match.verdict.outcome
    note = _why(match)
    return _ballot(case, digest, voice, bank, outcome, found, match, note, at_ms)


def fingerprint_of_hashes(hashes: Mapping[str, str]) -> Fingerprint:
    """Return the fingerprint that a case about hashes brings, each named ``name@version``.

    What else is known of a picture is not: it counts as good enough to be matched.
    """
    codes, versions = {}, {}
    for named, code in hashes.items():
        name, _, version = named.rpartition("@")
        codes[name] = bytes.fromhex(code)
        versions[name] = int(version) if version.isdecimal() else 0
    return Fingerprint(
        width=0,
        height=0,
        frames=1,
        frame=0,
        quality=100,
        decode=DecodeMode.EXACT,
        image_format="",
        hashes=codes,
        versions=versions,
    )


class WrongBytesError(EikonaError):
    """Whoever was asked for a picture gave another one."""

    code = "wrong_bytes"


class LacksHashesError(EikonaError):
    """A case about hashes lacks one that the node's rule reads."""

    code = "lacks_hashes"


def _fingerprint(case: Case, voice: Voice, fetch: Fetch, hash_picture: Hash) -> Fingerprint:
    subject = case.submission.subject
    if subject.picture is None:
        missing = [name for name in voice.needs if name not in subject.hashes]
        if missing:
            raise LacksHashesError(f"the case brings no {' and no '.join(missing)}")
        return fingerprint_of_hashes({name: subject.hashes[name] for name in voice.needs})
    picture = fetch(subject.picture)
    if hashlib.sha256(picture).digest() != subject.picture:
        raise WrongBytesError("the gateway gave other bytes than the case is about")
    return hash_picture(picture)


def _why(match: Match | None) -> str:
    """Return why a copy was found where places may have told, which the distance does not show."""
    if match is None or match.verdict.outcome is Outcome.CLEAR:
        return ""
    return "" if match.distances.alignment is None else match.verdict.reason[:_WORDS_MOST]


def _ballot(  # noqa: PLR0913, PLR0917  all that a ballot says
    case: Case,
    digest: bytes,
    voice: Voice,
    bank: Held,
    outcome: Outcome,
    found: Fingerprint | None,
    match: Match | None,
    note: str,
    at_ms: int,
) -> Ballot:
    hashes = {} if found is None else hashes_of(found)
    return Ballot(
        quorum=case.quorum,
        case=case.submission.id,
        round=case.round,
        case_digest=digest,
        node=voice.node,
        key=voice.key,
        outcome=outcome,
        rule=voice.rule,
        algorithms=tuple(sorted(hashes)),
        decode=DecodeMode.EXACT if found is None else found.decode,
        threshold=voice.threshold,
        nearest=None if match is None else match.entry.name[:_WORDS_MOST],
        distance=None if match is None else _decimal(match.distance),
        bank_version=bank.version,
        bank_digest=bank.digest,
        witness=None if found is None else witness(digest, voice.node, hashes),
        note=note,
        at_ms=at_ms,
    )


def _decimal(number: float) -> str:
    text = f"{number:.{_DECIMALS}f}"
    return text.rstrip("0").rstrip(".")
