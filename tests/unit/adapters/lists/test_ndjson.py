"""NDJSON that others wrote, and hostile lines."""

import io
import json

import pytest

from eikona.adapters.lists import line_blocks, ndjson
from eikona.adapters.lists.line_blocks import MOST_LINE_BYTES
from eikona.adapters.lists.listed import MOST_HASHES
from eikona.adapters.lists.ndjson import read_ndjson
from eikona.domain.bank import EntryState
from tests.unit.adapters.lists.made_lists import CREATED, PDQ, SHORT, read


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


def test_a_list_has_so_many_kinds_of_hashes_and_no_more():
    lines = [line(name=f"{number}", hashes={f"h{number}@1": "ab"}) for number in range(70)]
    found = read(read_ndjson, "\n".join([*lines, line(name="again", hashes={"h3@1": "cd"})]))
    assert sorted(found.entries) == [*range(1, MOST_HASHES + 1), 71]
    assert sorted(found.bad) == list(range(MOST_HASHES + 1, 71))
    assert "beyond the 64 kinds" in found.bad[70]


def test_one_hash_of_very_many_lengths_is_refused():
    lines = [line(name=f"{size}", hashes={"h@1": "ab" * size}) for size in range(1, 71)]
    found = read(read_ndjson, "\n".join([*lines, line()]))
    assert list(found.entries) == [71]
    assert "70 lengths" in found.bad[1]


def test_long_lines_are_parted_into_more_chunks(monkeypatch):
    monkeypatch.setattr(ndjson, "BYTES_AT_ONCE", 1000)
    monkeypatch.setattr(line_blocks, "_BLOCK_BYTES", 1000)
    text = "\n".join(line(name=f"{number}", note="n" * 400) for number in range(9))
    chunks = list(read_ndjson(io.BytesIO(text.encode()), CREATED))
    assert sum(chunk.rows for chunk in chunks) == 9
    assert max(chunk.rows for chunk in chunks) <= 3


@pytest.mark.parametrize(
    "lines",
    [
        (f'{{"hashes": {{"pdq": "{PDQ}"}}, "tags": ["a"', '"b"]}'),  # one object on two lines
        (f"{line()}, {line()}", f"{line(name='y')}"),
        (f'{line()}, "mark", {line()}',),
        (f'{{"hashes": {{"pdq": "{PDQ}"}}, "tags": ["a"', f'"b"]}}, {line()}'),
    ],
)
def test_a_line_is_an_object_by_itself(lines):
    found = read(read_ndjson, "\n".join([line(name="first"), *lines, line(name="last")]))
    assert found.entries[1].name == "first"
    assert found.entries[2 + len(lines)].name == "last"
    assert 2 in found.bad
