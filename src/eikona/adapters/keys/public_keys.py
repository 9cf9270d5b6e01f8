"""Public keys in a file: ``{"administrator": hex, "nodes": {name: hex}}``, either part optional."""

import json
import re
from pathlib import Path

from eikona.adapters.keys.ed25519 import KEY_BYTES
from eikona.balloting.receipts import TrustedKeys
from eikona.domain.errors import InvalidKeyError

_BYTES_MOST = 65536
_HEX = re.compile(f"[0-9a-fA-F]{{{2 * KEY_BYTES}}}")


def write_public_keys(path: Path, keys: TrustedKeys) -> None:
    """Write public keys for those who check receipts.

    Raises:
        OSError: the file cannot be written.
    """
    content: dict[str, object] = {name: key.hex() for name, key in keys.nodes.items()}
    content = {"nodes": content}
    if keys.administrator is not None:
        content = {"administrator": keys.administrator.hex(), **content}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_public_keys(path: Path) -> TrustedKeys:
    """Read public keys that somebody trusts.

    Raises:
        InvalidKeyError: the file cannot be read or holds something else.
    """
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_BYTES_MOST))
    except OSError as error:
        raise InvalidKeyError(f"no keys can be read from {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidKeyError(f"{path} is no JSON") from error
    known = isinstance(content, dict) and content and content.keys() <= {"administrator", "nodes"}
    nodes = content.get("nodes", {}) if known else None
    if not isinstance(nodes, dict):
        raise InvalidKeyError(f'{path} is not {{"administrator": hex, "nodes": {{name: hex}}}}')
    administrator = content.get("administrator")
    return TrustedKeys(
        None if administrator is None else _key(path, "administrator", administrator),
        {name: _key(path, name, key) for name, key in nodes.items()},
    )


def _key(path: Path, name: str, value: object) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise InvalidKeyError(f"{path}: {name} has no public key of {KEY_BYTES} bytes in hex")
    return bytes.fromhex(value)
