"""An etcd for one quorum on one machine: on loopback, behind certificates of its own."""

import shutil
import sys
from pathlib import Path

from eikona.adapters.etcd.certificates import CLIENT, SERVER, Authority
from eikona.adapters.quorum.description import QuorumDescription
from eikona.apps.gateway.quorum_folder import QuorumFolder
from eikona.apps.gateway.setting_up import free_ports
from eikona.apps.node.engines import ETCD_FOLDER
from eikona.domain.errors import QuorumError

_HOST = "127.0.0.1"
_PEERS = "peer-address"


class OwnEtcd:
    """What ``quorum up`` starts beside the nodes where no other etcd is named."""

    def __init__(self, folder: QuorumFolder) -> None:
        """Know the folder; nothing is made yet."""
        self._quorum = folder
        self._folder = folder.path / ETCD_FOLDER

    @property
    def is_there(self) -> bool:
        """Whether the quorum has an etcd of its own."""
        return (self._folder / f"{SERVER}.crt").exists()

    @property
    def log(self) -> Path:
        """What it writes its log to."""
        return self._folder / "etcd.log"

    def make(self) -> str:
        """Make its authority and certificates; return its endpoint.

        Raises:
            OSError: they cannot be written.
        """
        authority = Authority(self._folder)
        client, peer = free_ports(2)
        authority.revoke()
        (self._folder / _PEERS).write_text(f"https://{_HOST}:{peer}", encoding="ascii")
        authority.admit(self._folder, SERVER, host=_HOST)
        return f"https://{_HOST}:{client}"

    def follow(self, described: QuorumDescription) -> bool:
        """Give each node of this machine a certificate, and revoke those of all others.

        Returns:
            Whether one was revoked: etcd must be started anew to end the connections of its owner.

        Raises:
            OSError: they cannot be written.
        """
        authority = Authority(self._folder)
        names = {one.name for one in described.nodes}
        gone = []
        for folder in self._quorum.local_nodes():
            if folder.name in names:
                authority.admit(folder / ETCD_FOLDER, CLIENT)
            elif (certificate := folder / ETCD_FOLDER / f"{CLIENT}.crt").exists():
                gone.append(certificate)
        return authority.revoke(*gone)

    def command(self, described: QuorumDescription) -> list[str]:
        """Return what it is started with.

        Raises:
            QuorumError: etcd is not installed.
        """
        program = shutil.which("etcd")
        if program is None:
            raise QuorumError(
                "etcd is not installed: apt install etcd-server, or name its servers with --etcd"
            )
        peers = (self._folder / _PEERS).read_text(encoding="ascii")
        (endpoint,) = described.endpoints
        authority = Authority(self._folder)
        certificate, key = (str(self._folder / f"{SERVER}.{kind}") for kind in ("crt", "key"))
        trusted = str(authority.certificate_path)
        tied = [sys.executable, "-P", "-m", "eikona.apps.gateway.tied_process"]
        return [
            *(*tied, program, "--name", "eikona", "--data-dir", str(self._folder / "data")),
            *("--listen-client-urls", endpoint, "--advertise-client-urls", endpoint),
            *("--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers),
            *("--initial-cluster", f"eikona={peers}"),
            *("--cert-file", certificate, "--key-file", key),
            *("--client-cert-auth", "--trusted-ca-file", trusted),
            *("--client-crl-file", str(authority.revoked_path)),
            *("--peer-cert-file", certificate, "--peer-key-file", key),
            *("--peer-client-cert-auth", "--peer-trusted-ca-file", trusted),
        ]
