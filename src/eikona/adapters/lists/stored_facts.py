"""What a bank says of entries besides their hashes, as columns of values to be written."""

from typing import Any

import numpy as np

from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.bank.names import decode_name
from eikona.adapters.bank.records import DECODE_MODES, STATES, unpack_text
from eikona.adapters.lists.hash_types import key_label
from eikona.domain.errors import BankDamagedError

NUMBERS = ("width", "height", "frames", "frame", "quality")
_STATES = np.array([state.value for state in STATES], object)
_DECODE = np.array([mode.value for mode in DECODE_MODES], object)


def stored_names(columns: EntryColumns) -> list[str]:
    """Return the entries' names."""
    return [decode_name(name) for name in columns.names]


def stored_facts(columns: EntryColumns) -> dict[str, list[Any]]:
    """Return each fact's values, ``created`` in microseconds since 1970.

    Raises:
        BankDamagedError: what is stored makes no sense.
    """
    records, texts = columns.records, columns.texts
    stored = [
        unpack_text(text) if text else {}
        for text in ([b""] * len(columns) if texts is None else texts)
    ]
    try:
        states, modes = _STATES[records["state"]], _DECODE[records["decode"]]
        formats = [name.decode("ascii") for name in records["format"].tolist()]
    except (IndexError, UnicodeDecodeError) as error:
        raise BankDamagedError("an entry's record makes no sense: verify the bank") from error
    return {
        "state": states.tolist(),
        "tags": [text.get("tags", ()) for text in stored],
        "owner": [text.get("owner", "") for text in stored],
        "note": [text.get("note", "") for text in stored],
        "source": [text.get("source", "") for text in stored],
        "created": records["created"].tolist(),
        **{name: records[name].tolist() for name in NUMBERS},
        "format": formats,
        "decode": modes.tolist(),
    }


def hex_codes(columns: EntryColumns) -> dict[str, list[str]]:
    """Return the codes of each hash as hex, by ``name@version``."""
    found = {}
    for key, codes in columns.codes.items():
        digits, each = codes.tobytes().hex(), 2 * key.size
        found[key_label(key)] = [digits[at : at + each] for at in range(0, len(digits), each)]
    return found
