"""Records come out of JSON documents of any shape, and broken ones cost only themselves."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eikona.adapters.lists import json_stream
from eikona.adapters.lists.json_stream import Record, read_records
from eikona.adapters.lists.listed import BadLine
from tests.unit.adapters.lists.test_line_blocks import Dribbling

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
objects = st.dictionaries(st.text(max_size=4).filter(lambda key: key != "data"), values, max_size=4)
spaces = st.sampled_from([None, 1])


def found(text, each=1 << 30):
    records = list(read_records(Dribbling(text.encode(), each), ("data",)))
    assert all(isinstance(one, Record) for one in records), records
    return [one.value for one in records]


@given(st.lists(objects, max_size=4), spaces, st.integers(1, 40))
def test_documents_one_after_the_other(some, indent, each):
    assert found("\n".join(json.dumps(one, indent=indent) for one in some), each) == some


@given(st.lists(objects, max_size=4), spaces, st.integers(1, 40))
def test_an_array(some, indent, each):
    assert found(json.dumps(some, indent=indent), each) == some


@pytest.mark.parametrize("window", [1, 7, 1 << 20])
@given(st.lists(st.lists(objects, max_size=3), max_size=3), spaces, values)
def test_pages_however_long(window, pages, indent, other):
    text = "".join(
        json.dumps({"other": other, "data": page, "paging": {"next": [1]}}, indent=indent)
        for page in pages
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_READ_BYTES", window)
        assert found(text, max(window, 3)) == [one for page in pages for one in page]


def lines(text, each=1 << 30):
    return [
        (one.line, one.value if isinstance(one, Record) else "bad")
        for one in read_records(Dribbling(text.encode(), each), ("data",))
    ]


@pytest.mark.parametrize("each", [5, 1 << 20])
def test_a_broken_record_costs_itself_where_each_has_a_line(each):
    text = '{"data":[\n{"a":1},\n{"a":2,,},\n{"a":3}\n],"paging":{}}\n{"a":4}\n'
    assert lines(text, each) == [(2, {"a": 1}), (3, "bad"), (4, {"a": 3}), (6, {"a": 4})]


def test_what_follows_a_broken_record_on_its_line_is_lost_and_said():
    assert lines('[{"a":1},{"a":2,,},{"a":3}]') == [(1, {"a": 1}), (1, "bad")]


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"a":' * 200_000, '["', '{"data":[{"a"', "x", '{"a"']
)
def test_what_is_no_json_is_said(text):
    assert [what for _, what in lines(text)][-1:] == ["bad"] or set(text) == {"["}


def test_a_record_that_does_not_end_is_given_up(monkeypatch):
    monkeypatch.setattr(json_stream, "MOST_RECORD_LETTERS", 1000)
    monkeypatch.setattr(json_stream, "_READ_BYTES", 100)
    text = '[{"a":"' + "x" * 3000 + '\n{"a":1}\n'
    assert lines(text, 100) == [(1, "bad"), (2, {"a": 1})]


@given(st.binary(max_size=60), st.integers(1, 9))
def test_any_bytes_end(data, each):
    for one in read_records(Dribbling(data, each), ("data",)):
        assert isinstance(one, Record | BadLine)


def test_bytes_that_are_no_utf_8_are_replaced():
    (record,) = read_records(io.BytesIO(b'{"a":"\xff"}'), ())
    assert record.value == {"a": "\ufffd"}
