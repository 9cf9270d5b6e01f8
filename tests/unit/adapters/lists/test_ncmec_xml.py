"""Pages of NCMEC's hash sharing, in the shape that its clients' tests show, and hostile XML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eikona.adapters.lists.ncmec_xml import read_ncmec
from eikona.domain.bank import EntryState
from eikona.domain.errors import InvalidTableError
from tests.unit.adapters.lists.made_lists import PDQ, read

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MD5 = "a1" * 16


def page(*entries):
    return (
        f'{HEAD}<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">\n'
        f'<images count="2" maxTimestamp="2017-10-24T15:10:00Z">\n{"".join(entries)}</images>\n'
        "<paging><next>/v2/entries?from=2017&amp;to=2018</next></paging></queryResult>\n"
    )


def image(pdq=PDQ, feedback=""):
    return (
        '<image><member id="42">Example Member</member><timestamp>2017-10-24T15:00:00Z</timestamp>'
        "<id>image1</id><classification>A1</classification>"
        f"<fingerprints><md5>{MD5}</md5><pdq>{pdq}</pdq></fingerprints>{feedback}</image>\n"
    )


def feedback(kind, of):
    return (
        f'<feedback><{kind} type="{of}" lastUpdateTimestamp="2023-06-01T12:48:14Z"><members>'
        f'<member id="42">Example Member</member></members></{kind}></feedback>'
    )


def test_an_image():
    found = read(read_ncmec, page(image(f"\n  {PDQ}\n")))
    assert found.bad == {}
    assert found.foreign == {"md5": 1}
    assert list(found.entries) == [4]
    assert found.one.fingerprint.hex == {"pdq": PDQ}
    assert found.one.state is EntryState.ACTIVE
    assert (found.one.tags, found.one.source) == (("A1",), "ncmec:image1")


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (feedback("affirmativeFeedback", "Pdq"), EntryState.ACTIVE),
        (feedback("negativeFeedback", "Pdq"), EntryState.CONTESTED),
        (feedback("negativeFeedback", "Md5"), EntryState.ACTIVE),
        ("<feedback />", EntryState.ACTIVE),
    ],
)
def test_feedback(said, state):
    assert read(read_ncmec, page(image(feedback=said))).one.state is state


def test_what_is_gone_or_bad_is_told_and_the_rest_is_read():
    gone = "<deletedImage><member id='43'>x</member><id>image4</id></deletedImage>\n"
    found = read(read_ncmec, page(gone, image(PDQ[:-2]), image()))
    assert "image4 is gone" in found.bad[4]
    assert "64 hex digits" in found.bad[5]
    assert list(found.entries) == [6]


def test_a_page_that_breaks_off_gives_what_was_before():
    text = page(image(), image(PDQ[::-1]))
    found = read(read_ncmec, text[: text.index("</images>") - 30])
    assert list(found.entries) == [4]
    assert "cannot be read" in next(iter(found.bad.values()))


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><queryResult>&a;</queryResult>',
        "<a>" * 100_000,
        f"<queryResult>{'x' * (1 << 21)}</queryResult>",
    ],
)
def test_hostile_pages_are_refused(text):
    with pytest.raises(InvalidTableError):
        read(read_ncmec, text)


@given(st.binary(max_size=80))
def test_any_bytes_end(data):
    read(read_ncmec, b"<queryResult>" + data)
