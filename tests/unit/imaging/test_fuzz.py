"""A short run of the mutation campaign, in processes that a decoder may take down."""

import collections
import json
import os
import pathlib
import subprocess
import sys

import pytest

from eikona.domain.errors import EikonaError
from tests.unit.imaging import builders, fuzz

CASES = 6000
ROOT = pathlib.Path(__file__).parents[3]


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 100_000])
def test_mutated_images_give_a_picture_or_an_error_of_ours(first, tmp_path):
    state = tmp_path / "state"
    command = [sys.executable, "-W", "error", "-m", fuzz.__name__, str(first), str(CASES), state]
    paths = [str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        timeout=300,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
    )
    said = done.stdout.decode().splitlines()
    assert done.returncode == 0, (state.read_text(), done.returncode, done.stderr[-3000:])
    *findings, last = [json.loads(line) for line in said]
    assert findings == []
    tally = collections.Counter(last["tally"])
    assert tally.total() == CASES
    # The mutations are neither too mild nor too wild to reach the decoders.
    assert tally["picture"] > CASES // 10
    assert tally["corrupt_image"] > CASES // 10
    assert tally["truncated_image"] > CASES // 20
    assert tally["not_an_image"] < CASES // 4


def test_cases_are_the_same_every_time():
    files = builders.corpus()
    for number in range(0, 200, 7):
        assert fuzz.mutated(files, number) == fuzz.mutated(files, number)
    assert len({fuzz.mutated(files, number)[1] for number in range(200)}) > 190


def test_codes_are_those_of_our_errors():
    def codes(kind):
        return {kind.code}.union(*(codes(child) for child in kind.__subclasses__()))

    files = builders.corpus()
    seen = {fuzz.outcome(fuzz.mutated(files, number)[1], number) for number in range(100)}
    assert seen <= codes(EikonaError) | {"picture", "grey"}
