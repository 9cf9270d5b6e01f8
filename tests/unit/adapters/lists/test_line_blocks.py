"""Lines come out as they are in the file, whatever its blocks are."""

import io

from hypothesis import given
from hypothesis import strategies as st

from eikona.adapters.lists import line_blocks
from eikona.adapters.lists.line_blocks import MOST_LINE_BYTES, numbered_lines


class Dribbling(io.BytesIO):
    """A file that gives a few bytes at once, as a pipe may."""

    def __init__(self, data, each):
        super().__init__(data)
        self.each = each

    def read(self, size=-1):
        return super().read(self.each)


@given(st.binary(max_size=60), st.integers(1, 9))
def test_lines_are_those_of_the_file(data, each):
    expected = data.removeprefix(b"\xef\xbb\xbf").split(b"\n") if each > 2 else data.split(b"\n")
    if not expected[-1]:
        expected.pop()
    lines = [line for _, line in numbered_lines(Dribbling(data, each))]
    assert [line.encode("utf-8", "surrogateescape") for line in lines] == expected


def test_lines_that_are_too_long_are_none_and_the_others_keep_their_numbers():
    long = b"x" * (MOST_LINE_BYTES + 1)
    data = b"a\n" + 3 * long + b"\nb\n" + long + b"\nc\n" + long
    for each in (MOST_LINE_BYTES + 7, 1 << 20, len(data)):
        found = dict(numbered_lines(Dribbling(data, each)))
        assert found == {1: "a", 2: None, 3: "b", 4: None, 5: "c", 6: None}


def test_memory_stays_bounded(monkeypatch):
    sizes = []
    monkeypatch.setattr(line_blocks, "_decoded", lambda data: sizes.append(len(data)) or [""])
    each = 1 << 20
    list(numbered_lines(Dribbling(b"x" * (40 * each), each)))
    assert sum(sizes) == 0
