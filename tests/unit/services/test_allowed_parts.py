"""What a harmless picture in a part of another clears, and what it leaves accused."""

from dataclasses import replace

import pytest

from eikona.deciding.rules import parse_rule
from eikona.domain.alignment import NO_ALIGNMENT, Alignment
from eikona.domain.match import Match
from eikona.domain.verdict import Distances, Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.services.allowed_parts import accounting_for, all_allowed
from tests.unit.adapters.bank.made import entry, fingerprint
from tests.unit.matching.shortlist.made_features import picture

_RULE = parse_rule("eikona", ALGORITHMS)
_WIDTH, _HEIGHT = 800, 600
_PLACES = replace(picture(1, 200), width=_WIDTH, height=_HEIGHT)
_QUERY = replace(fingerprint(1), width=_WIDTH, height=_HEIGHT, local_features=_PLACES)
_FAR, _NEAR = 128, 10  # bits of PDQ


def _placed(left, top, right, bottom, *, turned=False, hole=None, every=1):
    """The alignment of an entry of the query's size that lies in this box of the query."""
    across, down = _WIDTH / (right - left), _HEIGHT / (bottom - top)
    rows = ((across, 0, -left * across), (0, down, -top * down))
    if turned:  # by 180 degrees
        rows = ((-across, 0, right * across), (0, -down, bottom * down))
    box = (left, top, right, bottom)
    seen = [n for n in range(len(_PLACES)) if _is_in(box, n) and not (hole and _is_in(hole, n))]
    pairs = tuple((number, 0) for number in seen[::every])
    return Alignment(len(pairs), rows, mirrored=False, pairs=pairs, reach=0.9)


def _is_in(box, number):
    x, y = _PLACES.place(number)
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _match(alignment, pdq=_FAR):
    found = replace(fingerprint(2), width=_WIDTH, height=_HEIGHT)
    distances = Distances({"pdq": pdq}, {}, quality=90, alignment=alignment)
    return Match(
        entry=entry("x", fingerprint=found),
        verdict=_RULE.decide(distances, entries=10),
        distances=distances,
        distance=pdq,
    )


def _clears(allowed, accused):
    found = all_allowed(_QUERY, [(allowed, _RULE)], 10)
    return bool(accounting_for(_QUERY, (accused, _RULE), found, 10))


_ALL = (0, 0, _WIDTH, _HEIGHT)
_LEFT, _RIGHT = (0, 0, 400, 600), (400, 0, 800, 600)
_BORDERED = (40, 30, 760, 570)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("allowed", "accused", "is_clear"),
    [
        (_ALL, _ALL, True),
        (_ALL, _LEFT, True),
        (_LEFT, _LEFT, True),
        ((-100, -100, 900, 700), _ALL, True),  # the picture is cut out of the allowed one
        (_BORDERED, _ALL, True),
        (_LEFT, (20, 20, 430, 600), True),
        (_LEFT, _RIGHT, False),
        (_LEFT, _ALL, False),
        (_RIGHT, (200, 0, 600, 600), False),
    ],
)
def test_an_allowed_part_clears_what_it_covers(allowed, accused, is_clear, turned):
    allowing_match = _match(_placed(*allowed, turned=turned))
    assert _clears(allowing_match, _match(_placed(*accused))) is is_clear


@pytest.mark.parametrize("every", [1, 4])
def test_a_picture_pasted_onto_an_allowed_one_stays_accused(every):
    box = (100, 100, 500, 400)
    pasted = _match(_placed(*box, every=every))
    assert not _clears(_match(_placed(*_ALL, hole=box)), pasted)
    assert not _clears(_match(_placed(*_ALL, hole=box), pdq=_NEAR), pasted)
    assert _clears(_match(_placed(*_ALL)), pasted)


def test_hashes_speak_of_the_whole_picture():
    whole = _match(_placed(*_LEFT), pdq=_NEAR)
    assert whole.verdict.outcome is Outcome.BLOCK
    assert _clears(_match(NO_ALIGNMENT, pdq=_NEAR), whole)
    assert _clears(_match(_placed(*_BORDERED)), whole)
    assert not _clears(_match(_placed(*_LEFT)), whole)


def test_an_allow_list_without_local_features_goes_by_hashes():
    assert _clears(_match(None, pdq=_NEAR), _match(_placed(*_LEFT)))
    assert _clears(_match(None, pdq=_NEAR), _match(None, pdq=_NEAR))
    assert not _clears(_match(NO_ALIGNMENT, pdq=_NEAR), _match(_placed(*_LEFT)))


def test_what_a_person_would_have_to_look_at_allows_nothing():
    unsure = _match(_placed(*_ALL))
    unsure = replace(unsure, verdict=replace(unsure.verdict, outcome=Outcome.REVIEW))
    assert not _clears(unsure, _match(_placed(*_LEFT)))
