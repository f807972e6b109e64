"""The contract of reading a mailbox, on every kind of server."""

import threading
import time
from datetime import UTC, timedelta

import pytest

from tests.adapters.imap_boxes import ME, MORNING, Box, Open, letter, marks_of, raws
from tracker.adapters import imap_questions
from tracker.adapters.imap import MailboxUnavailable, Mark


class TestEveryServer:
    """The contract: what the reader does on Dovecot it does on the rehearsal's server and on a script too."""

    def test_older_mail_does_not_enter_at_first_sight(self, box: Box, opened: Open) -> None:
        for number in range(3):
            box.deliver(letter(number), MORNING)
        (batch,) = opened(box.port).fetch({}, None)
        assert (batch.mailbox, batch.folder, batch.messages) == (ME, "INBOX", ())
        assert batch.mark.last_uid == box.before + 3

    def test_mail_beyond_the_mark_comes_once_with_its_bytes_and_its_arrival(
        self, box: Box, opened: Open
    ) -> None:
        box.deliver(letter(1), MORNING)
        reader = opened(box.port)
        marks = marks_of(list(reader.fetch({}, None)))
        box.deliver(letter(2), MORNING + timedelta(hours=1))
        (batch,) = reader.fetch(marks, None)
        (message,) = batch.messages
        assert (message.raw, message.uid) == (letter(2), box.before + 2)
        assert batch.mark == Mark(message.uidvalidity, message.uid)
        assert message.internal_date == MORNING + timedelta(hours=1)
        assert message.internal_date.tzinfo is UTC
        (nothing_more,) = reader.fetch(marks_of([batch]), None)
        assert (nothing_more.messages, nothing_more.mark) == ((), batch.mark)

    def test_much_mail_comes_in_batches_each_with_its_own_mark(self, box: Box, opened: Open) -> None:
        reader = opened(box.port)
        marks = marks_of(list(reader.fetch({}, None)))
        for number in range(1, 121):
            box.deliver(letter(number), MORNING)
        batches = list(reader.fetch(marks, None))
        assert [len(batch.messages) for batch in batches] == [50, 50, 20]
        assert [batch.mark.last_uid - box.before for batch in batches] == [50, 100, 120]
        assert sorted(raws(batches)) == sorted(letter(number) for number in range(1, 121))

    @pytest.mark.parametrize("trusts_dates", [True, False], ids=["asked for", "compared here"])
    def test_watch_from_brings_what_arrived_since_to_the_second_and_nothing_older(
        self, box: Box, opened: Open, trusts_dates: bool
    ) -> None:
        for number, seconds in enumerate([-86400 * 30, -3600, -1, 0, 3600]):
            box.deliver(letter(number), MORNING + timedelta(seconds=seconds))
        reader = opened(box.port, trusts_dates=trusts_dates)
        (batch,) = reader.fetch({}, MORNING)
        assert sorted(raws([batch])) == [letter(3), letter(4)]
        assert batch.mark.last_uid == box.before + 5
        assert raws(list(reader.fetch(marks_of([batch]), MORNING))) == []

    def test_letters_that_are_large_together_come_apart(
        self, box: Box, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imap_questions, "_BATCH_BYTES", 10_000)
        reader = opened(box.port)
        marks = marks_of(list(reader.fetch({}, None)))
        large = [
            letter(number) + b"x" * size + b"\r\n" for number, size in enumerate([4000, 4000, 4000, 30000])
        ]
        for raw in (*large, letter(9)):
            box.deliver(raw, MORNING)
        batches = list(reader.fetch(marks, None))
        assert [raws([batch]) for batch in batches] == [large[:2], large[2:3], large[3:], [letter(9)]]

    def test_a_folder_read_by_date_has_no_mark_before_its_end(self, box: Box, opened: Open) -> None:
        for number in range(60):
            box.deliver(letter(number), MORNING)
        first, last = opened(box.port).fetch({}, MORNING)
        assert first.mark is None
        assert last.mark == Mark(last.uidvalidity, box.before + 60)

    def test_every_look_says_what_examine_said(self, box: Box, opened: Open) -> None:
        box.deliver(letter(1), MORNING)
        (batch,) = opened(box.port).fetch({}, None)
        assert (batch.uidnext, batch.uidvalidity) == (box.before + 2, batch.mark and batch.mark.uidvalidity)

    def test_a_mark_is_good_for_another_reader(self, box: Box, opened: Open) -> None:
        marks = marks_of(list(opened(box.port).fetch({}, None)))
        box.deliver(letter(1), MORNING)
        assert raws(list(opened(box.port).fetch(marks, None))) == [letter(1)]

    def test_a_refused_login_is_told_apart_and_without_the_password(self, box: Box, opened: Open) -> None:
        with pytest.raises(MailboxUnavailable) as refused:
            list(opened(box.port, password="wrong-secret").fetch({}, None))
        assert refused.value.is_login
        assert refused.value.mailbox == ME
        assert "wrong-secret" not in f"{refused.value} {refused.value.args} {refused.value.reason}"

    def test_waiting_ends_when_the_stop_event_is_set(self, box: Box, opened: Open) -> None:
        reader = opened(box.port)
        list(reader.fetch({}, None))
        stop = threading.Event()
        threading.Timer(0.3, stop.set).start()
        started = time.monotonic()
        reader.wait(60, stop)
        assert time.monotonic() - started < 3
        list(reader.fetch({}, None))

    def test_waiting_without_news_takes_the_seconds_asked(self, box: Box, opened: Open) -> None:
        reader = opened(box.port)
        list(reader.fetch({}, None))
        started = time.monotonic()
        reader.wait(0.5, threading.Event())
        assert 0.5 <= time.monotonic() - started < 3

    def test_a_closed_reader_opens_again(self, box: Box, opened: Open) -> None:
        reader = opened(box.port)
        marks = marks_of(list(reader.fetch({}, None)))
        reader.close()
        box.deliver(letter(1), MORNING)
        assert raws(list(reader.fetch(marks, None))) == [letter(1)]
