"""A sample of the campaign of ``benchmarks.quorum``: processes killed, stopped, starved."""

import pytest

from benchmarks.quorum.campaign import Campaign
from benchmarks.quorum.cluster import Cluster, Setting
from benchmarks.quorum.load import Load
from benchmarks.quorum.measure import restart


def test_whatever_dies_nothing_acknowledged_is_lost_or_doubled(tmp_path):
    setting = Setting(nodes=3, compact_after=60, keep=5, file_bytes=8192)
    with Cluster(tmp_path, setting) as cluster, Load(cluster, clients=3, seed=5) as load:
        campaign = Campaign(cluster, load, seed=5)
        for fault in campaign.faults:
            campaign.one(fault)
        campaign.check()
    tally = campaign.tally
    assert tally.kills >= 9
    assert tally.acknowledged > 100
    assert tally.is_clean, tally


def test_nodes_on_etcd_die_as_well(tmp_path, etcd):
    setting = Setting(nodes=3, engine="etcd", compact_after=60, endpoints=(etcd,))
    with Cluster(tmp_path, setting) as cluster, Load(cluster, clients=3, seed=6) as load:
        campaign = Campaign(cluster, load, seed=6)
        for fault in campaign.faults_for("etcd"):
            campaign.one(fault)
        campaign.check()
    assert campaign.tally.is_clean, campaign.tally


def test_the_campaign_sees_what_is_lost(tmp_path):
    """A tally that cannot be unclean would prove nothing."""
    with Cluster(tmp_path, Setting(nodes=1)) as cluster:
        with Load(cluster, clients=1, seed=7) as load:
            load.wait_for(10, within_s=20)
        campaign = Campaign(cluster, load, seed=7)
        campaign.check()
        assert campaign.tally.is_clean
        first, second, *_ = load.acknowledged
        load.acknowledged[bytes(16)] = 3
        load.acknowledged[first], load.acknowledged[second] = 1, 0
        campaign.check()
    assert (campaign.tally.lost, campaign.tally.moved) == (1, 2)


@pytest.mark.slow
def test_after_many_entries_a_node_is_back_soon_and_its_disk_is_bounded(tmp_path):
    setting = Setting(nodes=3, compact_after=500, keep=50, file_bytes=65_536)
    with Cluster(tmp_path, setting) as cluster:
        found = restart(cluster, entries=2000, clients=16)
    assert found["entries"] >= 2000
    # ids of 16 bytes in the snapshot, 500 commands of 480 in the journal and as much again
    assert found["disk_bytes"] < 2200 * 16 + 2 * (500 * 600 + 2 * 65_536)
