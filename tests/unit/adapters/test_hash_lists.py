"""Lists of hashes as other programs write them, good and bad."""

from datetime import UTC, datetime

import pytest

from eikona.adapters.bank.additions import bare_fingerprint
from eikona.adapters.hash_lists import BadLine, Listed, is_type, list_lines, parse_hash, read_list
from eikona.domain.bank import Entry
from eikona.domain.errors import UsageError
from eikona.services.ports import HashKey

PDQ = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"
SHORT = "0123456789abcdef"


def read(text, kind=None):
    return list(read_list(text.splitlines(keepends=True), kind))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (f"pdq {PDQ}", f"pdq:{PDQ}"),
        (f"PDQ {PDQ.upper()}", f"pdq:{PDQ}"),
        (f"  pdq\t{PDQ}  ", f"pdq:{PDQ}"),
        (f"pdq,{PDQ}", f"pdq:{PDQ}"),
        (f"pdq, {PDQ},beach.jpg", "beach.jpg"),
        (f"pdq {PDQ} two words, and # more", "two words, and # more"),
        (f"pdq {PDQ} b\udce4ch.jpg", "b\udce4ch.jpg"),
    ],
)
def test_a_typed_line(line, name):
    (found,) = read(line + "\r\n")
    assert found == Listed(1, name, {HashKey("pdq", 1, 32): bytes.fromhex(PDQ)})


def test_comments_and_empty_lines_count_as_lines_only():
    found = read(f"# known\n\n   \npdq {PDQ}\n#pdq {PDQ}\n")
    assert [one.line for one in found] == [4]


@pytest.mark.parametrize(
    ("kind", "text", "name"),
    [
        ("phash", SHORT, "phash"),
        ("imagehash:phash", SHORT, "imagehash-phash"),
        ("imagehash:phash", PDQ, "imagehash-phash256"),
        ("imagehash:average_hash", SHORT, "imagehash-ahash"),
        ("ImageHash:ahash", SHORT, "imagehash-ahash"),
        ("imagehash-whash256", PDQ, "imagehash-whash256"),
    ],
)
def test_types(kind, text, name):
    key, code = parse_hash(kind, text)
    assert key == HashKey(name, 1, len(text) // 2)
    assert code.hex() == text
    assert is_type(kind)


@pytest.mark.parametrize("kind", ["md5", "", "imagehash:", "imagehash:pdq", "imagehash"])
def test_what_is_no_type(kind):
    assert not is_type(kind)


def test_a_bare_line():
    first, second = read(f"{SHORT} a b.png\n{SHORT[::-1]}\n", "imagehash:phash")
    assert first.name == "a b.png"
    assert second.name == f"imagehash-phash:{SHORT[::-1]}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pdq", "write a type"),
        ("pdq f8f8", "64 hex digits, not 4"),
        (f"phash {PDQ}", "is it phash256"),
        (f"pdq {PDQ[:-1]}g", "no hexadecimal"),
        (f"pdq {PDQ[:-1]}", "no hexadecimal"),
        (f"md5 {SHORT}{SHORT}", "'md5'"),
        (f"{'x' * 5000} {SHORT}", "no hash is called"),
        (f"imagehash:phash {SHORT}00", "16 hex digits"),
        (f"pdq {PDQ} {'n' * 70_000}", "a name has"),
    ],
)
def test_a_bad_line_says_why_and_the_rest_is_read(line, said):
    first, bad, last = read(f"pdq {PDQ}\n{line}\nphash {SHORT}\n")
    assert isinstance(bad, BadLine)
    assert bad.line == 2
    assert said in bad.reason
    assert len(bad.reason) < 200
    assert isinstance(first, Listed)
    assert isinstance(last, Listed)


def entry(name):
    hashes = {"pdq": bytes.fromhex(PDQ), "phash": bytes.fromhex(SHORT)}
    return Entry(
        name=name,
        fingerprint=bare_fingerprint(hashes, {"pdq": 1, "phash": 1}),
        created=datetime.now(UTC),
    )


@pytest.mark.parametrize("name", ["a.jpg", "two words", "x, y", "#1", f"pdq:{PDQ}", "b\udce4.jpg"])
def test_written_lines_come_back(name):
    lines = list(list_lines(entry(name), None))
    found = [(one.name, *one.hashes.items()) for one in read("\n".join(lines))]
    assert found == [
        (name, (HashKey("pdq", 1, 32), bytes.fromhex(PDQ))),
        (name, (HashKey("phash", 1, 8), bytes.fromhex(SHORT))),
    ]
    (bare,) = list_lines(entry(name), "phash")
    assert bare.split(" ")[0] == SHORT
    assert [one.name for one in read(bare, "phash")] == [name]


@pytest.mark.parametrize("name", ["two\nlines", " space", "space ", ", comma", "a\u2028b", "a\rb"])
def test_names_that_no_line_can_hold_are_refused(name):
    with pytest.raises(UsageError, match="CSV"):
        list(list_lines(entry(name), None))
