"""How many altered copies align with their originals, and how many other pictures do."""

import dataclasses
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

import eikona
from benchmarks.features.extractors import Extract
from benchmarks.robustness.hard_negatives import pictures as hard_negatives
from benchmarks.robustness.photos import Photo, upright
from eikona.domain.local_features import LocalFeatures
from eikona.imaging.alterations.attack import Attack
from eikona.matching.distances import hamming
from eikona.matching.guards import GUARDS, Guard
from eikona.matching.local_verification import Verifier

Row = dict[str, object]
COUNTS = (3, 4, 5, 6, 8, 10, 14)  # inliers that an alignment needs
PDQ_NEAR = 74  # bits of 256, over eight orientations: the hash beside the features
_SEED = 5


@dataclass(frozen=True, slots=True)
class Collection:
    """Features of photographs and of their copies.

    Attributes:
        originals: one a photograph.
        copies: by attack, in the same order.
    """

    originals: Sequence[LocalFeatures]
    copies: Mapping[str, Sequence[LocalFeatures]]

    def part(self, count: int) -> "Collection":
        """Return the first ``count`` photographs."""
        return Collection(
            self.originals[:count], {name: few[:count] for name, few in self.copies.items()}
        )


def collect(
    photos: Sequence[Photo],
    attacks: Sequence[Attack],
    extract: Mapping[str, Extract],
    report: Callable[[int], None],
) -> tuple[dict[str, Collection], dict[str, np.ndarray]]:
    """Return features by extractor, and the PDQ distance of each copy by attack."""
    originals: dict[str, list[LocalFeatures]] = {name: [] for name in extract}
    copies = {name: {attack.name: [] for attack in attacks} for name in extract}
    distances: dict[str, list[int]] = {attack.name: [] for attack in attacks}
    for number, photo in enumerate(photos):
        data = photo.path.read_bytes()
        image = upright(data)
        original = eikona.fingerprint(data, algorithms=["pdq"]).hashes["pdq"]
        for name, function in extract.items():
            originals[name].append(_without_margins(function(_luma(image))))
        for attack in attacks:
            copy = attack.copy(image, photo.digest)
            luma = _luma(Image.open(io.BytesIO(copy)))
            for name, function in extract.items():
                copies[name][attack.name].append(_without_margins(function(luma)))
            turned = eikona.fingerprint(copy, algorithms=["pdq"]).pdq_orientations
            distances[attack.name].append(min(hamming(code, original) for code in turned))
        report(number + 1)
    found = {name: Collection(originals[name], copies[name]) for name in extract}
    return found, {name: np.array(values) for name, values in distances.items()}


def inliers_of_copies(
    found: Collection, guards: Mapping[str, Guard] = GUARDS
) -> dict[str, np.ndarray]:
    """Return how many inliers each copy has with its original, by attack."""
    return {
        name: np.array(
            [
                Verifier(copy, guards).align(original).inliers
                for copy, original in zip(copies, found.originals, strict=True)
            ]
        )
        for name, copies in found.copies.items()
    }


def inliers_of_others(
    found: Collection, others: int, guards: Mapping[str, Guard] = GUARDS
) -> np.ndarray:
    """Return the inliers of each copy with ``others`` photographs that it is no copy of."""
    random = np.random.default_rng(_SEED)
    count = len(found.originals)
    values = []
    for copies in found.copies.values():
        for number, copy in enumerate(copies):
            verifier = Verifier(copy, guards)
            steps = 1 + random.permutation(count - 1)[:others]
            values += [
                verifier.align(found.originals[(number + step) % count]).inliers for step in steps
            ]
    return np.array(values)


def inliers_of_pairs(features: Sequence[LocalFeatures]) -> np.ndarray:
    """Return the inliers of every pair of different pictures, each pair once."""
    values = []
    for number, query in enumerate(features):
        verifier = Verifier(query)
        values += [verifier.align(entry).inliers for entry in features[number + 1 :]]
    return np.array(values)


def hard_features(
    photos: Sequence[Photo], extract: Extract, count: int
) -> Iterator[tuple[str, list[LocalFeatures]]]:
    """Yield each class of hard negatives with the features of its pictures."""
    images = [upright(photo.path.read_bytes()) for photo in photos[:count]]
    for name in hard_negatives.CLASSES:
        drawn = hard_negatives.pictures(name, images, len(images))
        yield name, [_without_margins(extract(_luma(image))) for image in drawn]


def inliers_within(
    features: Sequence[LocalFeatures], guards: Mapping[str, Guard] = GUARDS
) -> np.ndarray:
    """Return the inliers of every ordered pair of different pictures."""
    values = []
    for number, query in enumerate(features):
        verifier = Verifier(query, guards)
        others = (entry for other, entry in enumerate(features) if other != number)
        values += [verifier.align(entry).inliers for entry in others]
    return np.array(values)


def shares(values: np.ndarray) -> dict[str, float]:
    """Return which share of pairs reaches each number of inliers."""
    return {str(count): round(float((values >= count).mean()), 6) for count in COUNTS}


def numbers(values: np.ndarray) -> dict[str, int]:
    """Return how many pairs reach each number of inliers."""
    return {str(count): int((values >= count).sum()) for count in COUNTS}


def _luma(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB").convert("L"))


def _without_margins(features: LocalFeatures) -> LocalFeatures:
    return dataclasses.replace(features, margins=b"")
