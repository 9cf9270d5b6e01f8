"""What a harmless picture in a part of another clears, and what it leaves accused."""

from dataclasses import replace

import pytest

from eikona.deciding.rules import parse_rule
from eikona.domain.alignment import NO_ALIGNMENT, Alignment
from eikona.domain.match import Match
from eikona.domain.verdict import Distances, Outcome
from eikona.hashing.registry import ALGORITHMS
from eikona.services.allowed_parts import allowed_parts, allowing, part_of
from tests.unit.adapters.bank.made import entry, fingerprint

_RULE = parse_rule("eikona", ALGORITHMS)
_WIDTH, _HEIGHT = 800, 600
_QUERY = replace(fingerprint(1), width=_WIDTH, height=_HEIGHT)
_FAR, _NEAR = 128, 10  # bits of PDQ


def _placed(left, top, right, bottom, *, turned=False):
    """The alignment of an entry of the query's size that lies in this box of the query."""
    across, down = _WIDTH / (right - left), _HEIGHT / (bottom - top)
    rows = ((across, 0, -left * across), (0, down, -top * down))
    if turned:  # by 180 degrees
        rows = ((-across, 0, right * across), (0, -down, bottom * down))
    return Alignment(40, rows, mirrored=False, pairs=(), reach=0.9)


def _match(alignment, pdq=_FAR, width=_WIDTH):
    found = replace(fingerprint(2), width=width, height=_HEIGHT)
    distances = Distances({"pdq": pdq}, {}, quality=90, alignment=alignment)
    return Match(
        entry=entry("x", fingerprint=found),
        verdict=_RULE.decide(distances, entries=10),
        distances=distances,
        distance=pdq,
    )


def _clears(allowed, accused):
    judged = [(allowed, _RULE)]
    part = part_of(_QUERY, accused, _RULE, Outcome.REVIEW, 10)
    return bool(allowing(part, allowed_parts(_QUERY, judged, 10)))


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


def test_hashes_speak_of_the_whole_picture():
    whole = _match(_placed(*_LEFT), pdq=_NEAR)  # whatever the alignment says
    assert _clears(whole, _match(_placed(*_RIGHT)))
    assert not _clears(_match(_placed(*_LEFT)), _match(_placed(*_LEFT), pdq=_NEAR))
    assert _clears(_match(NO_ALIGNMENT, pdq=_NEAR), _match(None, pdq=_NEAR))


def test_an_entry_of_unknown_size_is_taken_for_the_whole():
    assert _clears(_match(_placed(*_ALL)), _match(_placed(*_LEFT), width=0))
    assert not _clears(_match(_placed(*_LEFT)), _match(_placed(*_LEFT), width=0))


def test_an_accused_entry_that_lies_nowhere_is_taken_for_the_whole():
    nowhere = _placed(2000, 2000, 2100, 2100)
    assert _clears(_match(_placed(*_ALL)), _match(nowhere))
    assert not _clears(_match(_placed(*_LEFT)), _match(nowhere))
    assert not _clears(_match(nowhere), _match(_placed(*_LEFT)))


def test_what_a_person_would_have_to_look_at_allows_nothing():
    unsure = _match(_placed(*_ALL))
    unsure = replace(unsure, verdict=replace(unsure.verdict, outcome=Outcome.REVIEW))
    assert not _clears(unsure, _match(_placed(*_LEFT)))
