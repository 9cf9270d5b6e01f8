"""A server on a folder of its own, with quick passwords and a clock that tests turn."""

import pytest

from tests.unit.apps.api.served import Served


@pytest.fixture
def served(tmp_path):
    with Served(tmp_path / "data") as made:
        yield made
