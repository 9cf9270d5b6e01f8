"""What is written for people names things as the command line does."""

import pytest

from eikona.apps.cli.records import error_text, failure_record
from eikona.domain.errors import TooManyBytesError
from eikona.domain.limits import Limits
from eikona.imaging.source import read_source


def test_limits_are_named_as_options():
    with pytest.raises(TooManyBytesError) as caught:
        read_source(b"xx", Limits(max_bytes=1))
    for text in (
        error_text(caught.value),
        failure_record("x", caught.value)["error"]["message"],
    ):
        assert "--max-bytes = 1" in text
        assert "max_bytes" not in text
    assert error_text(caught.value).endswith("(too_many_bytes)")
