"""NDJSON that others wrote, and hostile lines."""

import json

import pytest

from eikona.adapters.lists.line_blocks import MOST_LINE_BYTES
from eikona.adapters.lists.ndjson import read_ndjson
from eikona.domain.bank import EntryState
from tests.unit.adapters.lists.made_lists import PDQ, SHORT, read


def line(**more):
    return json.dumps({"name": "x", "hashes": {"pdq": PDQ}} | more)


@pytest.mark.parametrize("text", [line(), f"\ufeff\r\n{line(colour='red')}\r\n", f"\n\n {line()} "])
def test_a_line_needs_hashes_only(text):
    found = read(read_ndjson, text)
    assert (found.one.name, found.one.fingerprint.hex) == ("x", {"pdq": PDQ})
    assert found.given == set()


def test_what_a_line_does_not_say_is_not_given():
    text = f"{line(note='a')}\n{line(name='y', state='review', tags=['b'])}\n{line(name=None)}\n"
    found = read(read_ndjson, text)
    assert found.entries[1].note == "a"
    assert found.entries[2].state is EntryState.REVIEW
    assert found.entries[2].tags == ("b",)
    assert found.entries[3].name == f"pdq:{PDQ}"


def test_equal_numbers_of_other_kinds_are_told_apart():
    text = "\n".join([line(width=1), line(width=True), line(width=1.0), line(width="1")])
    found = read(read_ndjson, text)
    assert sorted(found.entries) == [1, 4]
    assert sorted(found.bad) == [2, 3]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{", "no JSON"),
        (line() + "}", "something follows"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no JSON object"),
        ('{"name": "x"}', "has no hashes"),
        (line(hashes=[PDQ]), "has no hashes"),
        (line(hashes={}), "no hash"),
        (line(hashes={"pdq": PDQ[:-2]}), "64 hex digits, not 62"),
        (line(hashes={"pdq": PDQ[:-2] + "zz"}), "no hexadecimal"),
        (line(hashes={"pdq": 7}), "no hexadecimal"),
        (line(hashes={"md5": SHORT}), "'md5'"),
        (line(hashes={"md5@x": SHORT}), "no version"),
        (line(name=7), "no name"),
        (line(name="\ud800"), "surrogate"),
        (line(state="gone"), "gone"),
        (line(state=7), "no text"),
        (line(tags="[1]"), "no list of tags"),
        (line(tags=[["a"]]), "no list of tags"),
        (line(tags={"a": 1}), "no list of tags"),
        (line(created=7), "no time"),
        (line(width=-1), "below zero"),
        (line(quality=101), "above 100"),
        (line(format="x" * 9), "8 letters"),
        (line(forbild_grey="00"), "256 bytes"),
        ('{"hashes": {"pdq": "' + PDQ + '"}, "width": ' + "9" * 5000 + "}", "no JSON"),
        (line(note="n" * MOST_LINE_BYTES), "longer than 4 MiB"),
    ],
)
def test_a_bad_line_says_why_and_the_rest_is_read(bad, said):
    found = read(read_ndjson, f"{line()}\n{bad}\n{line()}\n")
    assert list(found.bad) == [2]
    assert said in found.bad[2]
    assert sorted(found.entries) == [1, 3]
