import pytest
import typer

from eikona.apps.cli.durations import duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("75ms", 0.075), ("0.5s", 0.5), ("2min", 120.0), (" 5 s ", 5.0)]
)
def test_times_have_units(text, seconds):
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["5", "s", "-1s", "0s", "2h", "61min", "1e3s", ""])
def test_others_are_refused(text):
    with pytest.raises(typer.BadParameter):
        duration(text)
