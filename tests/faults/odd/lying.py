"""Lies of a node, each put over what an honest one does."""

from dataclasses import replace

from eikona.adapters.keys.ballot_book import BallotBook
from eikona.adapters.raft.engine import RaftEngine
from eikona.apps.node import judging
from eikona.balloting.commands import command_of
from eikona.balloting.signing import sign_ballot
from eikona.balloting.statements import witness
from eikona.domain.verdict import Outcome


def _answer_unseen():
    honest = judging.judge

    def judge(case, digest, **told):
        ballot = honest(case, digest, **told)
        made_up = witness(digest, ballot.node, dict.fromkeys(ballot.algorithms, "00" * 8))
        return replace(ballot, outcome=Outcome.CLEAR, nearest=None, distance=None, witness=made_up)

    judging.judge = judge


def _sign_two():
    sign, submit, second = BallotBook.sign_once, RaftEngine.submit, {}

    def sign_once(self, ballot, signer):
        signed = sign(self, ballot, signer)
        other = replace(ballot, outcome=Outcome.CLEAR, nearest=None, distance=None)
        second[command_of(signed)] = command_of(sign_ballot(other, signer))
        return signed

    def submit_both(self, command, *, timeout_s):
        result = submit(self, command, timeout_s=timeout_s)
        if command in second:
            submit(self, second.pop(command), timeout_s=timeout_s)
        return result

    BallotBook.sign_once, RaftEngine.submit = sign_once, submit_both


LIES = {"unseen": _answer_unseen, "two ballots": _sign_two}
