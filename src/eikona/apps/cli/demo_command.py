"""``eikona demo``: makes sample pictures, finds the copies among them, and shows the report."""

import os
import shlex
import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eikona.apps.cli import options
from eikona.apps.cli.browser import open_in_browser
from eikona.apps.cli.caching import Caching
from eikona.apps.cli.options import Format
from eikona.apps.cli.pictures import Pictures
from eikona.apps.cli.records import write_text
from eikona.apps.cli.running import FINE, end_with
from eikona.apps.cli.scan_command import ScanRun
from eikona.apps.cli.search_command import AskedFor
from eikona.apps.cli.searched_banks import SearchedBanks
from eikona.apps.cli.work import TakeFingerprint
from eikona.apps.cli.workers import Workers
from eikona.domain.errors import BankError
from eikona.domain.fingerprint import Fingerprint

if TYPE_CHECKING:
    from PIL import Image

    from eikona.adapters.bank.store import BankStore
    from eikona.domain.bank import Entry

_RECIPE = "1"  # how the samples are made: with another one they are made anew
_ORIGINAL_SEED = 1
_LOOKALIKE_SEED = 11  # another picture of the same kind
_ORIGINALS, _COPIES, _OTHERS = "originals", "copies", "others"
_BANK, _REPORT = Path("originals.bank"), Path("report.html")


def demo(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Where the pictures go, into its folder samples.",
            show_default="$XDG_DATA_HOME/eikona or ~/.local/share/eikona",
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the report in the browser.")
    ] = False,
    output_format: options.FormatOption = Format.TEXT,
    jobs: options.JobsOption = None,
) -> None:
    """Make sample pictures and find the copies among them."""
    as_json = output_format is Format.JSON
    run = _DemoRun(
        folder=(data or default_data_folder()) / "samples",
        as_json=as_json,
        opens=not (no_browser or as_json),
        workers=Workers(jobs=jobs),
    )
    end_with(run, interrupted=lambda: "Interrupted: run it again, it starts over.")


def default_data_folder() -> Path:
    """Return where this user's Eikona keeps what it makes."""
    base = os.environ.get("XDG_DATA_HOME", "")
    # An empty or relative value is to be ignored: XDG Base Directory Specification 0.8.
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local/share") / "eikona"


@dataclass(frozen=True, slots=True)
class _DemoRun:
    """One run of the command."""

    folder: Path
    as_json: bool
    opens: bool
    workers: Workers

    def __call__(self) -> int:
        make_samples(self.folder)
        program = _program()
        folder = self.folder.absolute()
        os.chdir(folder)  # so that names are short
        self._say(f"\nin {folder}:")
        self._say(f"$ eikona bank add {_BANK} {_ORIGINALS}")
        self._fill_bank()
        self._say(f"$ eikona scan {_COPIES} {_OTHERS} --bank {_BANK} --report {_REPORT}")
        pictures = self._pictures(_COPIES, _OTHERS)
        banks = SearchedBanks([_BANK], [], rule=None, as_json=self.as_json, say=pictures.say)
        scan = ScanRun(
            banks=banks,
            asked=AskedFor(),
            top=None,
            reports=[_REPORT],
            fail_on_match=False,
            pictures=pictures,
        )
        status = scan()
        if status == FINE:
            self._say_what_next(program, scan.found.copies, scan.pictures.number)
            if self.opens:
                open_in_browser(_REPORT)
        return status

    def _fill_bank(self) -> None:
        """Put the originals into the bank; those that are there already stay."""
        from eikona.adapters.bank.arguments import entry_for  # noqa: PLC0415  imports NumPy

        pictures = self._pictures(_ORIGINALS)
        with closing(_bank()) as bank, closing(pictures.read()) as read:
            entries: list[Entry] = []
            for item, picture in read:
                if not isinstance(picture, Fingerprint):
                    raise picture
                source = str(Path(item.name).absolute())
                entries.append(entry_for(bank, item.name, picture, source))
            bank.add(entries)

    def _pictures(self, *paths: str) -> Pictures:
        return Pictures(
            paths=list(paths),
            take=TakeFingerprint(),
            workers=self.workers,
            caching=Caching(),
            as_json=self.as_json,
        )

    def _say_what_next(self, program: str, copies: int, pictures: int) -> None:
        here = shlex.quote(str(Path.cwd()))
        mirrored = f"{here}/{_ORIGINALS}/dunes.jpg {here}/{_COPIES}/dunes-mirrored.jpg"
        lines = (
            "",
            f"{copies} of these {pictures} pictures are copies. All side by side:",
            f"  {_REPORT.absolute()}",
            "",
            "Try next, with a folder of your own for PICTURES:",
            f"  {program} compare {mirrored}",
            f"  {program} dedupe PICTURES --report copies.html",
            f"  {program} scan PICTURES --bank {here}/{_BANK} --report found.html",
            f"  {program} --help",
        )
        self._say("\n".join(lines))

    def _say(self, text: str) -> None:
        if not self.as_json:
            write_text(text)


def make_samples(folder: Path) -> None:
    """Write originals, altered copies and look-alikes, unless they are all there.

    Raises:
        OSError: the folder cannot be written.
    """
    mark = folder / "recipe.txt"
    if mark.exists() and mark.read_text() == _RECIPE:
        return
    typer.echo(f"Making sample pictures in {folder} …", err=True)
    from eikona.apps.cli.sample_pictures import ALTERATIONS, SCENES  # noqa: PLC0415  imports NumPy

    for name in (_ORIGINALS, _COPIES, _OTHERS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for scene, paint in SCENES.items():
        image = paint(_ORIGINAL_SEED)
        _save(image, folder / _ORIGINALS / f"{scene}.jpg", 92)
        for alteration, (alter, quality) in ALTERATIONS.items():
            _save(alter(image), folder / _COPIES / f"{scene}-{alteration}.jpg", quality)
        _save(paint(_LOOKALIKE_SEED), folder / _OTHERS / f"{scene}-look-alike.jpg", 92)
    mark.write_text(_RECIPE)


def _save(image: "Image.Image", path: Path, quality: int) -> None:
    image.save(path, quality=quality)


def _bank() -> "BankStore":
    """Return the bank, a new one where there is none that can be opened."""
    from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy

    if _BANK.exists():
        try:
            return BankStore.open(_BANK)
        except BankError:
            # It is made of nothing but the samples; it is set aside all the same.
            _BANK.rename(tempfile.mkdtemp(prefix=f"{_BANK.name}-damaged-", dir="."))
    return BankStore.create(_BANK)


def _program() -> str:
    """Return how the command is called from here."""
    if shutil.which("eikona") is None and os.access("eikona", os.X_OK):
        return "./eikona"
    return "eikona"
