"""What a node has signed, on disk before anybody sees it, so that it never signs two ballots.

A node that is killed between signing and counting finds the same ballot again. One JSON line a
ballot; a line that a crash has cut off was never sent, and goes.
"""

import os
from collections.abc import Collection
from pathlib import Path

from eikona.balloting.canonical import canonical, parse
from eikona.balloting.records import noun_from, record_of
from eikona.balloting.signing import sign_ballot
from eikona.balloting.statements import Signer
from eikona.domain.ballot import Ballot, SignedBallot
from eikona.domain.errors import BallotBookError, MalformedError

_OWNER_ONLY = 0o600
_LINE_BYTES_MOST = 65536

_Place = tuple[str, str, int]  # quorum, case, round


class BallotBook:
    """The ballots of one node; one process at a time may hold it."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        """Open a book, or begin one.

        Args:
            path: of its file.
            durable: whether each ballot must survive the loss of power before it is sent; without
                that it survives the loss of the process.

        Raises:
            BallotBookError: a line that is not the last one is damaged.
            OSError: the file cannot be read or written.
        """
        self._path = path
        self._durable = durable
        self._ballots: dict[_Place, SignedBallot] = {}
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, _OWNER_ONLY)
        try:
            self._read()
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        """Return how many ballots the book holds."""
        return len(self._ballots)

    def sign_once(self, ballot: Ballot, signer: Signer) -> SignedBallot:
        """Return the one ballot of this node for a round of a case.

        That is the one that was signed first, whatever ``ballot`` says by now.

        Raises:
            OSError: it cannot be written, and is not signed then.
        """
        place = (ballot.quorum, ballot.case, ballot.round)
        if place not in self._ballots:
            signed = sign_ballot(ballot, signer)
            self._append(signed)
            self._ballots[place] = signed
        return self._ballots[place]

    def keep(self, cases: Collection[str]) -> None:
        """Forget the ballots of all other cases, which are decided.

        Raises:
            OSError: the file cannot be written; the book is as it was.
        """
        kept = {place: one for place, one in self._ballots.items() if place[1] in cases}
        beside = self._path.with_name(f"{self._path.name}.new")
        beside.unlink(missing_ok=True)
        file = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, _OWNER_ONLY)
        try:
            for signed in kept.values():
                _write_all(file, _line(signed))
            os.fsync(file)
            beside.replace(self._path)
        except BaseException:
            os.close(file)
            raise
        os.close(self._file)
        self._file, self._ballots = file, kept

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _read(self) -> None:
        content = self._path.read_bytes()
        *lines, torn = content.split(b"\n")
        for number, line in enumerate(lines, 1):
            try:
                signed = noun_from(SignedBallot, parse(line, most_bytes=_LINE_BYTES_MOST))
            except MalformedError as error:
                raise BallotBookError(
                    f"line {number} of {self._path} is damaged: without it this node could sign"
                    " two ballots. Restore the file, or give the node a new key and remove it"
                ) from error
            ballot = signed.ballot
            self._ballots.setdefault((ballot.quorum, ballot.case, ballot.round), signed)
        if torn:
            os.ftruncate(self._file, len(content) - len(torn))

    def _append(self, signed: SignedBallot) -> None:
        end = os.fstat(self._file).st_size
        try:
            _write_all(self._file, _line(signed))
            if self._durable:
                os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, end)  # half a line would swallow the next one
            raise


def _line(signed: SignedBallot) -> bytes:
    return canonical(record_of(signed)) + b"\n"


def _write_all(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]
