"""Fingerprints of inputs, taken from the cache where they are known and by workers where not."""

import hashlib
import io
import itertools
import json
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.adapters.worker_pool import Done, Failed
from eikona.apps.cli.inputs import Input
from eikona.apps.cli.option_group import with_options_of
from eikona.apps.cli.options import amount, amount_text
from eikona.apps.cli.work import TakeFingerprint, load_stages
from eikona.apps.cli.workers import Workers
from eikona.domain.errors import UsageError
from eikona.domain.fingerprint import Fingerprint

if TYPE_CHECKING:
    from eikona.adapters.file_look import Look
    from eikona.adapters.fingerprint_cache import FingerprintCache

_SQLITE = b"SQLite format 3\0"  # what every database begins with
_AT_ONCE = 256  # inputs that are looked up together
MAX_CACHE_BYTES = 2_000_000_000  # some 1.5 million pictures, 60,000 with local features
_PANEL = "Cache of fingerprints"
Answer = Done[Input, Fingerprint] | Failed[Input]

NoCacheOption = Annotated[
    bool,
    typer.Option(
        "--no-cache",
        rich_help_panel=_PANEL,
        help="Decode every picture, and remember nothing.",
    ),
]
CachePathOption = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="FILE",
        rich_help_panel=_PANEL,
        help="Where fingerprints of pictures that were read before are.",
        show_default="$XDG_CACHE_HOME/eikona or ~/.cache/eikona",
    ),
]
CacheSizeOption = Annotated[
    int,
    typer.Option(
        "--cache-size",
        parser=amount,
        metavar="BYTES",
        rich_help_panel=_PANEL,
        help="How large it may grow, such as 2G; what was not used for longest goes first.",
        show_default=amount_text(MAX_CACHE_BYTES),
    ),
]


@dataclass(frozen=True, slots=True)
class Caching:
    """Whether fingerprints are remembered, and where; each field is an option, by the same name."""

    no_cache: NoCacheOption = False
    cache: CachePathOption = None
    cache_size: CacheSizeOption = MAX_CACHE_BYTES

    def open(
        self, take: TakeFingerprint, notify: Callable[[str], None]
    ) -> "FingerprintCache | None":
        """Open the cache for what ``take`` makes; None where there shall be none.

        Raises:
            UsageError: the file named is another program's, or no database.
        """
        path = self.cache or default_cache_file()
        if self.no_cache or path is None:
            return None
        if self.cache is not None:
            _check_named(self.cache)
        import PIL  # noqa: PLC0415  only needed here

        import eikona  # noqa: PLC0415
        from eikona.adapters.fingerprint_cache import FingerprintCache  # noqa: PLC0415  SQLite

        return FingerprintCache(
            path=path,
            settings=_settings_digest(take),
            maker=f"eikona {eikona.__version__}, Pillow {PIL.__version__}",
            notify=notify,
            max_bytes=self.cache_size,
            needs_features=take.local_features,
        )


def _check_named(path: Path) -> None:
    """Make sure that a file of the user's is not moved aside as a damaged cache."""
    try:
        with path.open("rb") if path.is_file() else io.BytesIO() as file:
            begins = file.read(len(_SQLITE))
    except OSError:
        return  # the cache says why it cannot be used
    if begins and begins != _SQLITE:
        raise UsageError(f"--cache {path}: this is no cache, name another file or delete it")


with_caching = with_options_of("caching", Caching)


def default_cache_file() -> Path | None:
    """Return where this user's fingerprints are kept; None for a user without a home."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        # An empty or relative value is to be ignored: XDG Base Directory Specification 0.8.
        folder = base if base.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return folder / "eikona" / "fingerprints-1.sqlite"


def say_of_cache(sentence: str) -> None:
    """Say on standard error what is wrong with the cache."""
    typer.echo(f"eikona: {sentence}", err=True)


def fingerprints(
    items: Iterable[Input],
    *,
    take: TakeFingerprint,
    workers: Workers,
    caching: Caching,
    notify: Callable[[str], None] = say_of_cache,
) -> Generator[Answer, None, None]:
    """Yield the fingerprint of each input, or why there is none, in order and as they come.

    What was read before and is unchanged comes from the cache; if that is all, no worker starts.
    Close the generator to end early: what is done by then is remembered.

    Args:
        items: taken a few hundred at a time.
        take: which hashes, of what.
        workers: who decodes what is not known, and how far.
        caching: whether to remember, and where.
        notify: told in a sentence when something is wrong with the cache.

    Raises:
        UsageError: the cache named is a database of another program.
    """
    cache = caching.open(take, notify)
    if cache is None:
        source = iter(items)
        first = list(itertools.islice(source, _AT_ONCE))
        load_stages(first)
        with closing(workers.run(take, itertools.chain(first, source))) as answers:
            yield from answers
        return
    lookups = _LookUps(cache)
    with closing(cache), closing(workers.run(take, lookups.of(items))) as answers:
        for answer in answers:
            lookups.keep(answer)
            yield answer


@dataclass(slots=True)
class _LookUps:
    """What of a run's inputs is in the cache, and what goes into it.

    Attributes:
        unknown: inputs that workers were given, with how their files looked before.
    """

    cache: "FingerprintCache"
    unknown: "deque[tuple[Input, Look | None]]" = field(default_factory=deque)
    begun: bool = False

    def of(self, items: Iterable[Input]) -> Iterator[Input | Answer]:
        """Yield the answer for each input where it is known, the input itself where not."""
        source = iter(items)
        while batch := list(itertools.islice(source, _AT_ONCE)):
            paths = [item.source for item in batch if isinstance(item.source, str)]
            recalled = iter(self.cache.recall(paths))
            looked: list[tuple[Input | Answer, Look | None]] = []
            for item in batch:
                look, known = next(recalled) if isinstance(item.source, str) else (None, None)
                known = item.error or known
                if known is None:
                    looked.append((item, look))
                elif isinstance(known, Fingerprint):
                    looked.append((Done(item, known), None))
                else:
                    looked.append((Failed(item, known), None))
            unknown = [(one, look) for one, look in looked if isinstance(one, Input)]
            if unknown and not self.begun:
                self.begun = True
                load_stages(unknown)  # before the first worker is forked
            self.unknown += unknown
            yield from (one for one, _ in looked)

    def keep(self, answer: Answer) -> None:
        """Remember what workers found; answers come in the order of the inputs."""
        if self.unknown and self.unknown[0][0] is answer.item:
            _, look = self.unknown.popleft()
            self.cache.keep(look, answer.value if isinstance(answer, Done) else answer.error)


def _settings_digest(take: TakeFingerprint) -> bytes:
    """Return a digest of all that decides a fingerprint besides the file."""
    from eikona.hashing.registry import (  # noqa: PLC0415  imports NumPy
        ALGORITHMS,
        DEFAULT_ALGORITHMS,
    )

    names = DEFAULT_ALGORITHMS if take.algorithms is None else take.algorithms
    facts = {
        "algorithms": [(name, ALGORITHMS[name].id.version) for name in names],
        "decode": take.decode,
        "limits": asdict(take.limits),
    }
    return hashlib.sha256(json.dumps(facts).encode()).digest()[:16]
