"""What everybody in a quorum may know of it: ``quorum.json``. It holds no secret.

Whoever sets a quorum up gives it to all nodes. Changes come to them over the gateway, signed by the
administrator.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from eikona.balloting.canonical import Json, canonical, parse
from eikona.balloting.records import noun_from, record_of
from eikona.balloting.statements import Signer, Verify
from eikona.domain.bounds import Count, KeyId, Many, Name, PublicKey, Signature, Text, Whole, Words
from eikona.domain.errors import BadSignatureError, MalformedError, QuorumError
from eikona.domain.roster import SEATS_MOST

QUORUM_FILE = "quorum.json"
FORMAT = 2
RAFT, ETCD = "raft", "etcd"
_HEADING = b"eikona quorum description v2\n"
_ENDPOINTS_MOST = 16
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
        joins: whether it came to a quorum that ran already.
    """

    name: Name
    address: Words
    certificate: Certificate
    key: PublicKey
    rule: Words
    joins: bool = False


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
        serial: one more than that of the description before, from 1.
        quorum: key id of the administrator.
        administrator: the key that signs rosters and lists of reference pictures.
        policy: name of the preset.
        engine: what carries commands to all nodes: ``raft`` or ``etcd``.
        endpoints: etcd's addresses.
        gateway: where cases come from.
        operator: certificate of whoever may submit cases and stop everything.
        nodes: all of them.
    """

    format: Annotated[int, Whole(FORMAT, least=FORMAT)]
    serial: Count
    quorum: KeyId
    administrator: PublicKey
    policy: Name
    engine: Name
    endpoints: Annotated[tuple[Words, ...], Many(_ENDPOINTS_MOST)]
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


@dataclass(frozen=True, slots=True)
class SignedDescription:
    """A description, signed by the administrator."""

    description: QuorumDescription
    signature: Signature


def sign_description(described: QuorumDescription, administrator: Signer) -> SignedDescription:
    """Sign a description as the administrator."""
    return SignedDescription(described, administrator.sign(_message(described)))


def description_bytes(signed: SignedDescription) -> bytes:
    """Return a signed description as the content of a file."""
    return canonical(record_of(signed))


def description_from(content: bytes, *, administrator: bytes, verify: Verify) -> QuorumDescription:
    """Return the description that the administrator has signed.

    Raises:
        MalformedError: these bytes are none.
        BadSignatureError: the administrator has not signed it.
    """
    signed = noun_from(SignedDescription, parse(content, most_bytes=_BYTES_MOST))
    described = signed.description
    is_same = described.administrator == administrator
    if not is_same or not verify(
        key=administrator, message=_message(described), signature=signed.signature
    ):
        raise BadSignatureError("the administrator has not signed this description of the quorum")
    return described


def write_description(path: Path, described: QuorumDescription) -> None:
    """Write a description.

    Raises:
        OSError: it cannot be written.
    """
    text = json.dumps(record_of(described), indent=2, ensure_ascii=False)
    write_whole(path, f"{text}\n".encode())


def write_card(path: Path, node: NodeDescription) -> None:
    """Write what a node tells of itself, for the administrator.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(path, f"{json.dumps(record_of(node), indent=2, ensure_ascii=False)}\n".encode())


def read_card(path: Path) -> NodeDescription:
    """Read what a node tells of itself.

    Raises:
        QuorumError: the file cannot be read, or is something else.
    """
    try:
        with path.open("rb") as file:
            record = json.loads(file.read(_BYTES_MOST))
        return noun_from(NodeDescription, parse(canonical(record), most_bytes=_BYTES_MOST))
    except (OSError, ValueError, MalformedError, RecursionError) as error:
        raise QuorumError(f"{path} describes no node: {error}") from error


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place of the one before, whole or not at all.

    Raises:
        OSError: it cannot be written; the one before stays.
    """
    partial = path.with_name(f"{path.name}.new")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def read_description(path: Path) -> QuorumDescription:
    """Read a description.

    Raises:
        QuorumError: there is none.
    """
    try:
        with path.open("rb") as file:
            record = json.loads(file.read(_BYTES_MOST))
        return noun_from(
            QuorumDescription, parse(canonical(_of_today(record)), most_bytes=_BYTES_MOST)
        )
    except FileNotFoundError as error:
        raise QuorumError(
            f"there is no quorum in {path.parent}: start one with eikona quorum up"
        ) from error
    except (OSError, ValueError, MalformedError, RecursionError) as error:
        raise QuorumError(f"{path} describes no quorum: {error}") from error


def _of_today(record: Json) -> Json:
    """Return a description of form 1 as one of today's."""
    if not isinstance(record, dict) or record.get("format") != 1:
        return record
    nodes = record.get("nodes")
    if not isinstance(nodes, list):
        return record
    nodes = [{**one, "joins": False} for one in nodes if isinstance(one, dict)]
    new: dict[str, Json] = {"format": FORMAT, "serial": 1, "engine": RAFT, "endpoints": []}
    return {**record, **new, "nodes": nodes}


def _message(described: QuorumDescription) -> bytes:
    return _HEADING + hashlib.sha256(canonical(record_of(described))).digest()
