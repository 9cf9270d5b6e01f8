"""Where everything of a quorum is, on the machine of its gateway and administrator."""

from dataclasses import dataclass
from pathlib import Path

from eikona.adapters.keys.ed25519 import NodeKey
from eikona.adapters.keys.key_file import read_key
from eikona.adapters.quorum.description import QUORUM_FILE
from eikona.adapters.raft.engine import IDENTITY
from eikona.adapters.raft.identity import Identity, own_identity
from eikona.balloting.canonical import parse
from eikona.balloting.records import noun_from
from eikona.domain.errors import QuorumError
from eikona.domain.roster import SignedRoster

PUBLIC_KEYS = "quorum.keys"
_ROSTER_BYTES_MOST = 65536


@dataclass(frozen=True, slots=True)
class QuorumFolder:
    """Where everything of a quorum on one machine is."""

    path: Path

    @property
    def description(self) -> Path:
        """What everybody may know."""
        return self.path / QUORUM_FILE

    @property
    def administrator_key(self) -> Path:
        """What rosters and lists of pictures are signed with."""
        return self.path / "administrator.key"

    @property
    def public_keys(self) -> Path:
        """What receipts are checked with."""
        return self.path / PUBLIC_KEYS

    @property
    def roster(self) -> Path:
        """The roster, as the administrator signed it."""
        return self.path / "roster.json"

    @property
    def roster_sent(self) -> Path:
        """Serial number of the newest roster that may have reached the nodes."""
        return self.path / "roster.sent"

    @property
    def signed_description(self) -> Path:
        """What everybody may know, as the administrator signed it; from the first change on."""
        return self.path / "quorum.signed"

    @property
    def gateway(self) -> Path:
        """What the gateway keeps."""
        return self.path / "gateway"

    def node(self, name: str) -> Path:
        """What a node keeps."""
        return self.path / "nodes" / name

    def local_nodes(self) -> list[Path]:
        """Return the folders of nodes that are on this machine."""
        return sorted(path for path in (self.path / "nodes").glob("*") if path.is_dir())

    def identity(self, who: str) -> Identity:
        """Return the certificate of ``gateway`` or ``operator``; made where there is none."""
        return own_identity(self.path / who / IDENTITY, who)

    def administrator(self) -> NodeKey:
        """Return the administrator's key.

        Raises:
            InvalidKeyError: there is none that can be used.
        """
        return read_key(self.administrator_key)

    def signed_roster(self) -> SignedRoster:
        """Return the roster.

        Raises:
            QuorumError: there is none.
        """
        try:
            content = self.roster.read_bytes()
        except OSError as error:
            raise QuorumError(f"{self.roster} cannot be read: {error.strerror}") from error
        return noun_from(SignedRoster, parse(content, most_bytes=_ROSTER_BYTES_MOST))
