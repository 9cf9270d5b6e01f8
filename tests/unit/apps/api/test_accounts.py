"""Accounts over HTTP: registration, sessions, passwords, lock-out, keys, export, deletion."""

import sqlite3
import threading

import jwt
import pytest

from eikona.domain.account import Role, Standing
from eikona.services.audit_log import verify
from tests.unit.apps.api.served import PASSWORD, bearer, problem

AUTH, ME = "/api/v1/auth", "/api/v1/users/me"


def register(served, name="ada", email="ada@example.org", password=PASSWORD):
    form = {"name": name, "email": email, "password": password}
    return served.client.post(f"{AUTH}/register", json=form)


def refresh(served, token, client=None):
    return (client or served.client).post(f"{AUTH}/refresh", json={"refresh_token": token})


def me(served, token):
    return served.client.get(ME, headers=bearer(token))


def test_from_registration_to_a_confirmed_account(served):
    assert register(served).status_code == 202
    tokens = served.login("ADA").json()
    assert me(served, tokens["access_token"]).json()["email_verified"] is False
    asked = served.client.get(f"{ME}/keys", headers=bearer(tokens["access_token"]))
    assert problem(asked) == (403, "email_unverified")

    first = served.mailed_token("ada@example.org")
    again = served.client.post(f"{AUTH}/verify/again", headers=bearer(tokens["access_token"]))
    assert again.status_code == 202
    stale = served.client.post(f"{AUTH}/verify", json={"token": first})
    assert problem(stale) == (401, "invalid_token")
    good = {"token": served.mailed_token("ada@example.org")}
    assert served.client.post(f"{AUTH}/verify", json=good).status_code == 204
    assert problem(served.client.post(f"{AUTH}/verify", json=good)) == (401, "invalid_token")
    assert me(served, tokens["access_token"]).json()["email_verified"] is True


def test_links_grow_old_and_are_good_for_one_purpose(served):
    register(served)
    token = served.mailed_token("ada@example.org")
    form = {"token": token, "password": "another good password"}
    assert problem(served.client.post(f"{AUTH}/password/reset", json=form)) == (
        401,
        "invalid_token",
    )
    served.clock.forward(served.settings.email_token_s)
    answer = served.client.post(f"{AUTH}/verify", json={"token": token})
    assert problem(answer) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": "a"}, "invalid_input"),
        ({"name": "admin"}, "invalid_input"),
        ({"name": "a b c"}, "invalid_input"),
        ({"name": "ädä"}, "invalid_input"),
        ({"email": "nobody"}, "invalid_input"),
        ({"email": "a@b\r\nBcc: c@d"}, "invalid_input"),
        ({"password": "short"}, "invalid_input"),
        ({"password": "ada@EXAMPLE.org"}, "weak_password"),
        ({"password": "password1234"}, "weak_password"),
        ({"password": "aaaaaaaaaaaaa"}, "weak_password"),
        ({"password": "x" * 300}, "invalid_input"),
    ],
)
def test_registration_refuses(served, changed, expected):
    answer = register(served, **changed)
    assert problem(answer) == (422, expected)
    assert served.mails() == []


def test_unknown_fields_are_refused(served):
    form = {"name": "ada", "email": "a@b.c", "password": PASSWORD, "role": "administrator"}
    answer = served.client.post(f"{AUTH}/register", json=form)
    assert problem(answer) == (422, "invalid_input")


def test_nobody_learns_whether_an_address_has_an_account(served):
    new = register(served)
    old = register(served, name="other", email="ADA@example.org")
    assert (old.status_code, old.json()) == (new.status_code, new.json())
    assert "somebody, perhaps you" in served.mails("ada@example.org")[-1].text
    assert problem(served.login("other")) == (401, "wrong_credentials")
    assert problem(register(served, email="b@b.c")) == (409, "name_taken")

    before = len(served.mails())
    known = served.client.post(f"{AUTH}/password/forgotten", json={"email": "ada@example.org"})
    unknown = served.client.post(f"{AUTH}/password/forgotten", json={"email": "no@example.org"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert len(served.mails()) == before + 1


def test_two_at_once_cannot_have_one_name(served):
    answers = []

    def run(number):
        answers.append(register(served, email=f"{number}@b.c").status_code)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [202, 409, 409, 409, 409, 409]


def test_passwords_and_tokens_are_nowhere_in_the_store(served, tmp_path):
    register(served)
    tokens = served.login("ada").json()
    key_form = {"label": "k", "scopes": ["lookup"]}
    served.client.post(f"{AUTH}/verify", json={"token": served.mailed_token("ada@example.org")})
    headers = bearer(tokens["access_token"])
    key = served.client.post(f"{ME}/keys", json=key_form, headers=headers).json()["key"]
    served.server.store.write(lambda records: records.mails.forget("ada@example.org"))
    with sqlite3.connect(tmp_path / "data" / "server.db") as connection:
        dump = "\n".join(connection.iterdump())
    for secret in (PASSWORD, tokens["refresh_token"], tokens["access_token"], key.split("_")[2]):
        assert secret not in dump
    assert "$argon2id$" in dump


def test_wrong_passwords_lock_one_network_out_for_longer_and_longer(served):
    served.account("ada")
    for _ in range(5):
        assert problem(served.login("ada", "wrong password")) == (401, "wrong_credentials")
    locked = served.login("ada")
    assert problem(locked) == (429, "locked_out")
    assert locked.headers["retry-after"] == "30"
    elsewhere = served.from_network("192.0.2.9")
    assert served.login("ada", client=elsewhere).status_code == 200
    served.clock.forward(30)
    assert served.login("ada", "wrong password").status_code == 401
    assert served.login("ada").headers["retry-after"] == "60"
    served.clock.forward(60)
    assert served.login("ada").status_code == 200
    for _ in range(4):  # a right password forgets the wrong ones
        served.login("ada", "wrong password")
    assert served.login("ada").status_code == 200


def test_unknown_names_are_locked_out_alike(served):
    for _ in range(5):
        assert problem(served.login("nobody", "wrong password")) == (401, "wrong_credentials")
    assert problem(served.login("nobody")) == (429, "locked_out")


def test_guesses_from_everywhere_come_to_an_end(served):
    served.account("ada")
    for number in range(50):
        served.login("ada", "wrong", client=served.from_network(f"192.0.2.{number}"))
    stranger = served.from_network("198.51.100.1")
    assert problem(served.login("ada", client=stranger)) == (429, "locked_out")


def test_logins_of_one_network_are_counted(served):
    statuses = [served.login(f"name{number}", "wrong password").status_code for number in range(31)]
    assert statuses == [401] * 30 + [429]


def test_refreshing_rotates_and_a_second_use_ends_the_session(served):
    served.account("ada")
    first = served.login("ada").json()
    second = refresh(served, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["session"] == first["session"]
    assert me(served, second["access_token"]).status_code == 200

    assert problem(refresh(served, first["refresh_token"])) == (401, "invalid_token")
    assert problem(refresh(served, second["refresh_token"])) == (401, "invalid_token")
    assert problem(me(served, second["access_token"])) == (401, "not_authenticated")
    assert "was used twice" in served.mails("ada@example.org")[-1].text


def test_of_two_refreshes_at_once_one_wins_and_then_both_lose(served):
    served.account("ada")
    token = served.login("ada").json()["refresh_token"]
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(refresh(served, token))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    winner = next(answer for answer in answers if answer.status_code == 200).json()
    assert refresh(served, winner["refresh_token"]).status_code == 401


def test_a_made_up_refresh_token_ends_nothing(served):
    served.account("ada")
    tokens = served.login("ada").json()
    assert problem(refresh(served, "made-up")) == (401, "invalid_token")
    assert refresh(served, tokens["refresh_token"]).status_code == 200


def test_the_cookie_is_for_no_script(served):
    served.account("ada")
    answer = served.login("ada", refresh_in="cookie")
    assert answer.json()["refresh_token"] is None
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/api/v1/auth" in cookie
    again = served.client.post(f"{AUTH}/refresh", json={})
    assert again.json()["refresh_token"] is None
    served.client.post(f"{AUTH}/logout", headers=bearer(again.json()["access_token"]))
    assert problem(served.client.post(f"{AUTH}/refresh", json={})) == (401, "invalid_token")


def test_access_tokens_grow_old_and_cannot_be_made_up(served):
    account = served.account("ada")
    tokens = served.login("ada").json()
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    for forged in (
        jwt.encode(claims, None, algorithm="none"),
        jwt.encode(claims, "k" * 32, algorithm="HS256"),
        tokens["access_token"][:-4],
        "x" * 5000,
        "",
        "eik_",
        f"eik_{account.id}_",
    ):
        assert problem(me(served, forged)) == (401, "not_authenticated")
    served.clock.forward(served.settings.access_token_s)
    assert problem(me(served, tokens["access_token"])) == (401, "not_authenticated")
    assert refresh(served, tokens["refresh_token"]).status_code == 200


def test_unused_sessions_end(served):
    served.account("ada")
    token = served.login("ada").json()["refresh_token"]
    served.clock.forward(served.settings.session_s - 1)
    token = refresh(served, token).json()["refresh_token"]
    served.clock.forward(served.settings.session_s)
    assert problem(refresh(served, token)) == (401, "invalid_token")


def test_sessions_are_listed_and_ended_by_their_owner_alone(served):
    served.account("ada")
    served.account("bob")
    one, two = served.login("ada").json(), served.login("ada").json()
    other = served.login("bob").json()
    headers = bearer(one["access_token"])
    listed = served.client.get(f"{ME}/sessions", headers=headers).json()
    assert {session["id"]: session["current"] for session in listed} == {
        one["session"]: True,
        two["session"]: False,
    }
    foreign = served.client.delete(f"{ME}/sessions/{other['session']}", headers=headers)
    assert problem(foreign) == (404, "not_found")
    ended = served.client.delete(f"{ME}/sessions/{two['session']}", headers=headers)
    assert ended.status_code == 204
    assert problem(me(served, two["access_token"])) == (401, "not_authenticated")
    assert problem(refresh(served, two["refresh_token"])) == (401, "invalid_token")
    served.login("ada")
    served.client.delete(f"{ME}/sessions", headers=headers)
    assert len(served.client.get(f"{ME}/sessions", headers=headers).json()) == 1
    assert served.client.post(f"{AUTH}/logout", headers=headers).status_code == 204
    assert problem(me(served, one["access_token"])) == (401, "not_authenticated")
    assert me(served, other["access_token"]).status_code == 200


def test_a_reset_password_ends_every_session(served):
    served.account("ada", verified=False)
    old = served.login("ada").json()
    served.client.post(f"{AUTH}/password/forgotten", json={"email": "Ada@example.org"})
    token = served.mailed_token("ada@example.org")
    weak = {"token": token, "password": "password1234"}
    answer = served.client.post(f"{AUTH}/password/reset", json=weak)
    assert problem(answer) == (422, "weak_password")
    form = {"token": token, "password": "a new long password"}
    assert served.client.post(f"{AUTH}/password/reset", json=form).status_code == 204
    answer = served.client.post(f"{AUTH}/password/reset", json=form)
    assert problem(answer) == (401, "invalid_token")
    assert problem(me(served, old["access_token"])) == (401, "not_authenticated")
    assert problem(served.login("ada")) == (401, "wrong_credentials")
    fresh = served.login("ada", "a new long password").json()
    assert me(served, fresh["access_token"]).json()["email_verified"] is True


def test_changing_a_password_needs_the_old_one_and_ends_the_other_sessions(served):
    served.account("ada")
    here, there = served.login("ada").json(), served.login("ada").json()
    headers = bearer(here["access_token"])
    form = {"old": "not the old one", "new": "a new long password"}
    answer = served.client.put(f"{ME}/password", json=form, headers=headers)
    assert problem(answer) == (401, "wrong_credentials")
    form["old"] = PASSWORD
    assert served.client.put(f"{ME}/password", json=form, headers=headers).status_code == 204
    assert me(served, here["access_token"]).status_code == 200
    assert problem(me(served, there["access_token"])) == (401, "not_authenticated")
    wrong = {"old": "not the old one", "new": "a new long password"}
    statuses = [
        served.client.put(f"{ME}/password", json=wrong, headers=headers).status_code
        for _ in range(9)
    ]
    assert statuses == [401] * 8 + [429]


def test_keys_are_shown_once_and_good_for_their_scopes(served):
    served.account("ada")
    headers = served.as_("ada")
    form = {"label": " scan ", "scopes": ["lookup"]}
    made = served.client.post(f"{ME}/keys", json=form, headers=headers)
    assert made.status_code == 201
    key = made.json()["key"]
    assert key.startswith(f"eik_{made.json()['id']}_")
    listed = served.client.get(f"{ME}/keys", headers=headers).json()
    assert [(one["label"], "key" in one) for one in listed] == [("scan", False)]
    for sent in (bearer(key), {"X-API-Key": key}):
        assert problem(served.client.get(ME, headers=sent)) == (403, "forbidden")
    wrong = served.client.get(ME, headers=bearer(key[:-1] + "0" if key[-1] != "0" else key[:-1]))
    assert problem(wrong) == (401, "not_authenticated")
    gone = served.client.delete(f"{ME}/keys/{made.json()['id']}", headers=headers)
    assert gone.status_code == 204
    answer = served.client.get(ME, headers=bearer(key))
    assert problem(answer) == (401, "not_authenticated")


def test_keys_expire_and_cannot_go_beyond_their_owner(served):
    served.account("ada")
    served.account("bob", Role.ADMINISTRATOR)
    headers = served.as_("ada")
    form = {"label": "k", "scopes": ["banks:write"]}
    answer = served.client.post(f"{ME}/keys", json=form, headers=headers)
    assert problem(answer) == (403, "forbidden")
    foreign = served.client.post(f"{ME}/keys", json=form, headers=served.as_("bob")).json()
    answer = served.client.delete(f"{ME}/keys/{foreign['id']}", headers=headers)
    assert problem(answer) == (404, "not_found")
    form = {"label": "k", "scopes": ["lookup"], "expires_at": "2020-01-01T00:00:00Z"}
    answer = served.client.post(f"{ME}/keys", json=form, headers=headers)
    assert problem(answer) == (422, "invalid_input")
    form["expires_at"] = "2027-01-16T08:00:00Z"  # a day after the clock of these tests stands still
    key = served.client.post(f"{ME}/keys", json=form, headers=headers).json()["key"]
    assert served.client.get(ME, headers=bearer(key)).status_code == 403
    served.clock.forward(24 * 3600 + 1)
    assert served.client.get(ME, headers=bearer(key)).status_code == 401


def test_an_export_holds_what_is_kept_and_no_secret(served):
    served.account("ada")
    headers = served.as_("ada")
    told = served.client.get(f"{ME}/export", headers=headers)
    assert told.json()["account"]["email"] == "ada@example.org"
    assert len(told.json()["sessions"]) == 1
    assert "argon2" not in told.text


def test_a_deleted_account_leaves_nothing_personal_and_frees_its_name(served, tmp_path):
    served.account("ada")
    headers = served.as_("ada")
    served.client.post(f"{AUTH}/password/forgotten", json={"email": "ada@example.org"})
    answer = served.client.post(f"{ME}/deletion", json={"password": "wrong"}, headers=headers)
    assert problem(answer) == (401, "wrong_credentials")
    answer = served.client.post(f"{ME}/deletion", json={"password": PASSWORD}, headers=headers)
    assert answer.status_code == 204
    assert problem(served.client.get(ME, headers=headers)) == (401, "not_authenticated")
    assert problem(served.login("ada")) == (401, "wrong_credentials")
    assert served.mails() == []
    served.server.close()
    content = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("server.db*"))
    assert b"ada@example.org" not in content


def test_a_banned_account_keeps_what_is_its_own(served):
    account = served.account("ada")
    headers = served.as_("ada")
    served.change(account, standing=Standing.BANNED)
    assert served.client.get(ME, headers=headers).json()["standing"] == "banned"
    assert served.client.get(f"{ME}/export", headers=headers).status_code == 200
    answer = served.client.get(f"{ME}/keys", headers=headers)
    assert problem(answer) == (403, "account_banned")
    assert served.login("ada").status_code == 200


def test_what_happens_to_accounts_stands_in_the_audit_log(served):
    register(served)
    served.login("ada")
    entries = served.server.store.read(lambda records: list(records.audit.all()))
    assert [entry.action for entry in entries] == ["account.made", "session.begun"]
    assert verify(entries) == (2, entries[-1].digest)
    assert "ada" not in str(entries)
