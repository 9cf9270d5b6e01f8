"""Makes the folder of an empty bank."""

from datetime import UTC, datetime
from pathlib import Path

from eikona.adapters.bank.commit import file_mode
from eikona.adapters.bank.lock import LOCK, writer_lock
from eikona.adapters.bank.manifest import Manifest, write_manifest, write_spare
from eikona.adapters.bank.new_file import PART
from eikona.domain.errors import BankExistsError, UsageError
from eikona.domain.local_features import MOST_FEATURES

_FOLDER_MODE = 0o700  # fingerprints tell of the pictures: others may not read them unless allowed


def make_bank(path: Path, *, local_features: int | None) -> None:
    """Make an empty bank; see ``BankStore.create``.

    Raises:
        BankExistsError: something stands there.
        UsageError: no shortlist has so many local features.
        OSError: the folder cannot be made.
    """
    if local_features is not None and not 1 <= local_features <= MOST_FEATURES:
        raise UsageError(f"{local_features} local features an entry: give 1 to {MOST_FEATURES}")
    try:
        path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise BankExistsError(f"{path} exists: name another path") from error
    _check_empty(path)
    path.chmod(_FOLDER_MODE)  # it may have been there
    with writer_lock(path, mode=file_mode(path)):
        _check_empty(path)
        manifest = Manifest(datetime.now(UTC), local_features=local_features)
        write_manifest(path, manifest, mode=file_mode(path))
        write_spare(path, manifest, mode=file_mode(path))


def _check_empty(path: Path) -> None:
    left_by_a_crash = {LOCK, f"manifest{PART}"}
    if any(one.name not in left_by_a_crash for one in path.iterdir()):
        raise BankExistsError(f"{path} exists and is not empty: name another path")
