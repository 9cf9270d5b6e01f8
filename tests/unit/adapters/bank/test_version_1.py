"""A bank that the first version wrote, kept as it was: every later version must read it.

``version-1`` was written in November 2026 and is never to be changed.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from eikona.adapters.bank.store import BankStore
from eikona.adapters.bank.verify import verify_bank
from eikona.domain.errors import EntryNotFoundError
from eikona.services.ports import HashKey
from eikona.services.search_codes import search_codes
from tests.unit.adapters.bank.made import entry, files

_WRITTEN = Path(__file__).parent / "version-1"


def test_is_read_and_left_as_it_is():
    before = files(_WRITTEN)
    with BankStore.open(_WRITTEN) as store:
        assert len(store) == 4
        facts = {"source": "/pictures/a.jpg", "tags": ("sea", "old"), "owner": "Anna", "note": "ü"}
        assert store.entry("a.jpg") == entry("a.jpg", seed=1, **facts)
        assert store.entry("b \udcff\n.jpg") == entry("b \udcff\n.jpg", seed=2)
        listed = store.entry("list 2").fingerprint
        assert listed.hashes == {"pdq": bytes(range(32, 64))}
        assert (listed.width, listed.quality) == (0, 100)
        assert store.entry("theirs").fingerprint.hashes == {"average_hash": bytes(range(7))}
        for name in ("gone", "list 1"):
            with pytest.raises(EntryNotFoundError):
                store.entry(name)
        code = np.arange(32, 64, dtype=np.uint8)[None]
        found = search_codes(store.snapshot, HashKey("pdq", 1, 32), code, 0)
        assert found == [[("list 2", 0)]]
    assert verify_bank(_WRITTEN) == []
    assert files(_WRITTEN) == before


def test_goes_on_being_written(tmp_path):
    shutil.copytree(_WRITTEN, tmp_path / "bank")
    store = BankStore.open(tmp_path / "bank")
    store.add([entry("new")])
    store.remove(["a.jpg"])
    names = {one.name for one in BankStore.open(tmp_path / "bank").entries()}
    assert names == {"b \udcff\n.jpg", "list 2", "theirs", "new"}
