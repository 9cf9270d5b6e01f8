"""Lists of hashes as other programs write them, good and bad."""

import pytest

from eikona.adapters.bank.additions import bare_fingerprint
from eikona.adapters.bank.column_chunks import of_entries_alike
from eikona.adapters.lists.hash_lists import list_lines, read_list
from eikona.adapters.lists.hash_types import is_type, parse_hash
from eikona.adapters.lists.line_blocks import MOST_LINE_BYTES
from eikona.domain.bank import Entry, EntryState
from eikona.services.ports import HashKey
from tests.unit.adapters.lists.made_lists import CREATED, PDQ, SHORT, read


def typed(text, kind=None):
    return read(read_list, text, kind)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (f"pdq {PDQ}", f"pdq:{PDQ}"),
        (f"PDQ {PDQ.upper()}", f"pdq:{PDQ}"),
        (f"HASH_PDQ {PDQ}", f"pdq:{PDQ}"),
        (f"  pdq\t{PDQ}  ", f"pdq:{PDQ}"),
        (f"pdq,{PDQ}", f"pdq:{PDQ}"),
        (f"pdq, {PDQ},beach.jpg", "beach.jpg"),
        (f"pdq {PDQ} two words, and # more", "two words, and # more"),
        (f"pdq {PDQ} b\udce4ch.jpg", "b\udce4ch.jpg"),
        (f"\ufeffpdq {PDQ} x", "x"),
    ],
)
@pytest.mark.parametrize("end", ["\r\n", "\n", ""])
def test_a_typed_line(line, name, end):
    found = typed(line + end)
    assert not found.bad
    assert found.one == Entry(
        name=name,
        fingerprint=bare_fingerprint({"pdq": bytes.fromhex(PDQ)}, {"pdq": 1}),
        created=CREATED,
        state=EntryState.ACTIVE,
    )
    assert found.given == set()


def test_comments_and_empty_lines_count_as_lines_only():
    assert list(typed(f"# known\n\n   \npdq {PDQ}\n#pdq {PDQ}\n").entries) == [4]


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
    assert typed(f"{kind} {text}").one.fingerprint.hashes == {name: code}


@pytest.mark.parametrize("kind", ["md5", "", "imagehash:", "imagehash:pdq", "imagehash"])
def test_what_is_no_type(kind):
    assert not is_type(kind)


def test_a_bare_line():
    found = typed(f"{SHORT} a b.png\n{SHORT[::-1]}\n", "imagehash:phash").entries
    assert found[1].name == "a b.png"
    assert found[2].name == f"imagehash-phash:{SHORT[::-1]}"


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
        (f"pdq {PDQ} {'n' * MOST_LINE_BYTES}", "longer than 4 MiB"),
    ],
)
def test_a_bad_line_says_why_and_the_rest_is_read(line, said):
    found = typed(f"pdq {PDQ}\n{line}\nphash {SHORT}\n")
    assert list(found.bad) == [2]
    assert said in found.bad[2]
    assert sorted(found.entries) == [1, 3]


def test_one_bad_hash_of_a_name_leaves_the_other():
    found = typed(f"pdq {PDQ} x\nphash {SHORT}00 x\ndhash {SHORT} x\n")
    assert found.entries[1].fingerprint.hex == {"pdq": PDQ, "dhash": SHORT}
    assert list(found.bad) == [2]


def test_signal_types_that_no_bank_holds_are_counted():
    text = f"video_md5 {SHORT}{SHORT}\nraw_text how do you do, all of you\npdq {PDQ}\nurl\n"
    found = typed(text + f"video_md5 {SHORT}{SHORT}\n")
    assert found.foreign == {"video_md5": 2, "raw_text": 1, "url": 1}
    assert found.bad == {}
    assert list(found.entries) == [3]


def columns(name):
    hashes = {"pdq": bytes.fromhex(PDQ), "phash": bytes.fromhex(SHORT)}
    picture = bare_fingerprint(hashes, {"pdq": 1, "phash": 1})
    return of_entries_alike([Entry(name=name, fingerprint=picture, created=CREATED)])


@pytest.mark.parametrize("name", ["a.jpg", "two words", "x, y", "#1", f"pdq:{PDQ}", "b\udce4.jpg"])
def test_written_lines_come_back(name):
    lines, unfit = list_lines(columns(name), only=None)
    assert (len(lines), unfit) == (2, [])
    back = typed("\n".join(lines)).one
    assert (back.name, back.fingerprint.hex) == (name, {"pdq": PDQ, "phash": SHORT})
    (bare,), _ = list_lines(columns(name), only="phash", typed=False)
    assert bare.split(" ")[0] == SHORT
    assert typed(bare, "phash").one.name == name
    (alone,), _ = list_lines(columns(name), only="pdq", named=False)
    assert alone == f"pdq {PDQ}"
    assert list_lines(columns(name), only="nmf") == ([], [])


@pytest.mark.parametrize("name", ["two\nlines", " space", "space ", ", comma", "a\u2028b", "a\rb"])
def test_names_that_no_line_can_hold_are_told(name):
    assert list_lines(columns(name), only=None) == ([], [name])
    assert list_lines(columns(name), only="pdq", named=False) == ([f"pdq {PDQ}"], [])
