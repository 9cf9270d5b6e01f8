"""Trees as files: JSON that a person can read and a stranger may have written.

::

    {"format": "eikona tree", "version": 1,
     "prior": 0.5, "copies": 4731, "others": 5269,
     "hashes": {"dhash256": 1},
     "notes": {"made with": "eikona 0.1.0"},
     "tree": {"distance": "dhash256", "at_most": 85,
              "yes": {"outcome": "block", "match": true, "copies": 4600, "others": 30},
              "no": {"outcome": "clear", "match": false, "copies": 131, "others": 5239}}}

Nothing in it is run. Size, depth and number of answers are bounded, and every value is checked.
"""

import json
import os
import stat
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from eikona.deciding.trees.tree import (
    MOST_DEPTH,
    MOST_DISTANCES,
    MOST_LEAVES,
    Leaf,
    Node,
    Split,
    Tree,
    leaves,
)
from eikona.domain.errors import InvalidTreeError, UnknownRuleError
from eikona.domain.verdict import Outcome

FORMAT, VERSION = "eikona tree", 1
MOST_BYTES = 1 << 20
_MOST_COUNT = 10**15
_MOST_NOTES, _LONGEST_NOTE, _LONGEST_NAME = 32, 500, 64
_FIELDS = frozenset({"format", "version", "prior", "copies", "others", "hashes", "notes", "tree"})
_OF_SPLIT = frozenset({"distance", "at_most", "yes", "no"})
_OF_LEAF = frozenset({"outcome", "match", "copies", "others"})

# What is blocked is a match, what is clear is none, and a person may be shown both.
_MATCHES: Mapping[Outcome, tuple[bool, ...]] = MappingProxyType(
    {Outcome.BLOCK: (True,), Outcome.REVIEW: (True, False), Outcome.CLEAR: (False,)}
)

Fields = Mapping[str, Any]


def read_tree(path: str) -> Tree:
    """Return the tree in a file.

    Raises:
        UnknownRuleError: there is none that could be read.
        InvalidTreeError: it is no tree.
    """
    try:
        data = _read(path)
    except (OSError, ValueError) as error:  # a null character in the path is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise UnknownRuleError(
            f"no tree can be read from {path!r}: {reason}; eikona train --distances CSV -o FILE"
            " makes one"
        ) from error
    return parse_tree(data, path)


def parse_tree(data: bytes, name: str = "the tree") -> Tree:
    """Return the tree that ``data`` holds.

    Args:
        data: what ``tree_text`` gave, in UTF-8.
        name: what errors call it.

    Raises:
        InvalidTreeError: it holds none.
    """
    try:
        return _tree(_fields(json.loads(data, object_pairs_hook=_once, parse_constant=_refused)))
    except RecursionError:
        reason = "it is nested too deeply"
    except InvalidTreeError as error:
        reason = str(error)
    except ValueError as error:  # no JSON, or no UTF-8
        reason = f"it is no JSON ({error})"
    raise InvalidTreeError(f"{name} is no tree of Eikona: {reason}")


def tree_text(tree: Tree) -> str:
    """Return the text that ``parse_tree`` reads."""
    fields = {
        "format": FORMAT,
        "version": VERSION,
        "prior": tree.prior,
        "copies": tree.copies,
        "others": tree.others,
        "hashes": dict(tree.versions),
        "notes": dict(tree.notes),
        "tree": _node_fields(tree.root),
    }
    return json.dumps(fields, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _read(path: str) -> bytes:
    # A named pipe must not block, and a device must not be read for ever.
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(0, "it is no regular file")
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InvalidTreeError(
            f"{path} is no tree of Eikona: it has more than {MOST_BYTES:,} bytes"
        )
    return data


def _tree(fields: Fields) -> Tree:
    if fields.get("format") != FORMAT:
        raise InvalidTreeError(f'it does not say "format": "{FORMAT}"')
    if fields.get("version") != VERSION:
        version = fields.get("version")
        raise InvalidTreeError(
            f"it is of version {version!r:.20}, and this program reads {VERSION}"
        )
    _only(fields, _FIELDS, "the file")
    root = _node(fields["tree"], 0)
    if isinstance(root, Leaf):
        raise InvalidTreeError("it asks no question")
    found = list(leaves(root))
    if len(found) > MOST_LEAVES:
        raise InvalidTreeError(f"it has more than {MOST_LEAVES} answers")
    tree = Tree(
        root=root,
        prior=_number(fields, "prior", 0, 1),
        copies=_count(fields, "copies"),
        others=_count(fields, "others"),
        versions={_name(one): _count(fields["hashes"], one) for one in _fields(fields["hashes"])},
        notes=_notes(_fields(fields["notes"])),
    )
    if len(tree.distances) > MOST_DISTANCES:
        raise InvalidTreeError(f"it asks of more than {MOST_DISTANCES} distances")
    sums = (sum(leaf.copies for leaf in found), sum(leaf.others for leaf in found))
    if not 0 < tree.prior < 1 or sums != (tree.copies, tree.others) or not all(sums):
        raise InvalidTreeError("its counts do not add up, or its prior is not between 0 and 1")
    return tree


def _node(value: object, level: int) -> Node:
    fields = _fields(value)
    if level > MOST_DEPTH:
        raise InvalidTreeError(f"it is deeper than {MOST_DEPTH} questions")
    if "outcome" in fields:
        _only(fields, _OF_LEAF, "an answer")
        if fields["outcome"] not in tuple(Outcome):
            raise InvalidTreeError("an outcome is not block, review or clear")
        outcome, match = Outcome(fields["outcome"]), fields["match"]
        if type(match) is not bool or match not in _MATCHES[outcome]:
            raise InvalidTreeError(
                f"an answer says {outcome} and not rightly whether it is a match"
            )
        return Leaf(outcome, match, _count(fields, "copies"), _count(fields, "others"))
    _only(fields, _OF_SPLIT, "a question")
    most = float(_MOST_COUNT)
    return Split(
        distance=_name(fields["distance"]),
        at_most=_number(fields, "at_most", -most, most),
        yes=_node(fields["yes"], level + 1),
        no=_node(fields["no"], level + 1),
    )


def _node_fields(node: Node) -> dict[str, Any]:
    if isinstance(node, Leaf):
        return {
            "outcome": str(node.outcome),
            "match": node.match,
            "copies": node.copies,
            "others": node.others,
        }
    whole = float(node.at_most).is_integer()
    return {
        "distance": node.distance,
        "at_most": int(node.at_most) if whole else node.at_most,
        "yes": _node_fields(node.yes),
        "no": _node_fields(node.no),
    }


def _fields(value: object) -> Fields:
    if not isinstance(value, dict):
        raise InvalidTreeError("something else stands where an object should be")
    return value


def _only(fields: Fields, known: frozenset[str], what: str) -> None:
    if fields.keys() != known:
        raise InvalidTreeError(f"{what} does not have exactly {', '.join(sorted(known))}")


def _count(fields: Fields, name: str) -> int:
    number = _number(fields, name, 0, _MOST_COUNT)
    if not number.is_integer():
        raise InvalidTreeError(f"{name[:_LONGEST_NAME]} is no whole number")
    return int(number)


def _number(fields: Fields, name: str, least: float, most: float) -> float:
    value = fields[name]
    if type(value) not in (int, float) or not least <= value <= most:
        raise InvalidTreeError(f"{name[:_LONGEST_NAME]} is no number from {least:g} to {most:g}")
    return float(value)


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME or not value.isprintable():
        raise InvalidTreeError("a distance has no name of letters")
    return value


def _notes(fields: Fields) -> dict[str, str | float | int]:
    if len(fields) > _MOST_NOTES:
        raise InvalidTreeError(f"it has more than {_MOST_NOTES} notes")
    for name, value in fields.items():
        _name(name)
        if isinstance(value, str):
            fine = len(value) <= _LONGEST_NOTE and value.isprintable()
        else:
            fine = type(value) in (int, float) and abs(value) <= _MOST_COUNT
        if not fine:
            raise InvalidTreeError(f"the note {name!r} is no short text and no number")
    return dict(fields)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise InvalidTreeError("a name stands twice in one object")
    return fields


def _refused(name: str) -> NoReturn:
    raise InvalidTreeError(f"{name} is no number")
