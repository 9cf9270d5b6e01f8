"""What is too old goes, and nothing else does."""

import os

import pytest

from eikona.adapters.blobs.folder import BlobFolder
from eikona.adapters.database.database import Database
from eikona.domain.account import Account, Role, Standing
from eikona.domain.moderation import Appeal, AppealState, Consequence, Decision, Measure
from eikona.domain.post import Post, PostState
from eikona.domain.session import LoginFailures, MailedToken, Purpose, Session
from eikona.services.sweep import Retention, sweep

DAY_MS = 24 * 3600 * 1000
NOW_MS = 1000 * DAY_MS
RETENTION = Retention(events_ms=30 * DAY_MS, removed_ms=90 * DAY_MS)


class Kept:
    def __init__(self, folder):
        self.store = Database(folder / "server.db")
        self.blobs = BlobFolder(folder / "blobs")
        account = Account("a", "ada", "a@b.c", "x", Role.USER, Standing.ACTIVE, 0)
        self.write(lambda records: records.accounts.add(account))

    def write(self, work):
        return self.store.write(work)

    def blob(self, content, *, is_old=True):
        digest = self.blobs.put(content)
        if is_old:
            os.utime(self.blobs.path(digest), (0, 0))
        return digest

    def post(self, name, state=PostState.PUBLISHED, removed_at_ms=None):
        digests = [self.blob(f"{name} {part}".encode()) for part in range(3)]
        post = Post(name, "a", state, "", *digests, 1, 1, 0, removed_at_ms=removed_at_ms)
        self.write(lambda records: records.posts.add(post))
        return digests

    def decision(self, name, post, appeal=None):
        made = Decision(
            name, "a", post, Measure.REFUSE, Consequence.NONE, "", "", True, "quorum", None, None, 0
        )
        self.write(lambda records: records.decisions.add(made))
        if appeal is not None:
            objection = Appeal(f"{name}-appeal", "a", name, "no", appeal, 0)
            self.write(lambda records: records.appeals.add(objection))

    def sweep(self):
        clock = lambda: NOW_MS  # noqa: E731
        return sweep(store=self.store, blobs=self.blobs, clock=clock, retention=RETENTION)


@pytest.fixture
def kept(tmp_path):
    made = Kept(tmp_path)
    yield made
    made.store.close()


def test_files_go_that_nothing_names_once_they_are_old(kept):
    named = kept.post("p")
    unnamed = kept.blob(b"left by a deleted post")
    fresh = kept.blob(b"of an upload that goes on", is_old=False)
    assert kept.sweep() == 1
    assert set(kept.blobs.digests()) == {*named, fresh}
    assert unnamed not in set(kept.blobs.digests())


def test_more_files_than_one_batch_holds(kept):
    named = kept.post("p")
    for number in range(450):
        kept.blob(str(number).encode())
    assert kept.sweep() == 450
    assert set(kept.blobs.digests()) == set(named)


def test_pictures_of_refused_posts_go_in_time_but_not_during_an_appeal(kept):
    old, new = NOW_MS - 91 * DAY_MS, NOW_MS - 89 * DAY_MS
    shown = kept.post("shown")
    kept.post("old", PostState.REFUSED, old)
    recent = kept.post("recent", PostState.REMOVED, new)
    appealed = kept.post("appealed", PostState.REFUSED, old)
    kept.decision("d1", "appealed", AppealState.OPEN)
    kept.post("upheld", PostState.REFUSED, old)
    kept.decision("d2", "upheld", AppealState.UPHELD)
    kept.sweep()
    assert set(kept.blobs.digests()) == {*shown, *recent, *appealed}
    posts = kept.store.read(lambda records: records.posts.all_of("a"))
    assert {post.id for post in posts if not post.picture} == {"old", "upheld"}
    assert kept.store.read(lambda records: records.decisions.get("d2")).post == "upheld"


def test_records_go_when_their_time_is_over(kept):
    def add(records):
        for age in (29, 31):
            at_ms = NOW_MS - age * DAY_MS
            records.events.tell("a", f"age {age}", "x", {}, at_ms)
            records.sessions.add(Session(f"s{age}", "a", "", "", 0, 0, NOW_MS + 1, at_ms))
        for hours in (23, 25):
            at_ms = NOW_MS - hours * DAY_MS // 24
            records.failures.keep(LoginFailures(f"f{hours}", 1, at_ms, 0))
        for token, until in (("good", NOW_MS + 1), ("late", NOW_MS - 1)):
            records.mailed_tokens.add(MailedToken(token, "a", Purpose.VERIFY_EMAIL, until))

    kept.write(add)
    kept.sweep()

    def look(records):
        return (
            [event.kind for event in records.events.after(0, "a", 9)],
            [records.sessions.find(name) is not None for name in ("s29", "s31")],
            [records.failures.find(name) is not None for name in ("f23", "f25")],
            [records.mailed_tokens.find(name) is not None for name in ("good", "late")],
        )

    assert kept.store.read(look) == (["age 29"], [True, False], [True, False], [True, False])
