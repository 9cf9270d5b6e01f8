"""``eikona.Bank`` as its users meet it."""

import io

import numpy as np
import pytest
from PIL import Image

import eikona
from eikona.domain.bank import Added
from eikona.domain.errors import EntryNotFoundError, InvalidFingerprintError, UsageError
from tests.integration.bad_input import picture


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Return paths of three pictures and of copies of the first two."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(3):
        image = picture(number, (640, 480))
        image.save(folder / f"{number}.png")
        image.save(folder / f"copy-{number}.jpg", quality=50)
    Image.open(folder / "1.png").transpose(Image.Transpose.ROTATE_90).save(folder / "turned.png")
    return folder


@pytest.fixture
def bank(tmp_path):
    with eikona.Bank.create(tmp_path / "a.bank") as bank:
        yield bank


def test_finds_copies_and_how_they_lie(bank, pictures):
    for number in range(3):
        assert bank.add(pictures / f"{number}.png", name=f"{number}") == Added(added=1)
    (match,) = bank.search(pictures / "copy-0.jpg")
    assert match.entry.name == "0"
    assert match.verdict.match
    assert match.entry.source == str(pictures / "0.png")
    assert match.distance == match.distances.by_name["pdq"]
    (match,) = bank.search(pictures / "turned.png", radius=31)
    assert (match.entry.name, match.distances.orientation) == ("1", "rotate-270")
    assert bank.search(pictures / "turned.png", rule="threshold:phash=5") == []


def test_a_path_is_a_name_and_other_sources_need_one(bank, pictures):
    path = pictures / "0.png"
    bank.add(path)
    assert str(path) in bank
    assert bank.entry(str(path)).fingerprint.width == eikona.fingerprint(path).width
    with pytest.raises(UsageError, match="name="):
        bank.add(path.read_bytes())
    bank.add(io.BytesIO(path.read_bytes()), name="file")
    bank.add(path.read_bytes(), name="bytes")
    bank.add(eikona.fingerprint(path), name="fingerprint")
    assert len(bank) == 4 == len(list(bank))
    assert bank.entry("bytes").source == ""
    found = bank.search(path, radius=0)
    assert {match.entry.name for match in found} == {str(path), "file", "bytes", "fingerprint"}
    assert len(bank.search(path, radius=0, top=2)) == 2
    assert bank.remove("file", "bytes", "nobody") == 2
    with pytest.raises(EntryNotFoundError, match="nobody"):
        bank.entry("nobody")


def test_what_is_noted_of_an_entry_outlives_a_new_picture(bank, pictures):
    bank.add(pictures / "0.png", name="a")
    noted = bank.entry("a")
    bank.add_entries([type(noted)(**{**_fields(noted), "note": "kept", "tags": ("x",)})])
    assert bank.add(pictures / "1.png", name="a") == Added(replaced=1)
    assert (bank.entry("a").note, bank.entry("a").tags) == ("kept", ("x",))


def _fields(one):
    return {name: getattr(one, name) for name in type(one).__slots__}


def test_other_algorithms_are_added_to_those_that_are_there(bank, pictures):
    bank.add(pictures / "0.png", name="a")
    with pytest.raises(UsageError, match="--algorithm nmf"):
        bank.search(pictures / "copy-0.jpg", rule="threshold:nmf=0.2")
    assert bank.passed_by(rule="threshold:nmf=0.2") == 1
    assert bank.add(pictures / "0.png", name="a", algorithms=["nmf"]) == Added(replaced=1)
    assert bank.search(pictures / "copy-0.jpg", rule="threshold:nmf=0.2")
    assert bank.search(pictures / "copy-0.jpg", rule="eikona")


@pytest.mark.parametrize("top", [0, -1])
def test_no_match_is_lost_to_a_top_below_one(bank, pictures, top):
    bank.add(pictures / "0.png")
    with pytest.raises(UsageError, match="one match at least"):
        bank.search(pictures / "0.png", top=top)


def test_search_many_is_search_many_times(bank, pictures):
    for number in range(3):
        bank.add(pictures / f"{number}.png", name=f"{number}")
    prints = [eikona.fingerprint(pictures / f"copy-{number}.jpg") for number in (2, 0, 1)]
    assert bank.search_many(prints) == [bank.search(one) for one in prints]
    assert bank.search_many([]) == []


def test_bare_codes(bank):
    codes = np.zeros((3, 32), np.uint8)
    codes[1, 31], codes[2, 0] = 1, 255
    assert bank.add_codes("pdq", ["zero", "one", "eight"], codes) == Added(added=3)
    assert bank.search_codes("pdq", codes[:2], 1) == [
        [("zero", 0), ("one", 1)],
        [("one", 0), ("zero", 1)],
    ]
    assert bank.search_codes("pdq", codes[2:], 256)[0] == [("eight", 0), ("zero", 8), ("one", 9)]
    assert bank.search_codes("pdq", codes[:0], 1) == []


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (np.zeros((1, 31), np.uint8), InvalidFingerprintError),
        (np.zeros((1, 64), np.uint8), InvalidFingerprintError),
        (np.zeros((2, 32), np.uint8), UsageError),
        (np.zeros((1, 32), np.int64), UsageError),
        (np.zeros(32, np.uint8), UsageError),
    ],
)
def test_codes_of_another_shape_are_refused(bank, codes, error):
    with pytest.raises(error):
        bank.add_codes("pdq", ["a"], codes)
    assert len(bank) == 0


def test_what_others_change_is_seen_after_refresh(bank, pictures):
    other = eikona.Bank.open(bank._store.path)
    other.add(pictures / "0.png", name="a")
    assert len(bank) == 0
    bank.add(pictures / "1.png", name="b")  # on top of the other's
    assert len(bank) == 2
    other.refresh()
    assert "b" in other


def test_searches_among_some_entries(bank, pictures):
    bank.add(pictures / "0.png", name="a")
    noted = bank.entry("a")
    facts = {**_fields(noted), "tags": ("x", "y"), "owner": "Anna"}
    bank.add_entries([type(noted)(**facts)], durable=True)

    def found(**filters):
        return len(bank.search(pictures / "0.png", **filters))

    assert found() == found(tags=["x"]) == found(owner="Anna", states=["active"]) == 1
    assert found(tags=["x", "z"]) == found(owner="Bert") == found(states=["review"]) == 0
    with pytest.raises(UsageError, match="withdrawn"):
        found(states=["lost"])


def test_a_bank_held_open_finds_what_was_just_added(bank, pictures):
    with eikona.Bank.open(bank._store.path, writable=True) as held:
        for durable in (False, True):
            held.add(pictures / "0.png", name="a", durable=durable)
            assert [match.entry.name for match in held.search(pictures / "copy-0.jpg")] == ["a"]
            assert held.remove("a", durable=durable) == 1
            assert held.search(pictures / "copy-0.jpg") == []
