"""Where the quorum's receipts are put: known before anything is asked, and never over a file."""

from collections.abc import Sequence
from pathlib import Path

from eikona.apps.cli.outputs import check_output
from eikona.domain.errors import UsageError

_SUFFIX = ".receipt"


def receipt_places(option: str, named: Path | None, pictures: Sequence[str]) -> list[Path | None]:
    """Return where the receipt of each picture goes; nowhere if no place is named.

    A folder, or the name of one that is made for several pictures, takes a file a picture.

    Args:
        option: what the place was named with.
        named: a file or a folder.
        pictures: names of what the receipts are of.

    Raises:
        UsageError: there is no such place, or a file is there already.
    """
    if named is None:
        return [None] * len(pictures)
    if len(pictures) == 1 and not named.is_dir():
        places = [named]
    else:
        if named.exists() and not named.is_dir():
            raise UsageError(
                f"{option} {named}: that is a file: several receipts need a folder, name one"
            )
        check_output(option, named / _SUFFIX if named.is_dir() else named)
        places = _in_folder(named, pictures)
    for place in places:
        if named.is_dir() or len(pictures) == 1:
            check_output(option, place)
        if place.exists():
            raise UsageError(f"{option} {place}: is there already: move it away, or name another")
    return list(places)


def write_receipt(place: Path, content: bytes) -> None:
    """Write a receipt where there is no file.

    Raises:
        OSError: there is one, or it cannot be written.
    """
    with place.open("xb") as file:
        file.write(content)


def _in_folder(folder: Path, pictures: Sequence[str]) -> list[Path]:
    places: list[Path] = []
    for picture in pictures:
        name = Path(picture).name or "picture"
        place = folder / f"{name}{_SUFFIX}"
        number = 1
        while place in places:  # the same name in two folders
            number += 1
            place = folder / f"{name}-{number}{_SUFFIX}"
        places.append(place)
    return places
