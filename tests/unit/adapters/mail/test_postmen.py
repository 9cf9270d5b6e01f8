"""Mail on its way: into a folder, to a mail server, and once more where that fails."""

import email
import email.policy
import socket

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from eikona.adapters.database.database import Database
from eikona.adapters.mail.postmen import FolderPostman, SmtpPostman
from eikona.domain.errors import MailError
from eikona.domain.record import Mail
from eikona.services.send_mail import GIVEN_UP_S, WAITS_S, send_mail

SENDER = "Eikona <eikona@localhost>"
MAIL = Mail("id1", "ädä@example.org".replace("ä", "a"), "Grüße", "Zeile 1\nZeile 2\n", 1000, 1000)


class Sink(Message):
    def __init__(self):
        super().__init__()
        self.taken = []

    def handle_message(self, message):
        self.taken.append(message)


@pytest.fixture
def sink():
    handler = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def smtp(port, security="none"):
    return SmtpPostman("127.0.0.1", port, "", "", security, SENDER)


def test_a_folder_holds_whole_mails(tmp_path):
    FolderPostman(tmp_path / "mail", SENDER)(MAIL)
    (path,) = (tmp_path / "mail").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (message["To"], message["Subject"]) == ("ada@example.org", "Grüße")
    assert message.get_content() == MAIL.text


def test_a_mail_server_gets_it(sink):
    handler, port = sink
    smtp(port)(MAIL)
    assert handler.taken[0]["X-RcptTo"] == "ada@example.org"
    assert handler.taken[0]["From"] == SENDER


def test_nothing_goes_out_where_the_connection_is_not_as_secret_as_asked_for(sink):
    handler, port = sink
    for security in ("starttls", "tls"):
        with pytest.raises(MailError):
            smtp(port, security)(MAIL)
    assert handler.taken == []


@pytest.mark.parametrize("subject", ["a\nBcc: x@y.z", "a\r\nb"])
def test_a_header_cannot_be_smuggled_in(sink, subject):
    handler, port = sink
    with pytest.raises(MailError):
        smtp(port)(Mail("id", "a@b.c", subject, "text", 0, 0))
    assert handler.taken == []


def test_the_password_of_the_mail_server_is_not_shown():
    assert "hunter2" not in repr(SmtpPostman("h", 25, "u", "hunter2", "tls", SENDER))


class Outbox:
    """A store with mail, a clock, and a postman that can be away."""

    def __init__(self, folder):
        self.store = Database(folder / "server.db")
        self.now_ms = 1000
        self.is_there = True
        self.gone_out = []

    def postman(self, mail):
        if not self.is_there:
            raise MailError("away")
        self.gone_out.append(mail.id)

    def send(self):
        return send_mail(store=self.store, postman=self.postman, clock=lambda: self.now_ms)


@pytest.fixture
def outbox(tmp_path):
    made = Outbox(tmp_path)
    made.store.write(lambda records: records.mails.add(MAIL))
    yield made
    made.store.close()


def test_what_went_out_is_forgotten(outbox):
    assert outbox.send() == (1, 0)
    assert outbox.send() == (0, 0)
    assert outbox.gone_out == ["id1"]


def test_what_fails_is_tried_later_and_later_and_given_up_in_the_end(outbox):
    outbox.is_there = False
    for wait_s in (*WAITS_S, WAITS_S[-1]):
        assert outbox.send() == (0, 1)
        outbox.now_ms += 1000 * wait_s - 1
        assert outbox.send() == (0, 0)
        outbox.now_ms += 1
    outbox.now_ms += 1000 * GIVEN_UP_S
    assert outbox.send() == (0, 1)
    outbox.is_there = True
    outbox.now_ms += 1000 * GIVEN_UP_S
    assert outbox.send() == (0, 0)
    assert outbox.gone_out == []
