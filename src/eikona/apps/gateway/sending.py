"""Sends cases to the quorum, in their order, each as often as it takes."""

import threading
from collections.abc import Callable

from eikona.adapters.quorum.channel import BrokenChannelError
from eikona.adapters.quorum.spool import Waiting
from eikona.apps.gateway.cases import Cases
from eikona.apps.gateway.nodes import NodeLine, Nodes
from eikona.apps.node.docket import ruling_event
from eikona.balloting.commands import command_of
from eikona.balloting.receipts import receipt_from
from eikona.domain import errors
from eikona.domain.roster import SignedRoster

_IDLE_S = 0.1
_WAIT_S = 0.1
_ASK_ANEW = frozenset({errors.CaseTooOldError.code, errors.CaseConflictError.code})


class Sending:
    """One gateway's; ``run`` it in one thread."""

    def __init__(self, cases: Cases, nodes: Nodes, due: Callable[[], SignedRoster | None]) -> None:
        """Take what is sent, and to whom; ``due`` returns the roster that is to be decided on."""
        self._cases = cases
        self._nodes = nodes
        self._due_roster = due

    def run(self, stopping: threading.Event) -> None:
        """Send until told to stop."""
        while not stopping.is_set():
            roster = self._due_roster()
            if roster is not None and not self._send_roster(roster) and not self._nodes.roster:
                self._cases.hold()  # nobody sits yet
                stopping.wait(_WAIT_S)
                continue
            for one in self._cases.due(_IDLE_S):
                if not self._send(one):
                    self._cases.hold()
                    stopping.wait(_WAIT_S)
                    break  # those behind it must not overtake it

    def _send(self, one: Waiting) -> bool:
        """Send one case; return whether the quorum has it."""
        command = command_of(one.submission)
        for node in self._nodes.in_order():
            try:
                told, _ = node.ask({"do": "submit"}, command)
            except BrokenChannelError:
                continue
            error = told.get("error")
            if error in _ASK_ANEW:
                self._cases.renamed(one, self._nodes.size)
                return True
            if error is None:
                return self._answered(one, node, told["answer"])
        return False

    def _answered(self, one: Waiting, node: NodeLine, answer: dict[str, object]) -> bool:
        if answer.get("state") == "ruled":
            self._fetch_receipt(one, node)
        self._cases.sent(one, "held" if answer.get("state") == "held" else "open")
        return True

    def _fetch_receipt(self, one: Waiting, first: NodeLine) -> None:
        """Get the receipt of a case that was ruled on while nobody told of it."""
        others = [node for node in self._nodes.in_order() if node is not first]
        for node in (first, *others):
            try:
                _, content = node.ask({"do": "receipt", "case": one.submission.id})
            except BrokenChannelError:
                continue
            if content:
                self._cases.heard(ruling_event(receipt_from(content)), content)
                return

    def _send_roster(self, roster: SignedRoster) -> bool:
        """Have the administrator's roster put in force."""
        for node in self._nodes.in_order():
            try:
                told, _ = node.ask({"do": "submit"}, command_of(roster))
            except BrokenChannelError:
                continue
            if "answer" in told:
                node.status["roster"] = told["answer"]["roster"]
                return True
        return False
