"""Turns times into rows of results: medians and quartiles over rounds, never over runs."""

import datetime as dt
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.contender import ARRAY_FLOOR, FLOOR, Contender, Difference
from benchmarks.speed.pictures import PictureSet
from benchmarks.speed.rounds import Times

Row = dict[str, Any]
_ROOT = Path(__file__).resolve().parent.parent.parent
_PACKAGES = {
    "numpy": "numpy",
    "numba": "numba",
    "pillow": "Pillow",
    "opencv": "opencv-contrib-python-headless",
    "imagehash": "ImageHash",
    "pdqhash": "pdqhash",
    "perception": "perception",
}


def picture_rows(
    contenders: Sequence[Contender],
    differences: Sequence[Difference],
    times: Times,
    pictures: PictureSet,
    name: str,
) -> list[Row]:
    """Return one row a contender: milliseconds a picture, and the ratio to bare decoding.

    Each round gives one value: the mean over its pictures, over the mean that the floor took for
    the same pictures in the same round.
    """
    facts = {
        "set": name,
        "unit": "ms",
        "megapixels": round(pictures.megapixels, 3),
        "kilobytes": round(pictures.kilobytes, 1),
    }
    rows = []
    for contender in contenders:
        seconds = times[contender.what]
        rows.append(
            {"what": contender.what, "kind": str(contender.kind), "computes": contender.computes}
            | _summary(seconds, times)
            | facts
        )
    for difference in differences:
        seconds = times[difference.whole] - times[difference.part]
        rows.append(
            {"what": difference.what, "kind": str(difference.kind), "computes": difference.computes}
            | _summary(seconds, times)
            | facts
        )
    return rows


def _summary(seconds: NDArray[np.float64], times: Times) -> Row:
    ran = ~np.isnan(seconds).all(axis=1)
    seconds = seconds[ran]
    mean = np.nanmean(seconds, axis=1)
    facts: Row = {
        **spread("median", "iqr", mean * 1000),
        **spread("ratio", "ratio_iqr", mean / _floor(times[FLOOR][ran], seconds)),
        "ratio_to": FLOOR,
    }
    if ARRAY_FLOOR in times:
        to_array = mean / _floor(times[ARRAY_FLOOR][ran], seconds)
        facts |= spread("ratio_to_array", "ratio_to_array_iqr", to_array)
    return facts | {"rounds": int(ran.sum()), "pictures": int((~np.isnan(seconds[0])).sum())}


def _floor(floor: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the floor's mean of each round over the pictures that were timed in ``seconds``."""
    mean: NDArray[np.float64] = np.nanmean(np.where(np.isnan(seconds), np.nan, floor), axis=1)
    return mean


def spread(middle: str, quartiles: str, values: NDArray[np.float64] | Sequence[float]) -> Row:
    """Return the median and the two quartiles of ``values`` under these names."""
    low, median, high = np.quantile(np.asarray(values), (0.25, 0.5, 0.75))
    return {middle: _rounded(median), quartiles: [_rounded(low), _rounded(high)]}


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def facts_of_run() -> Row:
    """Return what every row of this run says of when and where it was measured."""
    return {
        "family": "speed",
        "commit": _commit(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": {
            "cpu": _cpu(),
            "cores": os.cpu_count(),
            "system": platform.system(),
            "python": platform.python_version(),
            **versions_of(_PACKAGES),
        },
    }


def _commit() -> str:
    """Return the commit, marked where the measured code differs from it; empty without git."""
    try:
        head = _git("rev-parse", "--short=10", "HEAD")
        changed = _git("status", "--porcelain", "--", "src")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head + ("+changes" if changed else "")


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=_ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def versions_of(packages: Mapping[str, str]) -> dict[str, str]:
    """Return the versions of those that are installed, by the names that they are given here."""
    found = {}
    for name, package in packages.items():
        try:
            found[name] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def write_rows(path: Path, rows: Iterable[Row], facts: Mapping[str, Any]) -> None:
    """Write ``rows`` to ``path``; rows of sets that were not measured now stay as they are."""
    fresh = [{**facts, **row} for row in rows]
    measured = {row["set"] for row in fresh}
    kept = []
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [row for line in lines if (row := json.loads(line))["set"] not in measured]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in (*kept, *fresh)]
    part.write_text("".join(lines), encoding="utf-8")
    part.replace(path)
