"""Short turns of the interpreter."""

import sys
import threading

import pytest

from eikona.adapters.bank.turns import TURN_S, short_turns


@pytest.fixture(autouse=True)
def usual():
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.005)
    yield
    sys.setswitchinterval(before)


def test_turns_are_short_while_it_is_asked_for_and_as_before_afterwards():
    with short_turns():
        assert sys.getswitchinterval() == pytest.approx(TURN_S)
    assert sys.getswitchinterval() == pytest.approx(0.005)


def test_turns_stay_short_until_the_last_one_is_done():
    first, second = threading.Event(), threading.Event()

    def ask():
        with short_turns():
            first.set()
            second.wait()

    with short_turns():
        other = threading.Thread(target=ask)
        other.start()
        first.wait()
    assert sys.getswitchinterval() == pytest.approx(TURN_S)
    second.set()
    other.join()
    assert sys.getswitchinterval() == pytest.approx(0.005)


def test_turns_that_are_shorter_stay_so():
    sys.setswitchinterval(0.0001)
    with short_turns():
        assert sys.getswitchinterval() == pytest.approx(0.0001, rel=0.05)
    assert sys.getswitchinterval() == pytest.approx(0.0001, rel=0.05)


def test_an_error_puts_them_back():
    with pytest.raises(LookupError), short_turns():
        raise LookupError
    assert sys.getswitchinterval() == pytest.approx(0.005)
