"""Cutting a job into parts, and doing them."""

import threading

import pytest

from eikona.matching.parts import cut, do_parts, threads_for


@pytest.mark.parametrize("size", [0, 1, 5, 512, 1000])
@pytest.mark.parametrize("pieces", [0, 1, 3, 8])
@pytest.mark.parametrize("multiple", [1, 64])
def test_pieces_cover_all_once(size, pieces, multiple):
    parts = cut(size, pieces, multiple)
    assert [at for begin, end in parts for at in range(begin, end)] == list(range(size))
    assert len(parts) <= max(1, pieces)
    assert all(begin < end and begin % multiple == 0 for begin, end in parts)


def test_results_have_the_order_of_the_parts():
    late = threading.Event()

    def work(part):
        if part == 0:
            assert late.wait(10)
        else:
            late.set()
        return part

    assert do_parts(work, [0, 1, 2], threads=2) == [0, 1, 2]


def test_one_thread_is_the_caller_itself():
    assert do_parts(lambda _: threading.get_ident(), [1, 2], 1) == [threading.get_ident()] * 2


def test_only_long_searches_have_threads():
    assert threads_for(1000) == 1
    cores = threads_for(1 << 40)
    assert cores >= 1
    assert threads_for(1_000_000, 1_000_000) == 1  # 1 ms
    assert threads_for(10_000_000) == 1
    assert threads_for(10_000_000, 10_000_000) == cores  # 10 ms, most of it waiting for memory
