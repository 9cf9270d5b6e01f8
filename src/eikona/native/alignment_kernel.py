"""The motion that most matches between two pictures share; see ``matching.shared_motion``."""

import math
from typing import Any

import numpy as np

from eikona.native.jit import array, inlined
from eikona.native.ones_kernel import ones

_BITS = 128


def shared_motion(
    query_words_at: Any,
    entry_words_at: Any,
    query_frames_at: Any,
    entry_frames_at: Any,
    limits_at: Any,
    room_at: Any,
    matches_at: Any,
    places_at: Any,
    motion_at: Any,
    inliers_at: Any,
    found_at: Any,
    features: int,
    entries: int,
) -> None:
    """Match ``features`` codes with ``entries`` others, and find the motion most matches share.

    Words are of shape (2, n), frames (5, n). ``room`` is for entries + 130 numbers, ``matches`` for
    3 features, ``places`` for 8. ``motion`` takes (2, 3), ``inliers`` (3, features), ``found`` the
    numbers of matches and of inliers, which is 0 before.
    """
    query, entry = array(query_words_at, (2, features)), array(entry_words_at, (2, entries))
    ours, theirs = array(query_frames_at, (5, features)), array(entry_frames_at, (5, entries))
    limits = array(limits_at, (11,))
    room = array(room_at, (entries + _BITS + 2,))
    unsorted = array(matches_at, (3, features))
    places = array(places_at, (8, features))
    motion = array(motion_at, (2, 3))
    inliers = array(inliers_at, (3, features))
    found = array(found_at, (2,))
    distances, starts = room[:entries], room[entries:]
    ceiling, ratio = np.int32(limits[0]), limits[1]
    seeds, fewest = np.int64(limits[2]), np.int64(limits[3])
    reach, refitted_reach, factor, cosine = limits[4], limits[5], limits[6], limits[7]
    count = _match(query, entry, ceiling, ratio, distances, unsorted)
    found[0] = count
    if count < fewest:
        return
    _sort_by_distance(unsorted, count, starts, inliers)
    _pair(ours, theirs, inliers, count, places)
    if _vote(places, count, seeds, reach, factor, cosine, motion) < fewest:
        return
    inlier = places[7]
    agreeing = _mark(places, count, reach, factor, cosine, motion, inlier)
    for _ in range(np.int64(limits[8])):
        _refit(places, count, inlier, limits[10], motion)
        agreeing = _mark(places, count, refitted_reach, factor, cosine, motion, inlier)
        if agreeing < np.int64(limits[9]):
            break
    kept = 0
    for at in range(count):
        if inlier[at] > 0:
            for field in range(3):
                inliers[field, kept] = inliers[field, at]
            kept += 1
    found[1] = kept


def told_apart(
    query_at: Any, entry_at: Any, bounds_at: Any, kept_at: Any, features: int, count: int
) -> None:
    """Set ``kept`` to whether one of the query's codes alone is within an entry code's bound.

    Words are of shape (2, features) and (2, count).
    """
    query, entry = array(query_at, (2, features)), array(entry_at, (2, count))
    bounds, kept = array(bounds_at, (count,)), array(kept_at, (count,))
    low, high = query[0], query[1]
    for at in range(count):
        a, b, bound = entry[0, at], entry[1, at], bounds[at]
        rivals = np.int32(0)
        for other in range(features):
            rivals += np.int32(ones(a ^ low[other]) + ones(b ^ high[other]) <= bound)
        kept[at] = np.uint8(rivals == 1)


def one_a_place(places_at: Any, kept_at: Any, apart: Any, count: int) -> None:
    """Set ``kept`` to 0 for places within ``apart`` of an earlier one that is kept.

    ``places`` (4, count): x and y in one picture, then in the other; near in one is enough.
    """
    places, kept = array(places_at, (4, count)), array(kept_at, (count,))
    reach = array(apart, (1,))[0]
    x, y, u, v = places[0], places[1], places[2], places[3]
    for at in range(count):
        kept[at] = 1
        for other in range(at):
            near = (abs(x[other] - x[at]) < reach) & (abs(y[other] - y[at]) < reach)
            near |= (abs(u[other] - u[at]) < reach) & (abs(v[other] - v[at]) < reach)
            if near and kept[other]:
                kept[at] = 0
                break


@inlined
def _match(query: Any, entry: Any, ceiling: Any, ratio: float, distances: Any, matches: Any) -> int:
    """List query code, nearest entry code and distance, if near and nearer than any rival."""
    low, high = entry[0], entry[1]
    entries = low.size
    count = 0
    for row in range(query.shape[1]):
        a, b = query[0, row], query[1, row]
        for at in range(entries):
            distances[at] = np.int32(ones(a ^ low[at]) + ones(b ^ high[at]))
        nearest = np.int32(_BITS + 1)
        for at in range(entries):
            nearest = min(nearest, distances[at])
        if nearest > ceiling:
            continue
        bound = np.int32(np.float64(nearest) / ratio)
        rivals = np.int32(0)
        for at in range(entries):
            rivals += np.int32(distances[at] <= bound)
        if rivals == 1:
            place = 0
            while distances[place] != nearest:
                place += 1
            matches[0, count], matches[1, count], matches[2, count] = row, place, nearest
            count += 1
    return count


@inlined
def _sort_by_distance(matches: Any, count: int, starts: Any, out: Any) -> None:
    for at in range(starts.size):
        starts[at] = 0
    for at in range(count):
        starts[matches[2, at] + 1] += 1
    for at in range(1, starts.size):
        starts[at] += starts[at - 1]
    for at in range(count):
        distance = matches[2, at]
        to = starts[distance]
        starts[distance] += 1
        for field in range(3):
            out[field, to] = matches[field, at]


@inlined
def _pair(ours: Any, theirs: Any, matches: Any, count: int, places: Any) -> None:
    """Set x and y in the query, in the entry, the factor of size, the turn's cosine and sine."""
    for at in range(count):
        i, j = matches[0, at], matches[1, at]
        places[0, at], places[1, at] = ours[0, i], ours[1, i]
        places[2, at], places[3, at] = theirs[0, j], theirs[1, j]
        places[4, at] = theirs[2, j] / ours[2, i]
        places[5, at] = theirs[3, j] * ours[3, i] + theirs[4, j] * ours[4, i]
        places[6, at] = theirs[4, j] * ours[3, i] - theirs[3, j] * ours[4, i]


@inlined
def _vote(
    places: Any, count: int, seeds: Any, reach: float, factor: float, cosine: float, motion: Any
) -> Any:
    x, y, u, v = places[0], places[1], places[2], places[3]
    size, cos, sin = places[4], places[5], places[6]
    within = reach * reach
    best, most = 0, np.int64(0)
    for seed in range(min(count, seeds)):
        turn_x, turn_y = cos[seed], sin[seed]
        along, across = size[seed] * turn_x, size[seed] * turn_y
        right = u[seed] - (along * x[seed] - across * y[seed])
        down = v[seed] - (across * x[seed] + along * y[seed])
        least, largest = size[seed] / factor, size[seed] * factor
        votes = np.int64(0)
        for at in range(count):
            dx = along * x[at] - across * y[at] + right - u[at]
            dy = across * x[at] + along * y[at] + down - v[at]
            near = dx * dx + dy * dy <= within
            alike = (size[at] >= least) & (size[at] <= largest)
            turned = turn_x * cos[at] + turn_y * sin[at] >= cosine
            votes += np.int64(near & alike & turned)
        if votes > most:
            best, most = seed, votes
    along, across = size[best] * cos[best], size[best] * sin[best]
    motion[0, 0], motion[0, 1] = along, -across
    motion[1, 0], motion[1, 1] = across, along
    motion[0, 2] = u[best] - (along * x[best] - across * y[best])
    motion[1, 2] = v[best] - (across * x[best] + along * y[best])
    return most


@inlined
def _mark(
    places: Any, count: int, reach: float, factor: float, cosine: float, motion: Any, inlier: Any
) -> Any:
    """Set ``inlier`` to 1 for matches that agree with an affine motion; return their number."""
    x, y, u, v = places[0], places[1], places[2], places[3]
    size, cos, sin = places[4], places[5], places[6]
    a, b, right = motion[0, 0], motion[0, 1], motion[0, 2]
    c, d, down = motion[1, 0], motion[1, 1], motion[1, 2]
    area = abs(a * d - b * c)
    along, across = a + d, c - b
    length = math.sqrt(along * along + across * across)
    within = reach * reach
    least, largest = area / (factor * factor), area * (factor * factor)
    marked = np.int64(0)
    for at in range(count):
        dx = a * x[at] + b * y[at] + right - u[at]
        dy = c * x[at] + d * y[at] + down - v[at]
        grown = size[at] * size[at]
        near = dx * dx + dy * dy <= within
        alike = (grown >= least) & (grown <= largest)
        turned = along * cos[at] + across * sin[at] >= cosine * length
        agrees = np.int64(near & alike & turned)
        inlier[at] = np.float64(agrees)
        marked += agrees
    return marked


@inlined
def _refit(places: Any, count: int, inlier: Any, ridge: float, motion: Any) -> None:
    number = mx = my = mu = mv = 0.0
    for at in range(count):
        if inlier[at] > 0:
            number += 1.0
            mx += places[0, at]
            my += places[1, at]
            mu += places[2, at]
            mv += places[3, at]
    if number == 0.0:
        return
    mx, my, mu, mv = mx / number, my / number, mu / number, mv / number
    xx = xy = yy = ux = uy = vx = vy = 0.0
    for at in range(count):
        if inlier[at] > 0:
            x, y = places[0, at] - mx, places[1, at] - my
            u, v = places[2, at] - mu, places[3, at] - mv
            xx += x * x
            xy += x * y
            yy += y * y
            ux += u * x
            uy += u * y
            vx += v * x
            vy += v * y
    xx, yy = xx + ridge, yy + ridge
    ux, uy = ux + ridge * motion[0, 0], uy + ridge * motion[0, 1]
    vx, vy = vx + ridge * motion[1, 0], vy + ridge * motion[1, 1]
    determinant = xx * yy - xy * xy
    a, b = (ux * yy - uy * xy) / determinant, (uy * xx - ux * xy) / determinant
    c, d = (vx * yy - vy * xy) / determinant, (vy * xx - vx * xy) / determinant
    motion[0, 0], motion[0, 1], motion[0, 2] = a, b, mu - a * mx - b * my
    motion[1, 0], motion[1, 1], motion[1, 2] = c, d, mv - c * mx - d * my
