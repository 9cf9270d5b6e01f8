"""Candidate pairs by bands against counting the bits of every two codes."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from eikona.deciding.rule import Bound
from eikona.matching import banded
from eikona.matching.bands import BandPlan
from eikona.services.candidate_pairs import candidate_pairs
from tests.unit.adapters.bank.made import fingerprint
from tests.unit.matching.code_sets import ENGINES, codes_and_queries, engine


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("radius", [12, 31, 74])
def test_finds_every_pair_within_the_radius(monkeypatch, name, radius):
    monkeypatch.setattr(banded, "plan_bands", lambda codes, bits: BandPlan(16, 8))
    rows, _ = codes_and_queries(11, 300, 4)
    prints = [
        replace(fingerprint(1, ("pdq",)), hashes={"pdq": code.tobytes()})
        for code in rows.view(np.uint8)
    ]
    with engine(name):
        found = set(candidate_pairs(prints, [Bound("pdq", radius)]))
    assert found == {
        (a, b)
        for a, b in itertools.combinations(range(len(rows)), 2)
        if np.bitwise_count(rows[a] ^ rows[b]).sum() <= radius
    }
