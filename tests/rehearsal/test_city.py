"""The simulated city answers as its truth says, over real protocols, and knows nothing of the tracker."""

import email
import hashlib
import io
import json
import smtplib
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from imapclient import IMAPClient
from pdfminer.high_level import extract_text

from tracker.rehearsal import letters
from tracker.rehearsal.city import City, Contact, Delivery
from tracker.rehearsal.servers import HOST, RehearsalServers
from tracker.rehearsal.truth import CHINA, Key, Truth, full_name, read_scenario

FOLDER = Path(__file__).parents[2] / "data/rehearsals/yanan-2020"
MORNING = datetime(2020, 9, 7, 9, 30, tzinfo=CHINA)
THE_END = datetime(2020, 11, 27, 18, tzinfo=CHINA)


def request_letter(city: City, truth: Truth) -> tuple[str, str, bytes]:
    mailbox = city.scenario.applicants[truth.applicant].mailbox
    address = next(a for a, unit in city.scenario.addresses.items() if unit == truth.unit_id)
    letter = EmailMessage(policy=policy.SMTP)
    letter["From"] = f"{city.scenario.applicants[truth.applicant].name} <{mailbox}>"
    letter["To"] = address
    letter["Subject"] = city.scenario.titles[truth.key]
    letter["Message-ID"] = f"<{truth.unit_id}.{truth.kind}@{mailbox.partition('@')[2]}>"
    letter.set_content(f"您好，{city.scenario.titles[truth.key]}。【演练 REHEARSAL】")
    return mailbox, address, letter.as_bytes()


def whole_round() -> tuple[City, list[Delivery], list[Contact]]:
    city = City.from_folder(FOLDER)
    receipts = []
    for truth in city.scenario.truths:
        at = datetime.combine(truth.sent_on, MORNING.timetz())
        mailbox = city.scenario.applicants[truth.applicant].mailbox
        if truth.channel == "email":
            city.receive(*request_letter(city, truth), at)
        elif truth.how == "site":
            city.filled_in(*truth.key, at, mailbox, city.scenario.titles[truth.key].encode())
        else:
            receipts.append(city.submitted(*truth.key, at, mailbox, city.scenario.titles[truth.key]))
    return city, city.deliver(THE_END), [r for r in receipts if r] + city.contacts(THE_END)


@pytest.fixture(scope="module")
def played() -> tuple[City, list[Delivery], list[Contact]]:
    return whole_round()


@pytest.fixture(scope="module")
def final(played: tuple[City, list[Delivery], list[Contact]]) -> dict[Key, EmailMessage]:
    """The deciding letter of every request by e-mail."""
    city, delivered, _ = played
    outcomes = {truth.key: truth.label for truth in city.scenario.truths}
    return {
        (row.unit_id, row.kind): parsed(letter.raw)
        for row, letter in zip(city.log, delivered, strict=True)
        if row.label == outcomes[row.unit_id, row.kind]
    }


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def by_key(city: City, **wanted: str) -> Iterator[Truth]:
    for truth in city.scenario.truths:
        if all(getattr(truth, name) == value for name, value in wanted.items()):
            yield truth


def test_the_city_imports_nothing_of_the_tracker_but_its_own_room() -> None:
    code = (
        "import json, sys; import tracker.rehearsal.city, tracker.rehearsal.servers;"
        "print(json.dumps([m for m in sys.modules if m.split('.')[0] == 'tracker']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    own = {"city", "envelopes", "letters", "offices", "papers", "servers", "truth"}
    loaded = {name for name in json.loads(ran.stdout) if not name.startswith("tracker.rehearsal.sites")}
    assert loaded == {"tracker", "tracker.rehearsal"} | {f"tracker.rehearsal.{name}" for name in own}


def test_every_request_gets_the_decision_of_its_truth_at_its_instant(
    played: tuple[City, list[Delivery], list[Contact]],
) -> None:
    city, _, contacts = played
    decided = {
        (r.unit_id, r.kind): (r.label, r.arrived_at) for r in city.log if r.label in letters_that_decide()
    }
    decided |= {(c.unit_id, c.kind): (c.label, c.happened_at) for c in contacts if c.fact == "reply"}
    decided |= {key: (label, at) for key, ((at, label),) in decisions_on_sites(city).items()}
    expected = {t.key: (t.label, t.replied_at) for t in city.scenario.truths if t.replied_at}
    assert decided == expected
    assert len(decided) == 119


def decisions_on_sites(city: City) -> dict[Key, list[tuple[datetime, str]]]:
    deciding = letters_that_decide()
    shown = {
        key: [(at, label) for at, label in labels if label in deciding] for key, labels in city.shown.items()
    }
    return {key: labels for key, labels in shown.items() if labels}


def letters_that_decide() -> set[str]:
    return {t.label for t in read_scenario(FOLDER).truths if t.label}


def test_the_log_names_every_delivered_letter_by_its_hash(
    played: tuple[City, list[Delivery], list[Contact]],
) -> None:
    city, delivered, _ = played
    assert [hashlib.sha256(letter.raw).hexdigest() for letter in delivered] == [r.sha256 for r in city.log]
    assert len({row.sha256 for row in city.log}) == len(city.log)
    counted = Counter(row.label for row in city.log)
    assert (counted["auto_reply"], counted["acknowledgement"]) == (6, 14)
    assert (counted["extension_notice"], counted["read_receipt"], counted["delay"]) == (1, 2, 1)


def test_sites_show_what_their_offices_did(played: tuple[City, list[Delivery], list[Contact]]) -> None:
    counted = Counter(label for labels in played[0].shown.values() for _at, label in labels)
    assert (counted["acknowledgement"], counted["extension_notice"]) == (10, 2)
    assert sum(counted.values()) - counted["acknowledgement"] - counted["extension_notice"] == 56
    assert len(played[0].shown) == 57


def test_every_letter_parses_without_defects_and_says_that_it_is_a_rehearsal(
    played: tuple[City, list[Delivery], list[Contact]],
) -> None:
    for letter in played[1]:
        message = parsed(letter.raw)
        assert not message.defects
        assert not [part.defects for part in message.walk() if part.defects]
        body = message.get_body(("plain", "html")) or next(message.iter_parts())
        assert "演练 REHEARSAL" in body.get_content()
        assert b"\n" not in letter.raw.replace(b"\r\n", b"")
        assert max(map(len, letter.raw.splitlines())) < 998


def test_the_stamps_of_a_letter_are_the_simulated_times_in_china(
    played: tuple[City, list[Delivery], list[Contact]],
) -> None:
    for letter in played[1]:
        message = parsed(letter.raw)
        top = email.utils.parsedate_to_datetime(message.get_all("Received")[0].rpartition(";")[2])
        written = email.utils.parsedate_to_datetime(message["Date"])
        assert top == letter.arrived_at
        assert timedelta(0) <= top - written < timedelta(seconds=10)
        assert str(message["Date"]).endswith("+0800")


def test_threads_subjects_and_senders_are_as_the_truth_says(
    played: tuple[City, list[Delivery], list[Contact]], final: dict[Key, EmailMessage]
) -> None:
    city = played[0]
    for truth in by_key(city, channel="email"):
        if truth.replied_at is None:
            continue
        message, title = final[truth.key], city.scenario.titles[truth.key]
        has_thread = bool(message["In-Reply-To"] or message["References"])
        assert has_thread == (truth.thread == "headers")
        if truth.form != "raw8":  # raw 8-bit headers: the standard library does not guess GBK
            assert (title in message["Subject"]) == (truth.thread in ("headers", "subject"))
        address = message["From"].addresses[0].addr_spec
        assert (
            (address == truth.sender) if truth.sender else (city.scenario.addresses[address] == truth.unit_id)
        )


def test_a_clerk_who_neither_quotes_nor_threads_is_left_to_a_person(
    played: tuple[City, list[Delivery], list[Contact]], final: dict[Key, EmailMessage]
) -> None:
    city = played[0]
    by_mail = [t for t in by_key(city, read_by="person") if t.channel == "email"]
    assert [(t.how, t.thread, t.quoting) for t in by_mail] == [
        ("clerk", "short", "none"), ("clerk", "subject", "none"), ("clerk", "short", "none")
    ]  # fmt: skip
    for truth in by_mail:
        body = final[truth.key].get_body(("plain",))
        assert body is not None
        assert full_name(city.scenario.names[truth.unit_id]) in body.get_content()


def test_a_cut_subject_no_longer_tells_which_request_it_was(
    played: tuple[City, list[Delivery], list[Contact]], final: dict[Key, EmailMessage]
) -> None:
    city = played[0]
    for truth in by_key(city, thread="short"):
        body = final[truth.key].get_body(("plain",))
        assert body is not None
        assert city.scenario.titles[truth.key] not in body.get_content() + final[truth.key]["Subject"]


def test_eight_letters_decide_only_in_their_attachment(
    played: tuple[City, list[Delivery], list[Contact]], final: dict[Key, EmailMessage]
) -> None:
    for truth in by_key(played[0], how="attachment"):
        message = final[truth.key]
        body = message.get_body(("plain",))
        assert body is not None
        assert "附件" in body.get_content()
        assert len(body.get_content()) < 60
        (paper,) = message.iter_attachments()
        text = paper_text(paper.get_content())
        assert truth.document_number in text
        assert str(paper.get_filename()).endswith(truth.attachment)
        assert "第三十" in text


def paper_text(content: bytes) -> str:
    """The words of a DOCX or PDF without line breaks."""
    if content.startswith(b"%PDF"):
        return extract_text(io.BytesIO(content)).replace("\n", "")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        xml = package.read("word/document.xml").decode()
    return "".join(piece.partition(">")[2] for piece in xml.split("<"))


def test_old_charsets_and_bare_bytes_occur(final: dict[Key, EmailMessage]) -> None:
    charsets = Counter(part.get_content_charset() for m in final.values() for part in m.walk())
    assert charsets["gbk"] >= 10
    assert charsets["gb2312"] >= 4
    html_only = [m for m in final.values() if m.get_content_type() == "text/html"]
    assert len(html_only) >= 3


def test_the_same_letters_give_the_same_bytes(played: tuple[City, list[Delivery], list[Contact]]) -> None:
    again = whole_round()
    assert (again[0].log, again[1], again[2]) == (played[0].log, *played[1:])


def test_running_every_hour_delivers_what_one_jump_delivers(
    played: tuple[City, list[Delivery], list[Contact]],
) -> None:
    city = City.from_folder(FOLDER)
    for truth in by_key(city, channel="email"):
        at = datetime.combine(truth.sent_on, MORNING.timetz())
        city.receive(*request_letter(city, truth), at)
    now, got = MORNING, []
    while now < THE_END:
        now += timedelta(hours=1)
        got += city.deliver(now)
    assert got == played[1]
    assert city.next_at() is None


def test_a_letter_that_came_twice_is_booked_and_answered_once() -> None:
    city = City.from_folder(FOLDER)
    truth = next(by_key(city, channel="email", shape="plain"))
    for minutes in (0, 5):
        city.receive(*request_letter(city, truth), MORNING + timedelta(minutes=minutes))
    city.receive("stranger@youjian.test", request_letter(city, truth)[1], b"Subject: x\r\n\r\n", MORNING)
    assert [(a.key, a.is_repeat) for a in city.received] == [
        (truth.key, False),
        (truth.key, True),
        (None, False),
    ]
    assert len(city.deliver(THE_END)) == 1
    assert city.next_at() is None


def test_people_learn_of_receipts_signatures_and_replies(
    played: tuple[City, list[Delivery], list[Contact]],
) -> None:
    city, _, contacts = played
    facts = Counter((c.channel, c.fact) for c in contacts)
    assert facts == {
        ("web_form", "receipt"): 8, ("web_form", "reply"): 7, ("phone", "reply"): 3,
        ("post", "signature"): 3, ("post", "reply"): 3, ("fax", "confirmation"): 2, ("fax", "reply"): 2,
        ("in_person", "receipt"): 2, ("in_person", "reply"): 2,
    }  # fmt: skip
    received_on = {t.key: t.received_on for t in city.scenario.truths}
    for contact in contacts:
        assert "REHEARSAL" in contact.text
        if contact.fact != "reply":
            assert contact.happened_at.date() == received_on[contact.unit_id, contact.kind]
    assert all(c.arrives_at > c.happened_at for c in contacts if c.by == "letter")


@pytest.mark.parametrize("outcome", sorted(letters._DECISIONS))
def test_every_decision_cites_its_article_and_names_the_remedy(outcome: str) -> None:
    day = MORNING.date()
    facts = letters.Facts("延安市教育局", "赵演练", "某某情况", day, day, 1, "延演公开〔2020〕1号")
    text = letters.reply("disclosure", outcome, facts)
    assert "第三十" in text
    assert "60日内" in text
    assert "{" not in text


@pytest.fixture
def servers() -> Iterator[tuple[RehearsalServers, list[tuple[str, str, bytes, datetime]]]]:
    taken: list[tuple[str, str, bytes, datetime]] = []
    boxes = {"a01@youjian.test": "secret-1", "a02@xinxiang.test": "secret-2"}
    with RehearsalServers(boxes, lambda *letter: taken.append(letter), lambda: MORNING) as running:
        yield running, taken


def test_smtp_hands_over_the_bytes_it_got_with_the_simulated_time(
    servers: tuple[RehearsalServers, list[tuple[str, str, bytes, datetime]]],
) -> None:
    running, taken = servers
    raw = "Subject: 演练\r\n\r\n您好\r\n..\r\n".encode()
    with smtplib.SMTP(HOST, running.smtp_port, timeout=5) as client:
        client.login("a01@youjian.test", "secret-1")
        client.sendmail("a01@youjian.test", ["sjyj@yanan.test"], raw)
    assert taken == [("a01@youjian.test", "sjyj@yanan.test", raw, MORNING)]


def test_smtp_refuses_a_wrong_password(
    servers: tuple[RehearsalServers, list[tuple[str, str, bytes, datetime]]],
) -> None:
    with (
        smtplib.SMTP(HOST, servers[0].smtp_port, timeout=5) as client,
        pytest.raises(smtplib.SMTPAuthenticationError),
    ):
        client.login("a01@youjian.test", "wrong")


def test_imap_shows_a_delivered_letter_with_its_simulated_internaldate(
    servers: tuple[RehearsalServers, list[tuple[str, str, bytes, datetime]]],
) -> None:
    running, _ = servers
    raw = "Subject: 演练\r\n\r\n您好\r\n".encode()
    at = datetime(2020, 10, 10, 23, 59, 30, tzinfo=CHINA)
    with IMAPClient(HOST, running.imap_port, ssl=False, timeout=5) as client:
        client.normalise_times = False
        client.login("a01@youjian.test", "secret-1")
        assert client.select_folder("INBOX", readonly=True)[b"EXISTS"] == 0
        running.deliver("a01@youjian.test", raw, at)
        client.noop()
        (found,) = client.fetch(client.search(), ["BODY.PEEK[]", "INTERNALDATE"]).values()
        assert found[b"BODY[]"] == raw
        assert found[b"INTERNALDATE"] == at
        assert not client.has_capability("IDLE")


def test_one_owner_does_not_see_the_mail_of_another(
    servers: tuple[RehearsalServers, list[tuple[str, str, bytes, datetime]]],
) -> None:
    running, _ = servers
    running.deliver("a01@youjian.test", b"Subject: x\r\n\r\n", MORNING)
    with IMAPClient(HOST, running.imap_port, ssl=False, timeout=5) as client:
        client.login("a02@xinxiang.test", "secret-2")
        assert client.select_folder("INBOX", readonly=True)[b"EXISTS"] == 0


def test_the_servers_stop_while_clients_are_connected() -> None:
    running = RehearsalServers({"a01@youjian.test": "x"}, lambda *_: None, lambda: MORNING)
    running.start()
    imap = IMAPClient(HOST, running.imap_port, ssl=False, timeout=5)
    imap.login("a01@youjian.test", "x")
    smtp = smtplib.SMTP(HOST, running.smtp_port, timeout=5)
    running.stop()
    with pytest.raises((smtplib.SMTPException, OSError)):
        smtp.noop()
    imap.shutdown()
