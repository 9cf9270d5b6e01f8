"""ThreatExchange's tables; the module under test names where their columns are from."""

import pytest

from eikona.adapters.lists.threat_csv import (
    is_exchange_csv,
    read_exchange_csv,
    state_file_type,
)
from eikona.domain.bank import EntryState
from eikona.domain.errors import InvalidTableError
from tests.unit.adapters.lists.made_lists import PDQ, SHORT, read

HEADER = "signal_type,signal_str,collab,category,tags"


def table(text, kind=None):
    return read(read_exchange_csv, text, kind)


@pytest.mark.parametrize(
    ("category", "state"),
    [
        ("POSITIVE_CLASS", EntryState.ACTIVE),
        ("INVESTIGATION_SEED", EntryState.REVIEW),
        ("NEGATIVE_CLASS", EntryState.WITHDRAWN),
        ("DISPUTED", EntryState.CONTESTED),
        ("SOMETHING_NEW", EntryState.REVIEW),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_dataset(category, state, end):
    rows = [HEADER, f"pdq,{PDQ},Sample Data,{category},a b", f"video_md5,{SHORT * 2},x,{category},"]
    found = table(end.join(rows) + end)
    assert found.one.state is state
    assert found.one.tags == ("a", "b")
    assert found.one.name == f"pdq:{PDQ}"
    assert found.foreign == {"video_md5": 1}
    assert found.bad == {}


def test_a_table_with_the_names_of_the_interface():
    text = (
        f'ID,Type,Raw_Indicator,Status,Tags,Description\n9,HASH_PDQ,{PDQ},NON_MALICIOUS,"a, b",hm\n'
    )
    found = table(text).one
    assert (found.state, found.tags) == (EntryState.WITHDRAWN, ("a", "b"))
    assert (found.note, found.source) == ("hm", "threatexchange:9")


@pytest.mark.parametrize(
    ("row", "state", "tags"),
    [
        (f"{PDQ},12,2020-07-01T18:31:15+0000,a true_positive", EntryState.ACTIVE, ("a",)),
        (f"{PDQ},12,2020-07-01T18:31:15+0000,a disputed", EntryState.CONTESTED, ("a",)),
        (f"{PDQ},12,mine,false_positive", EntryState.WITHDRAWN, ()),
        (f"{PDQ},77,12,2020-07-01T18:31:15+0000,a", EntryState.REVIEW, ("a",)),
    ],
)
def test_a_state_file(row, state, tags):
    found = table(f"{row}\n", "HASH_PDQ").one
    assert (found.state, found.tags) == (state, tags)


def test_state_files_tell_their_type_by_name():
    assert state_file_type("/x/simple.HASH_PDQ.te") == "HASH_PDQ"
    assert state_file_type("/x/HASH_PDQ.te") is None


def test_bad_rows_are_told_and_the_rest_is_read():
    good = f"pdq,{PDQ},x,POSITIVE_CLASS,"
    found = table(f"{HEADER}\n{good}\npdq,{PDQ[:-2]},x,POSITIVE_CLASS,\npdq,{PDQ}\n{good}\n")
    assert sorted(found.entries) == [2, 5]
    assert "64 hex digits" in found.bad[3]
    assert "2 cells" in found.bad[4]


def test_headers():
    assert is_exchange_csv(HEADER)
    assert is_exchange_csv("type;indicator")
    assert not is_exchange_csv("type,name,pdq")
    with pytest.raises(InvalidTableError, match="signal"):
        table("type,name\npdq,x\n")
