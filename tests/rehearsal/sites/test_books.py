"""The books of a platform: numbers, codes, notes from their time on, one vote an entry."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from tracker.rehearsal.sites import Books, Entry, Note

MORNING = datetime(2020, 9, 3, 9, tzinfo=timezone(timedelta(hours=8)))


class Clock:
    now = MORNING

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def books(clock) -> Books:
    return Books("YA", clock)


def submit(books: Books, **told: str) -> Entry:
    return books.submit({"xm": "赵演练"}, **({"unit": "101", "kind": "disclosure", "name": "赵演练"} | told))


def test_numbers_run_and_codes_are_the_same_in_every_run(clock):
    runs = [[submit(books) for _ in range(3)] for books in (Books("YA", clock), Books("YA", clock))]
    assert [entry.number for entry in runs[0]] == ["2020-YA-0001", "2020-YA-0002", "2020-YA-0003"]
    assert runs[0] == runs[1]
    assert len({entry.query_code for entry in runs[0]}) == 3


def test_two_platforms_give_other_codes(clock):
    assert submit(Books("A", clock)).query_code != submit(Books("B", clock)).query_code


def test_the_fields_are_kept_as_they_arrived(books):
    entry = books.submit(
        {"a": " 甲 ", "b": "&#40863;"}, {"scan": ("x.png", "image/png", b"1")}, unit="1", kind="consultation"
    )
    (kept,) = books.submissions
    assert (kept.number, kept.fields) == (entry.number, {"a": " 甲 ", "b": "&#40863;"})
    assert kept.uploads == {"scan": ("x.png", "image/png", b"1")}


def test_the_office_hears_of_an_entry_when_it_is_kept(clock):
    heard = []
    books = Books("YA", clock, lambda entry: heard.append((entry, books.find(number=entry.number))))
    entry = submit(books)
    assert heard == [(entry, [entry])]


def test_a_note_shows_from_its_time_on(books, clock):
    number = submit(books).number
    books.note(number, Note("answered", MORNING + timedelta(days=1), "好"))
    books.note(number, Note("accepted", MORNING + timedelta(hours=1)))
    assert books.shown(number) == []
    clock.now = MORNING + timedelta(hours=1)
    assert [note.state for note in books.shown(number)] == ["accepted"]
    clock.now = MORNING + timedelta(days=1)
    assert [note.state for note in books.shown(number)] == ["accepted", "answered"]


def test_a_note_for_an_unknown_number_is_an_error(books):
    with pytest.raises(KeyError):
        books.note("2020-YA-0009", Note("answered", MORNING))


def test_an_empty_credential_finds_nothing(books):
    entry = submit(books, password="")
    assert books.find(number=entry.number, password="") == []
    assert books.find() == []
    assert books.find(number=entry.number, name="赵演练") == [entry]


def test_public_lists_hold_what_is_answered_by_now_with_the_latest_first(books, clock):
    first, second, third = (submit(books) for _ in range(3))
    for entry, hours in ((first, 3), (second, 2), (third, 9)):
        books.note(entry.number, Note("answered", MORNING + timedelta(hours=hours), "答"))
    clock.now = MORNING + timedelta(hours=5)
    assert [entry for entry, _ in books.all_shown()] == [first, second]


def test_a_letter_of_earlier_days_is_kept_without_a_submission(books):
    entry = replace(submit(books), number="2019-YA-0777")
    books.file(entry)
    assert books.find(number="2019-YA-0777") == [entry]
    assert len(books.submissions) == 1
    with pytest.raises(ValueError, match="taken"):
        books.file(entry)


def test_an_entry_is_graded_once_and_only_after_its_answer(books, clock):
    number = submit(books).number
    books.note(number, Note("answered", MORNING + timedelta(days=1), "好"))
    assert not books.vote(number, "满意")
    clock.now = MORNING + timedelta(days=1)
    assert not books.vote(number, "好极了")
    assert books.vote(number, "满意")
    assert not books.vote(number, "不满意")
    assert books.votes == {number: "满意"}


def test_many_threads_never_get_the_same_number(books):
    threads = [threading.Thread(target=lambda: [submit(books) for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({kept.number for kept in books.submissions}) == 160
