import pytest
from hypothesis import given
from hypothesis import strategies as st

from eikona.balloting.canonical import canonical, parse
from eikona.domain.errors import MalformedError

MOST = 10_000
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_what_is_written_is_read(value):
    assert parse(canonical(value), most_bytes=MOST) == value


def test_the_form_is_that_of_rfc_8785():
    # Section 3.2.2's example of text, and 3.2.3's order of names, with no fractions.
    value = {"string": '\u20ac$\u000f\nA\'B"\\\\"/', "literals": [None, True, False], "1": 10}
    expected = '{"1":10,"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical(value) == expected.encode()


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b" {}",
        b"{} ",
        b"{",
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b"1.0",
        b"1e3",
        b"-0",
        b"01",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b"9" * 5000,
        b'"\\u0041"',
        b'"\\ud800"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b"[" * 5000 + b"]" * 5000,
        b'{"a":' * 1000,
    ],
)
def test_any_other_form_is_refused(message):
    with pytest.raises(MalformedError):
        parse(message, most_bytes=MOST)


def test_deep_nesting_is_refused_where_many_brackets_are_allowed():
    with pytest.raises(MalformedError):
        parse(b"[" * 90_000 + b"]" * 90_000, most_bytes=10**6, shallow=False)


def test_length_is_bounded():
    with pytest.raises(MalformedError):
        parse(canonical("a" * 20), most_bytes=21)
    assert parse(canonical("a" * 20), most_bytes=22) == "a" * 20
