"""Numbers of entries that a log has replaced or removed, against sets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eikona.adapters.bank.tail import _with, is_among

numbers = st.lists(st.integers(0, 40), max_size=12)


@given(there=numbers, more=numbers, one=st.integers(-1, 41))
def test_numbers_stay_in_order_and_are_found(there, more, one):
    before = np.array(sorted(set(there)), np.int64)
    kept = before.copy()
    after = _with(before, more)
    assert after.tolist() == sorted({*there, *more})
    assert after.dtype == np.int64
    assert (before == kept).all()  # readers of the state before have it
    assert is_among(after, one) is (one in {*there, *more})
