"""Imports in chunks of any size do what putting one line after the other would do."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eikona.adapters.bank.additions import bare_fingerprint
from eikona.adapters.bank.store import BankStore
from eikona.adapters.lists import hash_lists, ndjson
from eikona.adapters.lists.list_import import ListImport
from eikona.adapters.lists.ndjson import read_ndjson
from eikona.adapters.lists.threat_csv import read_exchange_csv
from eikona.domain.bank import Entry, EntryState
from tests.unit.adapters.lists.made_lists import CREATED, PDQ, SHORT

CODES = [f"{digit}" * 16 for digit in range(3)]


@pytest.fixture
def store(tmp_path):
    with BankStore.create(tmp_path / "a.bank") as store:
        yield store


def put(store, reader, text, *more, created=CREATED):
    sink, refused = ListImport(store), []
    for chunk in reader(io.BytesIO(text.encode()), *more, created):
        refused += [*chunk.bad, *sink.put(chunk)]
    return (sink.added, sink.replaced, sink.unchanged), [bad.line for bad in refused]


def contents(store):
    return {entry.name: entry for entry in store.entries()}


lines = st.lists(
    st.tuples(
        st.sampled_from(["phash", "dhash"]), st.sampled_from(CODES), st.sampled_from(["", "a", "b"])
    ),
    max_size=12,
)


def expected(bank, some):
    """What the lines make of a bank, one after the other; and which of them are refused."""
    bank, told, refused = {name: dict(hashes) for name, hashes in bank.items()}, {}, []
    for line, (kind, code, name) in enumerate(some, 1):
        called = name or f"{kind}:{code}"
        if told.setdefault((called, kind), code) != code:
            refused.append(line)
            continue
        bank.setdefault(called, {})[kind] = code
    return bank, refused


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=lines, second=lines, rows=st.sampled_from([1, 2, 5, 100]))
def test_agrees_with_one_line_after_the_other(tmp_path_factory, first, second, rows):
    folder, bank = tmp_path_factory.mktemp("bank"), {}
    with BankStore.create(folder / "a.bank") as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(hash_lists, "ROWS_AT_ONCE", rows)
        for some in (first, second):
            text = "".join(f"{kind} {code} {name}\n" for kind, code, name in some)
            before = bank
            bank, refused = expected(bank, some)
            (added, *_), told = put(store, hash_lists.read_list, text, None)
            assert (added, sorted(told)) == (len(bank.keys() - before.keys()), refused)
            assert {n: e.fingerprint.hex for n, e in contents(store).items()} == bank
            (added, replaced, _), told = put(store, hash_lists.read_list, text, None)
            assert (added, replaced, sorted(told)) == (0, 0, refused)


@pytest.mark.parametrize("held", [False, True])
def test_what_a_line_does_not_say_stays(tmp_path, held):
    picture = bare_fingerprint({"phash": bytes.fromhex(SHORT)}, {"phash": 1})
    there = Entry(
        name="x",
        fingerprint=replace(picture, width=3, image_format="jpeg"),
        created=CREATED,
        state=EntryState.CONTESTED,
        tags=("a",),
        owner="me",
        note="n",
        source="s",
    )
    BankStore.create(tmp_path / "a.bank").add([there])
    later = CREATED + timedelta(days=1)
    with BankStore.open(tmp_path / "a.bank", writable=held) as store:
        text = '{"name":"x","hashes":{"phash":"' + SHORT + '"},"note":"new"}\n'
        assert put(store, read_ndjson, text, created=later) == ((0, 1, 0), [])
        assert store.entry("x") == replace(there, note="new")
        assert put(store, read_ndjson, text, created=later) == ((0, 0, 1), [])
        for said in (
            '"tags":["b"]',
            '"state":"review"',
            '"width":4',
            '"format":""',
            '"decode":"fast"',
        ):
            text = '{"name":"x","hashes":{"phash":"' + SHORT + '"},' + said + "}\n"
            assert put(store, read_ndjson, text)[0] == (0, 1, 0)
            assert put(store, read_ndjson, text)[0] == (0, 0, 1)
        assert store.entry("x").note == "new"
        assert store.entry("x").tags == ("b",)
        text = '{"name":"x","hashes":{"dhash":"' + SHORT + '"}}\n'
        assert put(store, read_ndjson, text)[0] == (0, 1, 0)
        assert store.entry("x").fingerprint.hex == {"phash": SHORT, "dhash": SHORT}


def test_a_new_forbild_hash_drops_grey_values_that_were_anothers(store):
    grey = "ab" * 256
    text = '{"name":"x","hashes":{"forbild":"%s"},"forbild_grey":"%s"}\n'
    assert put(store, read_ndjson, text % (PDQ, grey))[0] == (1, 0, 0)
    assert put(store, read_ndjson, text % (PDQ, grey))[0] == (0, 0, 1)
    bare = '{"name":"x","hashes":{"forbild":"%s"}}\n'
    assert put(store, read_ndjson, bare % PDQ)[0] == (0, 0, 1)
    assert store.entry("x").fingerprint.forbild_grey.hex() == grey
    assert put(store, read_ndjson, bare % PDQ[::-1])[0] == (0, 1, 0)
    assert store.entry("x").fingerprint.forbild_grey == b""


HEADER = "signal_type,signal_str,category,tags\n"


def opinions(*categories):
    return HEADER + "".join(f"pdq,{PDQ},{one},{one[:3]}\n" for one in categories)


def state(store):
    return store.entry(f"pdq:{PDQ}").state


@pytest.mark.parametrize("rows", [1, 100])
@pytest.mark.parametrize("turned", [False, True])
def test_opinions_of_one_list_are_joined(store, monkeypatch, rows, turned):
    monkeypatch.setattr("eikona.adapters.lists.entry_csv.ROWS_AT_ONCE", rows)
    some = ["POSITIVE_CLASS", "INVESTIGATION_SEED", "NEGATIVE_CLASS"]
    text = opinions(*(some[::-1] if turned else some))
    put(store, read_exchange_csv, text, None)
    assert state(store) is EntryState.CONTESTED
    assert set(store.entry(f"pdq:{PDQ}").tags) == {"POS", "INV", "NEG"}
    assert put(store, read_exchange_csv, text, None)[0][1] == 0
    assert state(store) is EntryState.CONTESTED


def test_a_later_list_replaces_an_opinion_but_nothing_that_was_decided(store):
    put(store, read_exchange_csv, opinions("INVESTIGATION_SEED"), None)
    put(store, read_exchange_csv, opinions("POSITIVE_CLASS"), None)
    assert state(store) is EntryState.ACTIVE
    for decided in (EntryState.CONTESTED, EntryState.WITHDRAWN):
        store.add([replace(store.entry(f"pdq:{PDQ}"), state=decided, tags=("own",))])
        put(store, read_exchange_csv, opinions("POSITIVE_CLASS", "INVESTIGATION_SEED"), None)
        assert state(store) is decided
        assert store.entry(f"pdq:{PDQ}").tags == ("own", "POS", "INV")


def test_many_chunks_of_known_and_new_lines(store, monkeypatch):
    monkeypatch.setattr(ndjson, "ROWS_AT_ONCE", 500)
    text = "".join(
        f'{{"name":"{number % 1500}","hashes":{{"phash":"{number % 1500:016x}"}}}}\n'
        for number in range(4000)
    )
    assert put(store, read_ndjson, text) == ((1500, 0, 2500), [])
    assert len(store) == 1500
    assert put(store, read_ndjson, text) == ((0, 0, 4000), [])
