import contextlib

import pytest

from eikona.native import switch


@pytest.fixture(scope="session")
def compiled():
    """The kernels, compiled where no earlier run has stored them."""
    before = switch.kernels()
    assert switch.prepare(switch.COMPILE_FOR), "kernels cannot be compiled here"
    found = switch.kernels()
    switch._switch.kernels = before
    return found


@pytest.fixture
def with_kernels(compiled, monkeypatch):
    """Return a context in which this process has kernels; outside of it, it has none."""
    monkeypatch.setattr(switch._switch, "kernels", None)

    @contextlib.contextmanager
    def context():
        switch._switch.kernels = compiled
        try:
            yield
        finally:
            switch._switch.kernels = None

    return context
