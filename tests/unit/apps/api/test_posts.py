"""Posts over HTTP: uploads, what is shown and to whom, changes, reports, blocks, the feed."""

import io
import json
import threading

import pytest
from PIL import Image

from eikona.domain.account import Role, Standing
from eikona.domain.verdict import Outcome
from tests.unit.apps.api.served import Served, a_picture, bearer, problem, wait_for

POSTS, ME = "/api/v1/posts", "/api/v1/users/me"


@pytest.fixture
def ada(served):
    served.account("ada")
    return served.as_("ada")


@pytest.fixture
def bob(served):
    served.account("bob")
    return served.as_("bob")


def blobs_of(served):
    return set(served.server.blobs.digests())


def picture_of(served, post):
    return served.client.get(post["picture"])


def test_an_upload_is_held_then_published(served, ada, bob):
    served.quorum.is_there.clear()
    answer = served.upload(ada, caption=" Low\r\ntide ")
    assert answer.status_code == 201
    held = answer.json()
    assert (held["state"], held["caption"], held["author"]) == ("held", "Low\ntide", "ada")
    assert problem(served.client.get(f"{POSTS}/{held['id']}", headers=bob)) == (404, "not_found")
    assert served.client.get(POSTS, headers=bob).json()["items"] == []
    served.quorum.is_there.set()
    published = served.ruled(ada, held["id"])
    assert published["state"] == "published"
    seen = served.client.get(POSTS, headers=bob).json()
    assert [post["id"] for post in seen["items"]] == [held["id"]]
    assert seen["next"] is None
    shown = picture_of(served, seen["items"][0])
    assert shown.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(shown.content)).size == (60, 40)
    assert served.client.get(seen["items"][0]["thumbnail"]).status_code == 200


def test_nothing_of_a_file_but_its_pixels_is_shown(served, ada):
    exif = Image.Exif()
    exif[0x010F] = "SECRETMAKER"
    exif[0x0112] = 6  # turned: what is shown stands upright
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 7.0)
    picture = a_picture(exif=exif, comment=b"SECRETCOMMENT", icc_profile=b"SECRETPROFILE")
    assert b"SECRETMAKER" in picture
    post = served.post(ada, picture)
    for address in (post["picture"], post["thumbnail"]):
        content = served.client.get(address).content
        shown = Image.open(io.BytesIO(content))
        assert b"SECRET" not in content
        assert not shown.getexif()
        assert shown.size == (40, 60)
    assert served.quorum.asked == [picture]  # the quorum rules on the file itself


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_every_format_is_shown_as_jpeg(served, ada, kind):
    post = served.post(ada, a_picture(kind=kind))
    assert picture_of(served, post).content.startswith(b"\xff\xd8\xff")


def test_a_page_in_a_picture_is_no_page_any_more(served, ada):
    page = b"<html><script>alert(1)</script></html>"
    post = served.post(ada, a_picture(kind="GIF", comment=page) + page)
    answer = picture_of(served, post)
    assert b"<script>" not in answer.content
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == f'inline; filename="{post["id"]}.jpg"'


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (b"", (422, "empty_file")),
        (b"<html>no picture</html>", (422, "not_an_image")),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", (422, "not_an_image")),
        (a_picture()[:-300], (422, "truncated_image")),
        (a_picture(kind="PNG")[:24] + b"\x00\x01" * 20, (422, None)),
    ],
)
def test_what_is_no_picture_is_refused_and_not_kept(served, ada, picture, expected):
    answer = served.upload(ada, picture)
    status, code = problem(answer)
    assert status == expected[0]
    assert expected[1] in (None, code)
    assert served.client.get(f"{ME}/posts", headers=ada).json()["items"] == []
    assert served.post(ada)["state"] == "published"  # the next one is none the worse for it


def test_uploads_are_bounded(tmp_path):
    with Served(tmp_path / "data", upload_bytes_most=2000) as served:
        served.account("ada")
        ada = served.as_("ada")
        assert problem(served.upload(ada, b"x" * 2001)) == (413, "too_many_bytes")
        assert problem(served.upload(ada, b"x" * 100_000)) == (413, "too_many_bytes")
        assert [path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=b", b"--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Dis"),
        ("multipart/form-data; boundary=b", b"nonsense"),
        ("multipart/form-data; boundary=b", b"--b\r\nX: y\r\n\r\nz\r\n--b--\r\n"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="picture"\r\n\r\ntorn',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="picture"\r\n\r\none\r\n' * 2
            + b"--b--\r\n",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\none\r\n--b--\r\n',
        ),
    ],
)
def test_torn_forms_are_refused(served, ada, tmp_path, kind, body):
    answer = served.client.post(POSTS, content=body, headers={**ada, "content-type": kind})
    assert problem(answer) == (422, "invalid_input")
    assert list((tmp_path / "data" / "blobs" / "incoming").iterdir()) == []


@pytest.mark.parametrize("caption", ["x" * 2001, "nul\x00", "escape\x1b[31m"])
def test_odd_captions_are_refused(served, ada, caption):
    assert problem(served.upload(ada, caption=caption)) == (422, "invalid_input")


def test_an_upload_sent_twice_with_one_key_is_one_post(served, ada, bob):
    key = {"Idempotency-Key": "k1"}
    first = served.upload(ada, a_picture(1), "a", **key)
    again = served.upload(ada, a_picture(1), "a", **key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = served.upload(ada, a_picture(2), "a", **key)
    assert problem(other) == (409, "idempotency_conflict")
    other = served.upload(ada, a_picture(1), "b", **key)
    assert problem(other) == (409, "idempotency_conflict")
    assert served.upload(bob, a_picture(2), "b", **key).status_code == 201
    assert problem(served.upload(ada, **{"Idempotency-Key": "k" * 129})) == (422, "invalid_input")
    wait_for(lambda: len(served.quorum.asked) == 2)


def test_the_same_key_at_one_time_makes_one_post(served, ada):
    answers = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(served.upload(ada, **{"Idempotency-Key": "k"}).json())
        )
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["id"] for answer in answers}) == 1


def test_who_may_not_upload(served, ada):
    served.account("new", verified=False)
    assert problem(served.upload(served.as_("new"))) == (403, "email_unverified")
    banned = served.account("bad")
    headers = served.as_("bad")
    served.change(banned, standing=Standing.BANNED)
    assert problem(served.upload(headers)) == (403, "account_banned")
    form = {"label": "k", "scopes": ["posts:read"]}
    key = served.client.post(f"{ME}/keys", json=form, headers=ada).json()["key"]
    assert problem(served.upload(bearer(key))) == (403, "forbidden")
    assert served.client.get(POSTS, headers=bearer(key)).status_code == 200
    form = {"label": "k", "scopes": ["posts:write"]}
    key = served.client.post(f"{ME}/keys", json=form, headers=ada).json()["key"]
    assert served.upload(bearer(key)).status_code == 201


def test_as_many_as_wait_and_no_more(served, ada):
    served.quorum.is_there.clear()
    statuses = [served.upload(ada, a_picture(number)).status_code for number in range(21)]
    assert statuses == [201] * 20 + [409]


def test_a_full_disk_takes_no_uploads(tmp_path):
    with Served(tmp_path / "data", disk_bytes_free_least=1 << 60) as served:
        served.account("ada")
        assert problem(served.upload(served.as_("ada"))) == (429, "overloaded")


def test_links_to_pictures_cannot_be_made_up_and_end_with_the_post(served, ada, bob):
    post = served.post(ada)
    public = served.client.get(f"{POSTS}/{post['id']}", headers=bob).json()["picture"]
    assert served.client.get(public).status_code == 200
    for forged in (
        public[:-1] + ("0" if public[-1] != "0" else "1"),
        public.replace("/picture/", "/thumbnail/"),
        public.replace("/e/", "/i/"),
        public.replace(post["id"], "0" * 20),
    ):
        assert problem(served.client.get(forged)) == (404, "not_found")
    served.clock.forward(3 * 3600)
    assert problem(served.client.get(public)) == (404, "not_found")
    served.clock.forward(-3 * 3600)
    served.client.delete(f"{POSTS}/{post['id']}", headers=ada)
    assert problem(served.client.get(public)) == (404, "not_found")
    assert problem(served.client.get(post["picture"])) == (404, "not_found")


def test_refused_posts_are_for_their_author_and_reviewers(served, ada, bob):
    served.account("rev", Role.REVIEWER)
    served.quorum.outcome = Outcome.BLOCK
    post = served.post(ada)
    assert post["state"] == "refused"
    path = f"{POSTS}/{post['id']}"
    assert problem(served.client.get(path, headers=bob)) == (404, "not_found")
    rev = served.client.get(path, headers=served.as_("rev")).json()
    assert served.client.get(rev["picture"]).status_code == 200
    listed = served.client.get(f"{ME}/posts", headers=ada).json()["items"]
    assert [one["state"] for one in listed] == ["refused"]


def test_captions_are_changed_by_their_author(served, ada, bob):
    post = served.post(ada, caption="before")
    path = f"{POSTS}/{post['id']}"
    answer = served.client.patch(path, json={"caption": "stolen"}, headers=bob)
    assert problem(answer) == (404, "not_found")
    answer = served.client.patch(path, json={"caption": "after", "state": "held"}, headers=ada)
    assert problem(answer) == (422, "invalid_input")
    assert (
        served.client.patch(path, json={"caption": "after"}, headers=ada).json()["caption"]
        == "after"
    )
    assert served.client.get(path, headers=bob).json()["caption"] == "after"


def test_posts_are_deleted_by_their_author(served, ada, bob):
    post = served.post(ada)
    path = f"{POSTS}/{post['id']}"
    assert problem(served.client.delete(path, headers=bob)) == (404, "not_found")
    assert served.client.delete(path, headers=ada).status_code == 204
    assert problem(served.client.delete(path, headers=ada)) == (404, "not_found")
    assert problem(served.client.get(path, headers=ada)) == (404, "not_found")


def test_a_post_deleted_while_it_is_ruled_on_stays_deleted(served, ada):
    served.quorum.is_there.clear()
    served.quorum.outcome = Outcome.BLOCK
    post = served.upload(ada).json()
    assert served.client.delete(f"{POSTS}/{post['id']}", headers=ada).status_code == 204
    served.quorum.is_there.set()
    wait_for(lambda: served.quorum.asked)
    assert served.post(ada, a_picture(1))["state"] == "refused"
    assert served.client.get(f"{ME}/posts", headers=ada).json()["items"][0]["id"] != post["id"]


def test_reports_wait_for_a_reviewer_once(served, ada, bob):
    post = served.post(ada)
    path = f"{POSTS}/{post['id']}/reports"
    form = {"reason": "mine"}
    assert problem(served.client.post(path, json=form, headers=ada)) == (403, "forbidden")
    for _ in range(2):
        assert served.client.post(path, json=form, headers=bob).status_code == 204
    waiting = served.server.store.read(lambda records: records.reviews.waiting(after=None, most=9))
    assert [(one.kind, one.post) for one in waiting] == [("report", post["id"])]
    said = served.server.store.read(lambda records: records.reports.about(post["id"]))
    assert [one.reason for one in said] == ["mine"]


def test_blocking_hides_both_ways(served, ada, bob):
    of_ada, of_bob = served.post(ada), served.post(bob, a_picture(1))
    assert served.client.put(f"{ME}/blocks/bob", headers=ada).status_code == 204
    assert [one["name"] for one in served.client.get(f"{ME}/blocks", headers=ada).json()] == ["bob"]
    assert served.client.get(f"{ME}/blocks", headers=bob).json() == []
    for headers, hidden, own in ((ada, of_bob, of_ada), (bob, of_ada, of_bob)):
        seen = served.client.get(POSTS, headers=headers).json()["items"]
        assert [post["id"] for post in seen] == [own["id"]]
        answer = served.client.get(f"{POSTS}/{hidden['id']}", headers=headers)
        assert problem(answer) == (404, "not_found")
        report = {"reason": "x"}
        answer = served.client.post(f"{POSTS}/{hidden['id']}/reports", json=report, headers=headers)
        assert problem(answer) == (404, "not_found")
    assert served.client.delete(f"{ME}/blocks/BOB", headers=ada).status_code == 204
    assert len(served.client.get(POSTS, headers=bob).json()["items"]) == 2
    assert problem(served.client.put(f"{ME}/blocks/ada", headers=ada)) == (403, "forbidden")
    assert problem(served.client.put(f"{ME}/blocks/nobody", headers=ada)) == (404, "not_found")


def test_pages_of_the_feed_hold_every_post_once(served, ada, bob):
    posts = []
    for number in range(7):
        served.clock.forward(number % 3)  # some at the same time
        posts.append(served.post((ada, bob)[number % 2], a_picture(number))["id"])
    seen, after = [], {}
    while True:
        page = served.client.get(POSTS, params={"limit": 3, **after}, headers=ada).json()
        seen += [post["id"] for post in page["items"]]
        times = [post["published_at"] for post in page["items"]]
        assert times == sorted(times, reverse=True)
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert sorted(seen) == sorted(posts)
    by_bob = served.client.get(POSTS, params={"by": "bob"}, headers=ada).json()["items"]
    assert {post["author"] for post in by_bob} == {"bob"}
    assert len(by_bob) == 3
    answer = served.client.get(POSTS, params={"after": "1.'; drop table posts"}, headers=ada)
    assert problem(answer) == (422, "invalid_input")
    assert problem(served.client.get(POSTS, params={"limit": 101}, headers=ada)) == (
        422,
        "invalid_input",
    )


def test_what_was_held_when_the_server_ended_is_ruled_on_when_it_begins(tmp_path):
    with Served(tmp_path / "data") as served:
        served.account("ada")
        served.quorum.is_there.clear()
        name = served.upload(served.as_("ada")).json()["id"]
    with Served(tmp_path / "data") as served:
        assert served.ruled(served.as_("ada"), name)["state"] == "published"


def test_a_deleted_account_takes_its_posts_along(served, ada, bob):
    post = served.post(ada)
    served.client.put(f"{ME}/blocks/ada", headers=bob)
    form = {"password": "correct horse battery"}
    assert served.client.post(f"{ME}/deletion", json=form, headers=ada).status_code == 204
    assert problem(served.client.get(post["picture"])) == (404, "not_found")
    assert served.client.get(f"{ME}/blocks", headers=bob).json() == []
    assert served.client.get(POSTS, headers=bob).json()["items"] == []


def test_readiness_tells_of_the_quorum(served):
    served.quorum.state = "no leader"
    answer = served.client.get("/readyz")
    assert (answer.status_code, answer.json()["parts"]["quorum"]) == (503, "no leader")


def parsed(text):
    """Return the events of a stream."""
    events = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in lines:
            events.append((int(lines["id"]), lines["event"], json.loads(lines["data"])))
    return events


def stream_of(served, account, after):
    """Return what a listener hears of what has happened already, as the store has it."""
    events = served.server.store.read(lambda records: records.events.after(after, account.id, 1000))
    return [(event.number, event.kind) for event in events]


def test_everything_that_happens_to_a_post_is_told_to_its_author(served):
    account, other = served.account("ada"), served.account("bob")
    headers = served.as_("ada")
    post = served.post(headers)
    kinds = [kind for _, kind in stream_of(served, account, 0)]
    assert kinds == [
        "post.held",
        "post.ballot",
        "post.ballot",
        "post.ballot",
        "post.ruled",
        "post.published",
        "feed.new",
    ]
    assert [kind for _, kind in stream_of(served, other, 0)] == ["feed.new"]
    assert post["state"] == "published"
