"""The pieces of etcd's requests and answers that a log needs.

Source: etcd's API reference v3.4: JSON in which bytes are in base64 and whole numbers in strings.
"""

import base64
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeyValue:
    """A key as it stands in etcd, and the revisions at which it was put last and first."""

    key: bytes
    value: bytes
    revision: int
    created: int


def in_base64(data: bytes) -> str:
    """Return bytes as etcd's JSON has them."""
    return base64.b64encode(data).decode()


def key_value(told: Json) -> KeyValue:
    """Return the key that etcd tells of."""
    return KeyValue(
        base64.b64decode(told["key"]),
        base64.b64decode(told.get("value", "")),
        int(told["mod_revision"]),
        int(told["create_revision"]),
    )


def put(key: str, value: bytes, *, lease: str = "") -> Json:
    """Wish for a key to have a value; as long as a lease lasts, if one is named."""
    wish = {"key": _key(key), "value": in_base64(value)}
    return {"requestPut": wish | ({"lease": lease} if lease else {})}


def get(key: str) -> Json:
    """Ask for one key."""
    return {"requestRange": {"key": _key(key)}}


def get_all(prefix: str) -> Json:
    """Ask for the keys with a prefix."""
    return {"requestRange": {"key": _key(prefix), "range_end": _key(after_prefix(prefix))}}


def get_since(prefix: str, revision: int, *, most: int) -> Json:
    """Ask for the keys with a prefix that were put at a revision or after, in that order."""
    return {
        "requestRange": {
            "key": _key(prefix),
            "range_end": _key(after_prefix(prefix)),
            "min_mod_revision": str(revision),
            "sort_target": "MOD",
            "sort_order": "ASCEND",
            "limit": str(most),
        }
    }


def delete_range(first: str, end: str) -> Json:
    """Wish for keys from one to before another to be gone."""
    return {"requestDeleteRange": {"key": _key(first), "range_end": _key(end)}}


def watch(prefix: str, revision: int) -> Json:
    """Ask to be told of keys with a prefix that are put from a revision on."""
    return {
        "create_request": {
            "key": _key(prefix),
            "range_end": _key(after_prefix(prefix)),
            "start_revision": str(revision),
            "filters": ["NODELETE"],
        }
    }


def stands_at(key: str, revision: int) -> Json:
    """Demand that a key was last put at a revision; 0 means that there is none."""
    return {"key": _key(key), "target": "MOD", "mod_revision": str(revision)}


def is_absent(key: str) -> Json:
    """Demand that there is no such key."""
    return {"key": _key(key), "target": "CREATE", "create_revision": "0"}


def ranges_of(answer: Json) -> list[list[KeyValue]]:
    """Return what the questions of a transaction found."""
    return [
        [key_value(item) for item in part["response_range"].get("kvs", ())]
        for part in answer.get("responses", ())
        if "response_range" in part
    ]


def after_prefix(prefix: str) -> str:
    """Return the first key that sorts after all that begin so."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _key(key: str) -> str:
    return in_base64(key.encode())
