"""A cluster within the test's own process, and a real etcd."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.quorum.etcd_server import NoEtcdError, etcd_server
from tests.faults.local_cluster import LocalCluster


@pytest.fixture
def three(tmp_path: Path) -> Iterator[LocalCluster]:
    with LocalCluster(tmp_path, 3) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        with etcd_server(tmp_path_factory.mktemp("etcd")) as endpoint:
            yield endpoint
    except NoEtcdError as error:
        pytest.skip(f"etcd: {error}")
