"""A run of ``eikona self-test``: what judges, in which workers, and what is said of it."""

import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from eikona.adapters.report.wording import odds
from eikona.adapters.worker_pool import Done
from eikona.apps.cli.inputs import Input, named_inputs
from eikona.apps.cli.outputs import check_output
from eikona.apps.cli.progress import open_progress
from eikona.apps.cli.records import (
    Record,
    counted,
    failure_record,
    json_line,
    printable,
    write_line,
)
from eikona.apps.cli.running import FINE, SOME_FAILED
from eikona.apps.cli.tables import write_table
from eikona.apps.cli.work import load_stages
from eikona.apps.cli.workers import Workers
from eikona.domain.bank import KEPT_WHOLE, Kept
from eikona.domain.errors import EikonaError, UsageError
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.domain.policy import PlainMatches
from eikona.domain.verdict import Outcome

if TYPE_CHECKING:
    from eikona.adapters.bank.snapshot import Snapshot
    from eikona.deciding.odds import Odds
    from eikona.deciding.rules import Rule
    from eikona.services.self_test import Subject, Trial

FOUND_AS = {Outcome.BLOCK: "found", Outcome.REVIEW: "review", Outcome.CLEAR: "lost"}
_DEFAULT_ENTRIES = 1_000_000  # as in the service, which help does not wait for


@dataclass(frozen=True, slots=True)
class Judging:
    """What decides, as workers are told it.

    Attributes:
        rule: its name.
        odds: that a bank's owner puts up with.
        entries: of the bank.
        limits: what a picture may ask for.
        kept: what the bank keeps of a picture.
        plain: what it makes of matches with pictures that are too plain.
    """

    rule: str
    odds: "Odds"
    entries: int
    limits: Limits = DEFAULT_LIMITS
    kept: Kept = KEPT_WHOLE
    plain: PlainMatches = PlainMatches.REVIEW

    def parsed(self) -> "Rule":
        """Return the rule.

        Raises:
            UnknownRuleError: there is no such rule.
        """
        from eikona.deciding.rules import parse_rule  # noqa: PLC0415  only needed here
        from eikona.hashing.registry import ALGORITHMS  # noqa: PLC0415  imports NumPy

        return parse_rule(self.rule, ALGORITHMS, odds=self.odds)


@dataclass(frozen=True, slots=True)
class ReadSubject:
    """Reads the picture to be tried; what workers are given."""

    judging: Judging

    def __call__(self, item: Input) -> "Subject":
        """Return it.

        Raises:
            EikonaError: it cannot be read or decoded.
        """
        from eikona.services.self_test import subject_of  # noqa: PLC0415  imports NumPy

        judging = self.judging
        return subject_of(item.source, judging.parsed(), limits=judging.limits, kept=judging.kept)


@dataclass(frozen=True, slots=True)
class TryAttack:
    """Tries one attack; what workers are given."""

    subject: "Subject"
    judging: Judging

    def __call__(self, name: str) -> "Trial":
        """Return what became of it."""
        from eikona.imaging.alterations.catalogue import ATTACKS  # noqa: PLC0415  imports NumPy
        from eikona.services.self_test import self_test  # noqa: PLC0415  imports NumPy

        (trial,) = self_test(
            self.subject,
            self.judging.parsed(),
            entries=self.judging.entries,
            attacks=[ATTACKS[name]],
            plain=self.judging.plain,
        )
        return trial


@dataclass(slots=True)
class SelfTestRun:
    """One run of the command, from checked options to exit status.

    Attributes:
        picture: as it was given.
        bank_size: as it was given.
        bank: as it was given.
        rule: as it was given.
        attacks: their names, none for all.
        show: where the sheet goes.
        as_json: whether standard output is for programs.
        workers: how pictures are decoded.
        trials: filled by the run.
        failed: likewise.
    """

    picture: str
    bank_size: int | None
    bank: Path | None
    rule: str | None
    attacks: list[str]
    show: Path | None
    as_json: bool
    workers: Workers
    trials: "list[Trial]" = field(default_factory=list)
    failed: int = 0

    def __call__(self) -> int:
        """Try everything, and return the exit status."""
        if self.show is not None:
            check_output("--show", self.show, inputs=[self.picture])
        judging, names = self._judging(), self._names()
        judging.parsed()  # says what is wrong with it before anything is decoded
        load_stages()
        subject = self._subject(judging)
        if subject is None:
            return SOME_FAILED
        for trial in self._tried(TryAttack(subject, judging), names):
            self.trials.append(trial)
            if self.as_json:
                write_line(json_line(trial_record(self.picture, trial)))
        if self.show is not None and self.trials:
            self._draw(subject, judging)
        if not self.as_json:
            write_table(*_table(self.trials))
        self._summarise(judging)
        return SOME_FAILED if self.failed else FINE

    def _judging(self) -> Judging:
        from eikona.deciding.odds import DEFAULT_ODDS, Odds  # noqa: PLC0415  only needed here

        limits = self.workers.limits
        if self.bank is None:
            entries = _DEFAULT_ENTRIES if self.bank_size is None else self.bank_size
            return Judging(self.rule or "eikona", DEFAULT_ODDS, entries, limits)
        from eikona.adapters.bank.store import BankStore  # noqa: PLC0415  imports NumPy

        with BankStore.open(self.bank) as bank:
            policy, held = bank.policy, frozenset(key.name for key in bank.snapshot.held)
            odds = Odds(policy.block_odds, policy.review_odds)
            judging = Judging(
                rule=self.rule or policy.rule,
                odds=odds,
                entries=len(bank.snapshot),
                limits=limits,
                kept=Kept(held or None, bank.keeps_features),
                plain=policy.plain,
            )
            _check_hashes(bank.snapshot, judging)
            return judging

    def _names(self) -> list[str]:
        """Return the attacks that are tried.

        Raises:
            UsageError: there is none of a name.
        """
        from eikona.imaging.alterations.catalogue import ATTACKS  # noqa: PLC0415  imports NumPy

        for name in self.attacks:
            if name not in ATTACKS:
                raise UsageError(f"no attack is called {name!r}; there are: {', '.join(ATTACKS)}")
        return list(dict.fromkeys(self.attacks)) or list(ATTACKS)

    def _subject(self, judging: Judging) -> "Subject | None":
        items = named_inputs([self.picture], judging.limits.max_bytes)
        with closing(self.workers.run(ReadSubject(judging), items)) as results:
            for result in results:
                if isinstance(result, Done):
                    return result.value
                self._fail(self.picture, result.error)
        return None

    def _tried(self, function: TryAttack, names: Sequence[str]) -> "Iterator[Trial]":
        with ExitStack() as stack:
            results = stack.enter_context(closing(self.workers.run(function, names)))
            progress = open_progress(lambda: names, noun="attack")
            stack.callback(progress.close)
            for result in results:
                progress.advance()
                if isinstance(result, Done):
                    yield result.value
                else:
                    self._fail(result.item, result.error)

    def _fail(self, name: str, error: EikonaError) -> None:
        self.failed += 1
        if self.as_json:
            write_line(json_line(failure_record(name, error)))
        else:
            print(f"{printable(name)}: {error} ({error.code})", file=sys.stderr, flush=True)

    def _draw(self, subject: "Subject", judging: Judging) -> None:
        from eikona.adapters.self_test_sheet import Sheet, draw_sheet  # noqa: PLC0415  Pillow

        if self.show is not None:
            name = Path(self.picture).name if self.picture != "-" else "standard input"
            sheet = Sheet(printable(name), judging.rule, judging.entries, subject.picture)
            draw_sheet(sheet, self.trials, self.show)

    def _summarise(self, judging: Judging) -> None:
        number = Counter(FOUND_AS[trial.verdict.outcome] for trial in self.trials)
        said = ", ".join(f"{number[word]} {word}" for word in FOUND_AS.values() if number[word])
        where = f"in a bank of {judging.entries:,} entries, by rule {printable(judging.rule)}"
        said = f"{counted(len(self.trials), 'attack')}: {said}; {where}"
        print(said, file=sys.stderr, flush=True)


def _check_hashes(state: "Snapshot", judging: Judging) -> None:
    """Make sure that some entry has what the rule needs, where there are any.

    Raises:
        BankLacksHashError: none has.
    """
    from eikona.services.search_bank import lacks_hash, needed_keys  # noqa: PLC0415  imports NumPy

    keys = needed_keys(judging.parsed())
    if len(state) and not state.holding(keys):
        raise lacks_hash(state, keys)


def trial_record(name: str, trial: "Trial") -> Record:
    """Return what ``self-test`` says of one attack."""
    attack, verdict, distances = trial.attack, trial.verdict, trial.distances
    return {
        "file": name,
        "attack": attack.name,
        "label": attack.label,
        "strength": attack.strength,
        "unit": attack.unit,
        "outcome": str(verdict.outcome),
        "match": verdict.match,
        "found_by": str(trial.found_by),
        "expected_false_matches": verdict.expected_false_matches,
        "confidence": verdict.confidence,
        "inliers": None if distances.alignment is None else distances.alignment.inliers,
        "distances": dict(distances.by_name),
        "rule": verdict.rule,
        "reason": verdict.reason,
    }


def _table(trials: "Sequence[Trial]") -> tuple[list[str], list[list[str]]]:
    rows = [
        [
            trial.attack.label,
            FOUND_AS[trial.verdict.outcome],
            str(trial.found_by),
            "" if trial.distances.alignment is None else str(trial.distances.alignment.inliers),
            f"{trial.distances.by_name.get('pdq', math.nan):g}".replace("nan", ""),
            odds(trial.verdict.expected_false_matches),
        ]
        for trial in trials
    ]
    return ["attack", "copy", "by", "places", "pdq", "by chance in a look-up"], rows
