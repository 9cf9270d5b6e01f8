"""Ten thousand random schedules, and proof that they would find what is wrong.

``EIKONA_SCHEDULES`` says how many to run; ``EIKONA_SEED`` runs the one that failed.
"""

import os

import pytest

from tests.simulation.mutants import MUTANTS, mutant
from tests.simulation.remembering import pure_functions_remember
from tests.simulation.schedule import Schedule

_SCHEDULES = int(os.environ.get("EIKONA_SCHEDULES", "10000"))
_PARTS = 10
_ENOUGH_TO_CATCH = 1000


def failure_of(seed):
    """Return what one schedule did wrong with its transcript, or nothing."""
    try:
        Schedule(seed).run()
    except Exception as error:  # noqa: BLE001  whatever it is, it is told
        again = Schedule(seed, wanted=True)
        with pytest.raises(type(error)):
            again.run()
        told = "\n".join(again.transcript)
        return f"seed {seed}: {error!r}\n{told}\nAgain: EIKONA_SEED={seed}"
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(_PARTS))
def test_all_is_well_in_random_schedules(part):
    one = os.environ.get("EIKONA_SEED")
    seeds = range(part, _SCHEDULES, _PARTS) if one is None else [int(one)]
    with pure_functions_remember():
        for seed in seeds:
            assert not failure_of(seed)


def test_a_schedule_is_the_same_from_the_same_seed():
    first, second = Schedule(7, wanted=True), Schedule(7, wanted=True)
    first.run()
    with pure_functions_remember():
        second.run()
    assert first.transcript == second.transcript


@pytest.mark.parametrize("name", MUTANTS)
def test_schedules_catch_what_is_wrong(name):
    with pure_functions_remember(), mutant(name):
        assert any(failure_of(seed) for seed in range(_ENOUGH_TO_CATCH))


def test_a_failure_tells_what_happened():
    with mutant("half is enough"):
        told = next(filter(None, map(failure_of, range(50))))
    assert "seed " in told
    assert "RULED" in told
    assert "ballots" in told
