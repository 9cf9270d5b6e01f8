import threading

from eikona.adapters.raft.pending import TOKEN_BYTES, Pending


def test_whoever_waits_gets_the_answer_to_its_own_command():
    pending = Pending()

    def serve():
        def send(data):
            pending.answer(data[:TOKEN_BYTES], data[TOKEN_BYTES:] * 2)
            return True

        pending.send(send)

    outcome = pending.wait(b"ab", timeout_s=5, call=serve)
    assert outcome.result == b"abab"
    assert len(pending) == 0


def test_it_is_known_whether_a_command_was_sent():
    pending = Pending()
    assert not pending.wait(b"a", timeout_s=0, call=lambda: None).was_sent
    refuse = lambda: pending.send(lambda _: False)  # noqa: E731
    assert not pending.wait(b"a", timeout_s=0, call=refuse).was_sent
    accept = lambda: pending.send(lambda _: True)  # noqa: E731
    assert pending.wait(b"a", timeout_s=0, call=accept).was_sent


def test_what_was_sent_is_sent_again_only_when_told():
    pending, sent = Pending(), []

    def call():
        for again in (False, False, True):
            if again:
                pending.send_again()
            pending.send(lambda data: sent.append(data) is None)

    pending.wait(b"a", timeout_s=0, call=call)
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_what_could_not_be_sent_after_all_is_taken_back():
    pending, tokens = Pending(), []

    def call():
        pending.send(lambda data: tokens.append(data[:TOKEN_BYTES]) is None)
        assert pending.waits_for(tokens)
        pending.take_back(tokens)

    assert not pending.wait(b"a", timeout_s=0, call=call).was_sent
    assert not pending.waits_for(tokens)


def test_nobody_waits_for_what_has_ended():
    pending = Pending()
    threading.Timer(0.05, pending.give_up).start()
    assert pending.wait(b"a", timeout_s=60, call=lambda: None).result is None
