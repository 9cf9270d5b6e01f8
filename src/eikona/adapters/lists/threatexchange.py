"""Hashes as ThreatExchange, Hasher-Matcher-Actioner (HMA) and StopNCII give them in JSON.

Source: facebook/ThreatExchange. Pages of descriptors and of ``threat_updates`` have records under
``data``, a descriptor its hash under ``raw_indicator``, an update under ``indicator``, with the
descriptors on it nested, tags plain or as ``{"data": [{"text": …}]}``, and ``should_delete`` where
it is gone (``python-threatexchange/threatexchange/exchanges/clients/fb_threatexchange/api.py``,
``descriptor.py``, ``threat_updates.py``). HMA gives bank content as ``{"id", "disable_until_ts",
"original_media_uri", "bank": {"name"}, "signals": {type: hash}, "metadata", "note"}``, where
``disable_until_ts`` is 0 for disabled, 1 for enabled, else a time (``hasher-matcher-actioner/src/
OpenMediaMatch/blueprints/curation.py``, ``schemas/curation.py``; ``python-threatexchange/
threatexchange/storage/interfaces.py``). StopNCII's pages have ``hashRecords`` with ``signalType``,
``hashValue``, ``hashStatus`` and ``CSPFeedbacks`` (``exchanges/clients/stopncii/api.py``).
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, BinaryIO

from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.lists.building import build
from eikona.adapters.lists.hash_types import is_type, key_label
from eikona.adapters.lists.json_stream import Record, read_records
from eikona.adapters.lists.listed import ROWS_AT_ONCE, BadLine, Chunk, shortened
from eikona.adapters.lists.opinion_rows import OpinionRows
from eikona.adapters.lists.opinions import (
    DISPUTED,
    NEGATIVE,
    NO_OPINION,
    OF_REACTION,
    OF_STATUS,
    POSITIVE,
    SEED,
    state_of,
)
from eikona.adapters.lists.stored_facts import hex_codes, stored_facts
from eikona.domain.bank import EntryState

PAGES = ("data", "hashRecords")
_ORIGIN = "threatexchange"
_GONE = frozenset({"Withdrawn", "Deleted"})
_OF_FEEDBACK = {"Blocked": POSITIVE, "NotBlocked": NEGATIVE}
_ENABLED = 1
_PDQ = "pdq"
_OBJECTION = '"reactions":[{"key":"DISAGREE_WITH_TAGS","value":"0"}]'
_STATUS_OF = {
    "active": '"status":"MALICIOUS"',
    "review": '"status":"UNKNOWN"',
    "withdrawn": '"status":"NON_MALICIOUS"',
    "contested": f'"status":"MALICIOUS",{_OBJECTION}',
}


def is_exchange_record(value: object) -> bool:
    """Whether a JSON value is a record or a page of one of these programs."""
    if not isinstance(value, dict):
        return False
    for page in PAGES:
        if isinstance(value.get(page), list):
            return not value[page] or is_exchange_record(value[page][0])
    has_indicator = "type" in value and ("indicator" in value or "raw_indicator" in value)
    is_content = isinstance(value.get("signals"), dict) and "id" in value
    return has_indicator or is_content or "hashValue" in value


def read_exchange(file: BinaryIO, created: datetime) -> Iterator[Chunk]:
    """Yield what the records say.

    Args:
        file: one or several JSON documents.
        created: when entries come into their bank.
    """
    rows = _Rows()
    for record in read_records(file, PAGES):
        if isinstance(record, BadLine):
            rows.bad.append(record)
        else:
            rows.take(record)
        if rows.count >= ROWS_AT_ONCE:
            yield rows.chunk(created)
            rows = _Rows()
    yield rows.chunk(created)


class _Rows:
    """Records until they are many."""

    def __init__(self) -> None:
        self.count = 0
        self.bad: list[BadLine] = []
        self._foreign: Counter[str] = Counter()
        self._opinions = OpinionRows(self._foreign)
        self._contents = OpinionRows(self._foreign, is_opinion=False)

    def take(self, record: Record) -> None:
        """Take one record."""
        self.count += 1
        value = record.value
        if not isinstance(value, dict):
            self._refuse(record, f"is no record: {shortened(str(value))}")
            return
        try:
            if "hashValue" in value:
                self._take_case(record.line, value)
            elif isinstance(value.get("signals"), dict):
                self._take_content(record.line, value)
            else:
                self._take_indicator(record.line, value)
        except _OddError as error:
            self._refuse(record, str(error))
        except (AttributeError, TypeError, KeyError, ValueError, OverflowError):
            self._refuse(record, "has values of other kinds than records have")

    def _refuse(self, record: Record, said: str) -> None:
        """Note what is wrong with a record, and which it is: a page may be one line."""
        number = record.value.get("id") if isinstance(record.value, dict) else None
        named = f" (id {shortened(str(number))})" if number else ""
        self.bad.append(BadLine(record.line, f"record {record.number}{named} {said}"))

    def _take_indicator(self, line: int, value: Mapping[str, Any]) -> None:
        kind, code = value.get("type"), value.get("raw_indicator") or value.get("indicator")
        if isinstance(code, Mapping):  # the Graph API's own object of an indicator
            kind, code = code.get("type", kind), code.get("indicator")
        if not isinstance(kind, str) or not isinstance(code, str):
            raise _OddError("has no type and indicator")
        nested = value.get("descriptors")
        if isinstance(nested, Mapping):
            nested = nested.get("data")
        descriptors = nested or [value]
        opinion = NO_OPINION
        tags: dict[str, None] = {}
        for one in descriptors:
            opinion |= _opinion_of(one)
            tags |= dict.fromkeys(_tags_of(one))
        if value.get("should_delete"):
            opinion = NEGATIVE
        number, said = value.get("id"), value.get("description")
        self._opinions.add(
            line,
            kind,
            code,
            state=state_of(opinion),
            tags=tuple(tags),
            note=said if isinstance(said, str) and said else None,
            source=f"{_ORIGIN}:{number}" if number else None,
        )

    def _take_case(self, line: int, value: Mapping[str, Any]) -> None:
        opinion = NO_OPINION
        tags: dict[str, None] = {}
        for feedback in value.get("CSPFeedbacks") or ():
            opinion |= _OF_FEEDBACK.get(feedback.get("feedbackValue"), NO_OPINION)
            tags |= dict.fromkeys(feedback.get("tags") or ())
        if opinion == NEGATIVE:  # of a checker, while the person's case is open
            opinion = DISPUTED
        if value.get("hashStatus") in _GONE:
            opinion = NEGATIVE
        kind, code = value.get("signalType"), value["hashValue"]
        if not isinstance(kind, str) or not isinstance(code, str):
            raise _OddError("has no signalType and hashValue")
        self._opinions.add(line, kind, code, state=state_of(opinion), tags=tuple(tags))

    def _take_content(self, line: int, value: Mapping[str, Any]) -> None:
        signals = value["signals"]
        if not signals:
            raise _OddError("has no signals: ask for it with include_signals=true")
        known = {kind: code for kind, code in signals.items() if is_type(kind)}
        self._foreign.update(kind for kind in signals if kind not in known)
        if not known:
            return
        bank = (value.get("bank") or {}).get("name")
        metadata = value.get("metadata") or {}
        until = value.get("disable_until_ts")
        until = _ENABLED if until is None else int(until)
        is_on = until == _ENABLED or 0 < until <= time.time()
        self._contents.add_named(
            line,
            f"{bank}/{value['id']}" if bank else f"hma:{value['id']}",
            known,
            state=EntryState.ACTIVE if is_on else EntryState.WITHDRAWN,
            tags=(bank,) if isinstance(bank, str) else (),
            note=value.get("note"),
            source=value.get("original_media_uri") or metadata.get("content_uri"),
        )

    def chunk(self, created: datetime) -> Chunk:
        """Return what the records say."""
        raw = [*self._opinions.raw(), *self._contents.raw()]
        built = [build(one, created) for one in raw]
        return Chunk(
            listed=tuple(listed for one in built for listed in one.listed),
            bad=tuple(sorted([*self.bad, *(bad for one in built for bad in one.bad)])),
            foreign=self._foreign,
            rows=self.count,
        )


class _OddError(Exception):
    """A record is not as it should be."""


def _opinion_of(descriptor: Mapping[str, Any]) -> int:
    opinion = OF_STATUS.get(descriptor.get("status", ""), SEED)
    for reaction in descriptor.get("reactions") or ():
        opinion |= OF_REACTION.get(reaction.get("key"), NO_OPINION)
    return opinion


def _tags_of(descriptor: Mapping[str, Any]) -> Iterable[str]:
    tags = descriptor.get("tags")
    if isinstance(tags, Mapping):
        tags = tags.get("data")
    return [tag["text"] if isinstance(tag, Mapping) else tag for tag in tags or ()]


def exchange_lines(chunks: Iterable[EntryColumns]) -> Iterator[str]:
    """Yield a page of indicators, one on a line; of entries without PDQ nothing is written.

    Names stay behind: an indicator has none. A contested entry is written as malicious with
    somebody's objection, and is read so.
    """
    yield '{"data":['
    is_first = True
    for columns in chunks:
        key = next((key for key in columns.codes if key.name == _PDQ), None)
        if key is None:
            continue
        facts, codes = stored_facts(columns), hex_codes(columns)[key_label(key)]
        for code, state, tags, note in zip(
            codes, facts["state"], facts["tags"], facts["note"], strict=True
        ):
            words = ",".join(map(quoted, tags))
            said = f',"description":{quoted(note)}' if note else ""
            yield (
                f'{"" if is_first else ","}\n{{"type":"HASH_PDQ","indicator":"{code}",'
                f'{_STATUS_OF[state]},"tags":[{words}]{said}}}'
            )
            is_first = False
    yield "\n]}\n"


def holds_pdq(columns: EntryColumns) -> bool:
    """Whether these entries can be written as indicators."""
    return any(key.name == _PDQ for key in columns.codes)
