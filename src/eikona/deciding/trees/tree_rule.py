"""The rule ``tree:FILE``: what a trained tree says."""

import json
from collections.abc import Mapping
from dataclasses import replace

from eikona.deciding.rule import Measured, Rule, block, clear, quality_for
from eikona.deciding.trees.bounds import bounds_of, scans_all
from eikona.deciding.trees.tree import INLIERS, WEIGHTED, Leaf, Split, Tree
from eikona.deciding.trees.tree_file import read_tree
from eikona.domain.errors import InvalidTreeError
from eikona.domain.verdict import Distances, Outcome, Verdict

_WITHOUT_HASHES = "pdq"  # what a tree that asks of alignments alone shows as distance


def tree_file_rule(text: str, path: str, algorithms: Mapping[str, Measured]) -> Rule:
    """Return the rule ``tree:FILE``.

    Raises:
        UnknownRuleError: there is no file at ``path`` that could be read.
        InvalidTreeError: what it holds is no tree, or one of hashes that this version lacks.
    """
    return rule_of(text, read_tree(path), algorithms)


def rule_of(name: str, tree: Tree, algorithms: Mapping[str, Measured]) -> Rule:
    """Return the rule that judges by ``tree``.

    Raises:
        InvalidTreeError: it asks of a hash that this version has not, or in another version.
    """
    needs = _hashes(name, tree, algorithms)
    bounds = bounds_of(tree, algorithms, needs[0])
    quality = quality_for(*needs)

    def judge(distances: Distances, entries: int) -> Verdict:
        leaf, way = tree.leaf(distances)
        verdict = _said(name, tree, leaf, way)
        if leaf.outcome is Outcome.BLOCK:
            verdict = block(name, verdict.reason, distances, quality)
        if leaf.outcome is Outcome.CLEAR:
            return verdict
        expected = entries * tree.false_share(leaf) if distances.quality >= quality else None
        return replace(verdict, expected_false_matches=expected, confidence=tree.least(leaf))

    return Rule(
        name,
        needs,
        bounds,
        judge,
        aligns=INLIERS in tree.distances,
        scans_all=scans_all(bounds, algorithms),
    )


def asked(split: Split, yes: bool) -> str:  # noqa: FBT001  an answer
    """Return a question with its answer as a clause."""
    words = "at most" if yes else "more than"
    name = "the number of inliers" if split.distance == INLIERS else split.distance
    return f"{name} is {words} {split.at_most:g}"


def _said(name: str, tree: Tree, leaf: Leaf, way: tuple[tuple[Split, bool], ...]) -> Verdict:
    because = _joined(way)
    if leaf.outcome is Outcome.CLEAR:
        return clear(name, because)
    sure = f"{100 * tree.least(leaf):.3g} % of such pairs or more are copies"
    reason = f"{because}; {sure}, where {100 * tree.prior:g} % of all pairs are"
    return Verdict(leaf.outcome, leaf.match, name, reason)


def _joined(way: tuple[tuple[Split, bool], ...]) -> str:
    """Return the tightest of what was answered, each distance once a side."""
    tightest: dict[tuple[str, bool], Split] = {}
    for split, yes in way:
        key = (split.distance, yes)
        known = tightest.get(key)
        if known is None or (split.at_most < known.at_most) == yes:
            tightest[key] = split
    return ", ".join(asked(split, yes) for (_, yes), split in tightest.items())


def _hashes(name: str, tree: Tree, algorithms: Mapping[str, Measured]) -> tuple[str, ...]:
    """Return the hashes that both pictures must have, the first one first.

    Raises:
        InvalidTreeError: one of them is not known here, or in another version.
    """
    names = dict.fromkeys(
        "forbild" if one == WEIGHTED else one for one in tree.distances if one != INLIERS
    )
    for one in names:
        if one not in algorithms:
            raise InvalidTreeError(
                f"{name} asks for {json.dumps(one)}, which is no distance of this version: train"
                " a tree with it"
            )
        ours, theirs = algorithms[one].id.version, tree.versions.get(one)
        if theirs != ours:
            raise InvalidTreeError(
                f"{name} was trained on version {theirs} of {one}, and this is version {ours}:"
                " train it again"
            )
    return tuple(names) or (_WITHOUT_HASHES,)
