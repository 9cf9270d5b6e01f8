from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from eikona.domain.errors import NotAnImageError
from eikona.services.scan_folder import BATCH, BATCH_S, Searched, Unread, scan
from tests.unit.adapters.stored_fingerprints import fingerprint_of

PRINTS = [fingerprint_of(seed) for seed in range(5)]
ERROR = NotAnImageError("no image")


@dataclass
class FakeBank:
    """Finds what it is told to, and counts how it is asked."""

    asked: list[int] = field(default_factory=list)

    def search(self, fingerprints):
        self.asked.append(len(fingerprints))
        return [[f"match of {PRINTS.index(one)}"] for one in fingerprints]


@given(st.lists(st.one_of(st.sampled_from(PRINTS), st.just(ERROR)), max_size=3 * BATCH))
def test_each_picture_gets_its_own_result_in_order(read):
    bank = FakeBank()
    results = list(scan(enumerate(read), search=bank.search, clock=lambda: 0.0))
    assert results == [
        Unread(number, ERROR)
        if one is ERROR
        else Searched(number, one, [f"match of {PRINTS.index(one)}"])
        for number, one in enumerate(read)
    ]
    assert 0 not in bank.asked
    assert all(asked <= BATCH for asked in bank.asked)


def test_what_came_is_not_held_back_for_long():
    bank, now = FakeBank(), [0.0]

    def slow():
        for number in range(6):
            now[0] += BATCH_S / 2.5
            yield number, PRINTS[0]

    results = scan(slow(), search=bank.search, clock=lambda: now[0])
    assert next(results).key == 0
    assert bank.asked == [3]
    assert [one.key for one in results] == [1, 2, 3, 4, 5]
    assert bank.asked == [3, 3]
