"""Moderation over HTTP: warned, warned, banned, appealed, overturned; reviewers and their locks."""

import sqlite3
from dataclasses import replace

import pytest

from eikona.domain.account import Role
from eikona.domain.errors import AuditLogError
from eikona.domain.ruling import HeardBallot, Ruling
from eikona.domain.verdict import Outcome
from eikona.services.audit_log import verify
from eikona.services.posting.apply_ruling import apply_ruling
from tests.unit.apps.api.served import PASSWORD, Served, a_picture, problem, wait_for

AUTH, ME, POSTS = "/api/v1/auth", "/api/v1/users/me", "/api/v1/posts"
REVIEWS, APPEALS = "/api/v1/admin/reviews", "/api/v1/appeals"


@pytest.fixture
def ada(served):
    served.account("ada")
    return served.as_("ada")


@pytest.fixture
def rev(served):
    served.account("rev", Role.REVIEWER)
    return served.as_("rev")


def events_of(served, name):
    def read(records):
        account = records.accounts.named(name)
        return records.events.after(0, account.id, 1000)

    return [(event.kind, dict(event.facts)) for event in served.server.store.read(read)]


def record(served, headers):
    return served.client.get(f"{ME}/record", headers=headers).json()


def blocked(served, headers, number):
    served.quorum.outcome = Outcome.BLOCK
    post = served.post(headers, a_picture(number))
    served.quorum.outcome = Outcome.CLEAR
    return post


def waiting(served, headers, **params):
    return served.client.get(REVIEWS, headers=headers, params=params).json()["items"]


def take(served, headers, review):
    return served.client.post(f"{REVIEWS}/{review}/lock", headers=headers)


def decide(served, headers, review, answer, words="because", **more):
    form = {"answer": answer, "words": words, **more}
    return served.client.post(f"{REVIEWS}/{review}/decision", json=form, headers=headers)


def reviewed(served, headers, answer, **more):
    """Take the first case that waits, and decide it."""
    review = waiting(served, headers)[0]["id"]
    assert take(served, headers, review).status_code == 200
    answered = decide(served, headers, review, answer, **more)
    assert answered.status_code == 204, answered.text


def test_the_whole_story(served, rev):
    """Register, post, warned, warned, banned, appeal, overturned: by HTTP alone."""
    client = served.client
    form = {"name": "ada", "email": "ada@example.org", "password": PASSWORD}
    assert client.post(f"{AUTH}/register", json=form).status_code == 202
    token = {"token": served.mailed_token("ada@example.org")}
    assert client.post(f"{AUTH}/verify", json=token).status_code == 204
    ada = served.as_("ada")
    assert served.post(ada)["state"] == "published"

    refused = []
    for number, standing in ((1, "active"), (2, "active"), (3, "banned")):
        post = blocked(served, ada, number)
        assert post["state"] == "refused"
        refused.append(post["id"])
        told = record(served, ada)
        assert (told["strikes_in_force"], told["standing"]) == (number, standing)
    kinds = [kind for kind, _ in events_of(served, "ada")]
    assert kinds.count("account.warned") == 2
    assert kinds.count("account.banned") == 1
    assert problem(served.upload(ada)) == (403, "account_banned")
    assert problem(client.get(POSTS, headers=ada)) == (403, "account_banned")

    decision = next(one for one in record(served, ada)["decisions"] if one["post"] == refused[2])
    assert decision["automated"] is True
    assert decision["consequence"] == "ban"
    assert decision["ground"] in served.mails("ada@example.org")[-1].text
    assert "appeal" in served.mails("ada@example.org")[-1].text
    form = {"decision": decision["id"], "text": "I took this picture myself."}
    assert client.post(APPEALS, json=form, headers=ada).status_code == 201
    assert problem(client.post(APPEALS, json=form, headers=ada)) == (409, "state_conflict")

    case = waiting(served, rev)[0]
    shown = client.get(f"{REVIEWS}/{case['id']}", headers=rev).json()
    assert shown["appeal"]["text"] == form["text"]
    assert shown["decision"]["id"] == decision["id"]
    assert client.get(shown["post"]["picture"]).status_code == 200
    reviewed(served, rev, "overturn", words="It is yours.")

    told = record(served, ada)
    assert (told["strikes_in_force"], told["standing"]) == (2, "active")
    assert client.get(f"{POSTS}/{refused[2]}", headers=rev).json()["state"] == "published"
    assert client.get(APPEALS, headers=ada).json()[0]["state"] == "overturned"
    assert "It is yours." in served.mails("ada@example.org")[-1].text
    contested = served.server.store.read(lambda records: records.contested.get("reference.jpg"))
    assert contested.count == 1
    assert served.post(ada, a_picture(9))["state"] == "published"
    assert [kind for kind, _ in events_of(served, "ada")][-10:].count("account.unbanned") <= 1
    assert "account.unbanned" in [kind for kind, _ in events_of(served, "ada")]
    entries = served.server.store.read(lambda records: list(records.audit.all()))
    assert verify(entries)[0] == len(entries)
    actions = [entry.action for entry in entries]
    for action in ("post.refused", "account.banned", "decision.overturned", "account.unbanned"):
        assert action in actions


def test_strikes_expire(served, ada):
    for number in range(2):
        blocked(served, ada, number)
    served.clock.forward(served.settings.strike_s)
    ada = served.as_("ada")
    assert record(served, ada)["strikes_in_force"] == 0
    blocked(served, ada, 2)
    assert record(served, ada)["standing"] == "active"


def test_an_upheld_appeal_changes_nothing(served, ada, rev):
    post = blocked(served, ada, 1)
    decision = record(served, ada)["decisions"][0]["id"]
    form = {"decision": decision, "text": "please"}
    served.client.post(APPEALS, json=form, headers=ada)
    reviewed(served, rev, "uphold", words="No.")
    assert record(served, ada)["strikes_in_force"] == 1
    assert served.client.get(f"{POSTS}/{post['id']}", headers=ada).json()["state"] == "refused"
    appeal = served.client.get(APPEALS, headers=ada).json()[0]
    assert (appeal["state"], appeal["answer"]) == ("upheld", "No.")
    assert problem(served.client.post(APPEALS, json=form, headers=ada)) == (409, "state_conflict")


def test_appeals_are_ones_own_and_in_time(served, ada):
    blocked(served, ada, 1)
    decision = record(served, ada)["decisions"][0]["id"]
    served.account("bob")
    form = {"decision": decision, "text": "mine"}
    foreign = served.client.post(APPEALS, json=form, headers=served.as_("bob"))
    assert problem(foreign) == (404, "not_found")
    served.clock.forward(served.settings.appeal_s)
    late = served.client.post(APPEALS, json=form, headers=served.as_("ada"))
    assert problem(late) == (409, "state_conflict")


def test_a_doubt_is_for_a_person_and_never_strikes(served, ada, rev):
    served.quorum.outcome = Outcome.REVIEW
    posts = []
    for number in range(2):
        served.clock.forward(1)
        posts.append(served.post(ada, a_picture(number)))
    assert {post["state"] for post in posts} == {"held"}
    assert [case["kind"] for case in waiting(served, rev)] == ["ruling", "ruling"]
    reviewed(served, rev, "publish")
    reviewed(served, rev, "refuse", words="It is a copy.")
    states = [
        served.client.get(f"{POSTS}/{post['id']}", headers=ada).json()["state"] for post in posts
    ]
    assert states == ["published", "refused"]
    told = record(served, ada)
    assert (told["strikes_in_force"], told["decisions"][0]["automated"]) == (0, False)
    assert waiting(served, rev) == []


@pytest.mark.parametrize(("strike", "count"), [(True, 1), (False, 0)])
def test_a_reported_post_is_removed_with_or_without_a_strike(served, ada, rev, strike, count):
    post = served.post(ada)
    served.account("bob")
    path = f"{POSTS}/{post['id']}"
    served.client.post(f"{path}/reports", json={"reason": "bad"}, headers=served.as_("bob"))
    case = served.client.get(f"{REVIEWS}/{waiting(served, rev)[0]['id']}", headers=rev).json()
    assert case["reports"] == ["bad"]
    reviewed(served, rev, "remove", strike=strike)
    assert served.client.get(path, headers=ada).json()["state"] == "removed"
    assert record(served, ada)["strikes_in_force"] == count
    decision = record(served, ada)["decisions"][0]["id"]
    served.client.post(APPEALS, json={"decision": decision, "text": "no"}, headers=ada)

    review = waiting(served, rev)[0]["id"]
    assert problem(take(served, rev, review)) == (403, "forbidden")  # it was his own decision
    served.account("other", Role.REVIEWER)
    reviewed(served, served.as_("other"), "overturn")
    assert served.client.get(path, headers=ada).json()["state"] == "published"


def test_only_one_reviewer_has_a_case(served, ada, rev):
    served.quorum.outcome = Outcome.REVIEW
    served.post(ada)
    served.account("other", Role.REVIEWER)
    other = served.as_("other")
    review = waiting(served, rev)[0]["id"]
    assert problem(decide(served, rev, review, "publish")) == (409, "state_conflict")
    assert take(served, rev, review).json()["mine_until"] is not None
    assert waiting(served, other)[0]["locked"] is True
    assert problem(take(served, other, review)) == (409, "state_conflict")
    assert problem(decide(served, other, review, "publish")) == (409, "state_conflict")
    gone = served.client.delete(f"{REVIEWS}/{review}/lock", headers=other)
    assert problem(gone) == (409, "state_conflict")
    served.clock.forward(served.settings.review_lock_s)
    rev, other = served.as_("rev"), served.as_("other")
    assert problem(decide(served, rev, review, "publish")) == (409, "state_conflict")
    assert take(served, other, review).status_code == 200
    assert served.client.delete(f"{REVIEWS}/{review}/lock", headers=other).status_code == 204
    assert take(served, rev, review).status_code == 200
    assert decide(served, rev, review, "publish").status_code == 204
    assert problem(decide(served, rev, review, "publish")) == (409, "state_conflict")
    assert problem(take(served, other, review)) == (409, "state_conflict")


def test_nobody_judges_his_own_post_nor_answers_beside_the_question(served, rev):
    served.quorum.outcome = Outcome.REVIEW
    served.post(rev)
    own = waiting(served, rev)[0]["id"]
    assert problem(take(served, rev, own)) == (403, "forbidden")
    served.account("other", Role.REVIEWER)
    other = served.as_("other")
    take(served, other, own)
    assert problem(decide(served, other, own, "overturn")) == (422, "invalid_input")
    assert problem(decide(served, other, own, "refuse", strike=True)) == (422, "invalid_input")
    assert problem(decide(served, other, own, "refuse", words=" ")) == (422, "invalid_input")
    assert decide(served, other, own, "refuse").status_code == 204


def test_a_withdrawn_post_is_not_published_by_an_appeal(served, ada, rev):
    post = blocked(served, ada, 1)
    decision = record(served, ada)["decisions"][0]["id"]
    served.client.post(APPEALS, json={"decision": decision, "text": "no"}, headers=ada)
    assert served.client.delete(f"{POSTS}/{post['id']}", headers=ada).status_code == 204
    assert served.client.get(f"{ME}/posts", headers=ada).json()["items"] == []
    reviewed(served, rev, "overturn")
    assert record(served, ada)["strikes_in_force"] == 0
    shown = served.client.get(f"{POSTS}/{post['id']}", headers=rev).json()
    assert shown["state"] == "removed"


def test_a_ruling_told_twice_is_followed_once(served, ada):
    """The server may die between a ruling and its being written down: it asks anew."""
    post = blocked(served, ada, 1)
    ballot = HeardBallot("n1", Outcome.BLOCK, "dhash", "r", "1", "")
    again = Ruling("9-aaaaaaaaaaaaaaaaaaaa", Outcome.BLOCK, 9, (ballot,), b"another receipt")
    server = served.server
    apply_ruling(
        post["id"],
        again,
        store=server.store,
        blobs=server.blobs,
        clock=server.clock,
        policy=server.policy,
    )
    assert record(served, ada)["strikes_in_force"] == 1
    assert served.client.get(f"{POSTS}/{post['id']}", headers=ada).json()["case"] == post["case"]


def test_the_receipt_is_for_the_author_and_reviewers(served, ada, rev):
    post = served.post(ada)
    path = f"{POSTS}/{post['id']}/receipt"
    assert post["case"].encode() in served.client.get(path, headers=ada).content
    assert served.client.get(path, headers=rev).status_code == 200
    served.account("bob")
    assert problem(served.client.get(path, headers=served.as_("bob"))) == (404, "not_found")


def test_roles_are_given_by_administrators_and_hold_at_once(served, ada):
    served.account("root1", Role.ADMINISTRATOR)
    root = served.as_("root1")
    path = "/api/v1/admin/accounts/{}/role"
    form = {"role": "reviewer"}
    assert problem(served.client.get(REVIEWS, headers=ada)) == (403, "forbidden")
    answer = served.client.put(path.format("ada"), json=form, headers=root)
    assert answer.json()["role"] == "reviewer"
    assert served.client.get(REVIEWS, headers=ada).status_code == 200
    own = served.client.put(path.format("root1"), json=form, headers=root)
    assert problem(own) == (403, "forbidden")
    assert problem(served.client.put(path.format("none"), json=form, headers=root)) == (
        404,
        "not_found",
    )
    told = served.client.get("/api/v1/admin/audit", headers=root).json()
    assert told[-1]["action"] == "account.role"
    assert told[-1]["facts"] == {"from": "user", "to": "reviewer"}


def test_the_audit_log_can_only_grow_and_shows_tampering(served, ada, tmp_path):
    served.post(ada)
    database = sqlite3.connect(tmp_path / "data" / "server.db")
    for change in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="can only grow"):
            database.execute(change)
    database.rollback()
    entries = served.server.store.read(lambda records: list(records.audit.all()))
    assert verify(entries)[0] == len(entries) >= 4
    for broken in (
        [replace(entries[0], actor="x"), *entries[1:]],
        [replace(entries[0], facts={"a": 1}), *entries[1:]],
        entries[1:],
        [entries[0], *entries[2:]],
        [entries[1], entries[0], *entries[2:]],
    ):
        with pytest.raises(AuditLogError):
            verify(broken)
    database.close()


def test_a_post_waits_while_the_quorum_is_gone_and_nothing_is_published(tmp_path):
    with Served(tmp_path / "data") as served:
        served.account("ada")
        ada = served.as_("ada")
        served.quorum.is_there.clear()
        name = served.upload(ada).json()["id"]
        assert served.client.get(f"{POSTS}/{name}", headers=ada).json()["state"] == "held"
        assert served.client.get(POSTS, headers=ada).json()["items"] == []
        served.quorum.is_there.set()
        wait_for(lambda: served.client.get(POSTS, headers=ada).json()["items"])
