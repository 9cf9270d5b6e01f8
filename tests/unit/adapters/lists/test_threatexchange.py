"""ThreatExchange's, HMA's and StopNCII's JSON.

The shapes are those that facebook/ThreatExchange's clients and tests show; the modules under test
name the files.
"""

import io
import json
import time

import pytest

from eikona.adapters.bank.column_chunks import of_entries_alike
from eikona.adapters.lists.threatexchange import (
    exchange_lines,
    is_exchange_record,
    read_exchange,
)
from eikona.domain.bank import EntryState
from tests.unit.adapters.bank.made import entry
from tests.unit.adapters.lists.made_lists import CREATED, PDQ, SHORT, read

STATES = {
    "MALICIOUS": EntryState.ACTIVE,
    "SUSPICIOUS": EntryState.REVIEW,
    "UNKNOWN": EntryState.REVIEW,
    "NON_MALICIOUS": EntryState.WITHDRAWN,
}


def descriptor(**more):
    return {"id": "17", "raw_indicator": PDQ, "type": "HASH_PDQ", "status": "MALICIOUS"} | more


def update(*descriptors, **more):
    return {
        "id": "4",
        "indicator": PDQ,
        "type": "HASH_PDQ",
        "should_delete": False,
        "descriptors": {"data": list(descriptors)},
    } | more


def one(value):
    found = read(read_exchange, json.dumps(value))
    assert found.bad == {}
    return found.one


@pytest.mark.parametrize("status", STATES)
def test_a_descriptor(status):
    value = descriptor(status=status, tags={"data": [{"id": "1", "text": "b"}]}, description="seen")
    found = one({"data": [value], "paging": {"cursors": {}}})
    assert found.name == f"pdq:{PDQ}"
    assert found.fingerprint.hex == {"pdq": PDQ}
    assert found.state is STATES[status]
    assert (found.tags, found.note, found.source) == (("b",), "seen", "threatexchange:17")


@pytest.mark.parametrize("tags", [None, [], {"data": []}])
def test_tags_may_be_missing(tags):
    assert one(descriptor(tags=tags)).tags == ()


def test_an_update_joins_what_its_descriptors_say():
    first, second = (
        {"status": "MALICIOUS", "tags": ["a"]},
        {"status": "UNKNOWN", "tags": ["b", "a"]},
    )
    found = one(update(first, second))
    assert (found.state, found.tags) == (EntryState.ACTIVE, ("a", "b"))


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (update({"status": "MALICIOUS"}, {"status": "NON_MALICIOUS"}), EntryState.CONTESTED),
        (update({"status": "UNKNOWN"}, {"status": "NON_MALICIOUS"}), EntryState.CONTESTED),
        (
            descriptor(reactions=[{"key": "DISAGREE_WITH_TAGS", "value": "1,2"}]),
            EntryState.CONTESTED,
        ),
        (
            descriptor(status="UNKNOWN", reactions=[{"key": "HELPFUL", "value": "1"}]),
            EntryState.ACTIVE,
        ),
        (descriptor(reactions=[{"key": "INGESTED", "value": "1"}]), EntryState.ACTIVE),
        (update({"status": "MALICIOUS"}, should_delete=True), EntryState.WITHDRAWN),
        ({"indicator": PDQ, "type": "HASH_PDQ", "should_delete": True}, EntryState.WITHDRAWN),
        ({"indicator": PDQ, "type": "HASH_PDQ"}, EntryState.REVIEW),
    ],
)
def test_disputed_and_deleted_ones(value, state):
    assert one(value).state is state


def test_records_one_a_line_and_types_that_no_bank_holds():
    text = "\n".join(
        json.dumps(value)
        for value in (
            descriptor(type="HASH_MD5", raw_indicator=SHORT * 2),
            descriptor(),
            descriptor(type="HASH_TMK", raw_indicator="…"),
            descriptor(type="HASH_MD5", raw_indicator=SHORT * 2),
        )
    )
    found = read(read_exchange, text)
    assert found.foreign == {"HASH_MD5": 2, "HASH_TMK": 1}
    assert list(found.entries) == [2]


CONTENT = {
    "id": 12,
    "disable_until_ts": 1,
    "original_media_uri": None,
    "bank": {"name": "OURS", "matching_enabled_ratio": 1.0},
    "signals": {"pdq": PDQ, "video_md5": SHORT * 2},
    "metadata": {"content_uri": "https://example.org/a.jpg"},
    "note": "hello",
}


def test_bank_content_of_hma():
    found = read(read_exchange, json.dumps(CONTENT))
    assert found.foreign == {"video_md5": 1}
    assert found.one.name == "OURS/12"
    assert found.one.state is EntryState.ACTIVE
    assert found.one.tags == ("OURS",)
    assert (found.one.note, found.one.source) == ("hello", "https://example.org/a.jpg")
    answer = {"id": 3, "signals": {"pdq": PDQ}}
    assert one(answer).name == "hma:3"


@pytest.mark.parametrize(
    ("until", "state"),
    [(0, "withdrawn"), (1, "active"), (1_600_000_000, "active"), (time.time() + 1e6, "withdrawn")],
)
def test_disabled_bank_content(until, state):
    assert one(CONTENT | {"disable_until_ts": int(until)}).state == state


@pytest.mark.parametrize(
    ("status", "feedbacks", "state"),
    [
        ("Active", [], "review"),
        ("Active", ["Blocked"], "active"),
        ("Active", ["NotBlocked"], "contested"),
        ("Active", ["Blocked", "NotBlocked"], "contested"),
        ("Withdrawn", ["Blocked"], "withdrawn"),
        ("Deleted", [], "withdrawn"),
    ],
)
def test_cases_of_stopncii(status, feedbacks, state):
    record = {
        "lastModtimestamp": 1,
        "signalType": "ImagePDQ",
        "hashValue": PDQ,
        "hashStatus": status,
        "caseNumbers": {"a": status},
        "CSPFeedbacks": [{"feedbackValue": one, "tags": ["t"], "source": "x"} for one in feedbacks],
    }
    page = {"count": 1, "nextPageToken": None, "hashRecords": [record], "hasMoreRecords": False}
    assert is_exchange_record(page)
    assert one(page).state == state
    assert one(page).tags == (("t",) if feedbacks else ())


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (7, "no record"),
        ({}, "no type and indicator"),
        (descriptor(type=7), "no type and indicator"),
        (descriptor(raw_indicator=PDQ[:-2]), "64 hex digits, not 62"),
        (descriptor(raw_indicator="x" * 64), "no hexadecimal"),
        (descriptor(tags=[7]), "no list of tags"),
        (descriptor(tags="abc", reactions=[7]), "of other kinds than records"),
        (descriptor(status=[]), "of other kinds than records"),
        (CONTENT | {"signals": {}}, "include_signals"),
        (CONTENT | {"note": 7}, "no text"),
        (CONTENT | {"bank": 7}, "of other kinds than records"),
        (CONTENT | {"disable_until_ts": float("inf")}, "of other kinds than records"),
        ({"hashValue": PDQ}, "no signalType"),
    ],
)
def test_a_bad_record_says_why_and_the_rest_is_read(value, said):
    good = json.dumps(descriptor())
    found = read(read_exchange, f"[{good},\n{json.dumps(value)},\n{good}]")
    assert list(found.bad) == [2]
    assert said in found.bad[2]
    assert sorted(found.entries) == [1, 3]


def test_what_is_written_is_read_with_states_tags_and_notes():
    originals = [
        entry(state.value, state=state, tags=("a b", "c"), note="" if state == "active" else "n")
        for state in EntryState
    ]
    text = "".join(exchange_lines([of_entries_alike(originals)]))
    assert is_exchange_record(json.loads(text))
    found = read(read_exchange, text)
    assert [
        (one.fingerprint.hashes["pdq"], one.state, one.tags, one.note)
        for one in found.entries.values()
    ] == [(one.fingerprint.hashes["pdq"], one.state, one.tags, one.note) for one in originals]
    assert json.loads(
        "".join(exchange_lines([of_entries_alike([entry("x", names=("nmf",))])]))
    ) == {"data": []}


def test_an_indicator_may_be_an_object_of_its_own():
    value = {"id": "17", "status": "MALICIOUS"}
    value["indicator"] = {"id": "4", "indicator": PDQ, "type": "HASH_PDQ"}
    found = one([value | {"type": "HASH_PDQ"}])
    assert (found.fingerprint.hex, found.state) == ({"pdq": PDQ}, EntryState.ACTIVE)
    assert is_exchange_record(value | {"type": "HASH_PDQ"})


def test_of_records_on_one_line_the_bad_one_is_told():
    records = [descriptor(), descriptor(id="23", type=7), descriptor(id=None, type=7), 5]
    chunks = list(read_exchange(io.BytesIO(json.dumps({"data": records}).encode()), CREATED))
    said = [line.reason for chunk in chunks for line in chunk.bad]
    assert said == [
        "record 2 (id '23') has no type and indicator",
        "record 3 has no type and indicator",
        "record 4 is no record: '5'",
    ]


@pytest.mark.parametrize("until", [None, 1, "1"])
def test_content_without_an_end_is_active(until):
    content = {"id": 9, "disable_until_ts": until, "signals": {"pdq": PDQ}}
    assert one([content]).state is EntryState.ACTIVE
