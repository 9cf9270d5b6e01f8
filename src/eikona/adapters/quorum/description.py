"""What everybody in a quorum may know of it: ``quorum.json``. It holds no secret."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from eikona.balloting.canonical import canonical, parse
from eikona.balloting.records import noun_from, record_of
from eikona.domain.bounds import KeyId, Many, Name, PublicKey, Text, Whole, Words
from eikona.domain.errors import MalformedError, QuorumError
from eikona.domain.roster import SEATS_MOST

QUORUM_FILE = "quorum.json"
FORMAT = 1
_BYTES_MOST = 2**20

Certificate = Annotated[str, Text(8192, r"([0-9a-f]{2})+")]  # DER, in hex


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """One node.

    Attributes:
        name: what it is called.
        address: where its Raft listens.
        certificate: what it shows.
        key: what its ballots are checked with.
        rule: what it judges by.
    """

    name: Name
    address: Words
    certificate: Certificate
    key: PublicKey
    rule: Words


@dataclass(frozen=True, slots=True)
class GatewayDescription:
    """Where cases come from."""

    address: Words
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class QuorumDescription:
    """A quorum.

    Attributes:
        format: version of this form.
        quorum: key id of the administrator.
        administrator: the key that signs rosters and lists of reference pictures.
        policy: name of the preset.
        gateway: where cases come from.
        operator: certificate of whoever may submit cases and stop everything.
        nodes: all of them.
    """

    format: Annotated[int, Whole(FORMAT, least=FORMAT)]
    quorum: KeyId
    administrator: PublicKey
    policy: Name
    gateway: GatewayDescription
    operator: Certificate
    nodes: Annotated[tuple[NodeDescription, ...], Many(SEATS_MOST)]

    def node(self, name: str) -> NodeDescription:
        """Return a node.

        Raises:
            QuorumError: there is none of this name.
        """
        for one in self.nodes:
            if one.name == name:
                return one
        names = ", ".join(one.name for one in self.nodes)
        raise QuorumError(f"no node is called {name}: there are {names}")


def write_description(path: Path, described: QuorumDescription) -> None:
    """Write a description.

    Raises:
        OSError: it cannot be written.
    """
    text = json.dumps(record_of(described), indent=2, ensure_ascii=False)
    partial = path.with_name(f"{path.name}.new")
    partial.write_text(f"{text}\n", encoding="utf-8")
    partial.replace(path)


def read_description(path: Path) -> QuorumDescription:
    """Read a description.

    Raises:
        QuorumError: there is none.
    """
    try:
        with path.open("rb") as file:
            record = json.loads(file.read(_BYTES_MOST))
        return noun_from(QuorumDescription, parse(canonical(record), most_bytes=_BYTES_MOST))
    except FileNotFoundError as error:
        raise QuorumError(
            f"there is no quorum in {path.parent}: start one with eikona quorum up"
        ) from error
    except (OSError, ValueError, MalformedError, RecursionError) as error:
        raise QuorumError(f"{path} describes no quorum: {error}") from error
