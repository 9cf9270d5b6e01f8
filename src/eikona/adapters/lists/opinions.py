"""What partners think of a hash, and the state that an entry has by it.

Source: opinions are positive, negative or a seed of an investigation, and several that contradict
each other make a disputed one (facebook/ThreatExchange, ``python-threatexchange/threatexchange/
exchanges/fetch_state.py``). ThreatExchange's ``MALICIOUS`` is positive, ``NON_MALICIOUS`` negative,
every other status a seed; of reactions ``HELPFUL`` is positive and ``DISAGREE_WITH_TAGS`` negative
(``exchanges/impl/fb_threatexchange_api.py``).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from eikona.domain.bank import EntryState

SEED, POSITIVE, NEGATIVE = 1, 2, 4  # of these sets of opinions are made; enum.Flag is slow
NO_OPINION = 0
DISPUTED = POSITIVE | NEGATIVE
OF_STATUS: Mapping[str, int] = MappingProxyType({"MALICIOUS": POSITIVE, "NON_MALICIOUS": NEGATIVE})
OF_REACTION: Mapping[str, int] = MappingProxyType(
    {"HELPFUL": POSITIVE, "DISAGREE_WITH_TAGS": NEGATIVE}
)
OF_CATEGORY: Mapping[str, int] = MappingProxyType(
    {
        "POSITIVE_CLASS": POSITIVE,
        "NEGATIVE_CLASS": NEGATIVE,
        "INVESTIGATION_SEED": SEED,
        "DISPUTED": DISPUTED,
    }
)
_OF_STATE: Mapping[EntryState, int] = MappingProxyType(
    {
        EntryState.ACTIVE: POSITIVE,
        EntryState.REVIEW: SEED,
        EntryState.WITHDRAWN: NEGATIVE,
        EntryState.CONTESTED: DISPUTED,
    }
)
_STATES = tuple(
    (EntryState.WITHDRAWN if opinions == NEGATIVE else EntryState.CONTESTED)
    if opinions & NEGATIVE
    else (EntryState.ACTIVE if opinions & POSITIVE else EntryState.REVIEW)
    for opinions in range((SEED | POSITIVE | NEGATIVE) + 1)
)


def state_of(opinions: int) -> EntryState:
    """Return the state of an entry that is thought of so."""
    return _STATES[opinions]


def joint_state(states: Iterable[EntryState]) -> EntryState:
    """Return the state of an entry of which several opinions make these states."""
    opinions = NO_OPINION
    for state in states:
        opinions |= _OF_STATE[state]
    return state_of(opinions)
