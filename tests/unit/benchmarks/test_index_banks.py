"""The crash campaign and the timing of banks, in small: nothing is lost, and every row is there."""

from benchmarks.index import banks, crashes
from eikona.adapters.bank import log_writer, writer


def test_a_short_campaign_loses_nothing(tmp_path, monkeypatch):
    for module, name in (
        (writer, "MOST_LOGGED"),
        (writer, "TAIL_ROWS"),
        (log_writer, "SYNC_EVERY_S"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))  # the campaign sets them
    found = crashes.run(tmp_path, 12, seed=5)
    assert (found.rounds, found.lost, found.half, found.damaged) == (12, 0, 0, 0)
    assert found.acknowledged > 12


def test_a_change_that_is_gone_is_counted(tmp_path):
    campaign = crashes.Campaign()
    path = crashes.BankStore.create(tmp_path / "bank").path
    state = crashes._after({}, 3, 4)
    crashes._check(path, {}, 3, 4, campaign)
    assert (campaign.lost, campaign.half) == (1, 0)  # the bank is as it was before all four
    store = crashes.BankStore.open(path)
    store.add([crashes._entry(name, number) for name, number in state.items()])
    store.add([crashes._entry("nobody's", 1)])
    crashes._check(path, {}, 3, 4, campaign)
    assert (campaign.lost, campaign.half) == (1, 1)


def test_every_row_is_measured(tmp_path):
    rows = list(banks.measure(tmp_path, 4000, 20))
    assert [row["what"] for row in rows] == [
        "add during a merge",
        "open",
        "first search after opening",
        "idle",
        "add",
        "remove",
        "durable add",
    ]
    assert all(row["p50"] <= row["p99"] <= row["max"] for row in rows)
