"""A round adopted midway: requests from a CSV file, mail from files, and what the export says of them."""

import csv
import hashlib
import io
import mailbox as mailboxes
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.adapters.made_documents import packed
from tests.cli.conftest import Desk, run
from tracker.domain.terms import SHANGHAI
from tracker.services.mail_files import is_mail

HEADER = "reference,kind,unit,applicant,to,subject,message_id,sent_at,body\n"
WATER = (
    "R-1,disclosure,云州市水务局,张示例 <Zhang@citizens.test>,xxgk@shuiwu.test; bgs@shuiwu.test,"
    "政府信息公开申请：农村饮水工程验收结果,<r1@citizens.test>,2026-09-07T09:30,请公开农村饮水安全工程验收结果。\n"
)
SCHOOL = (
    "R-2,consultation,云州市教育局,李示例 <li@citizens.test>,jyj@yunzhou.test,咨询：转学材料,"
    "r2@citizens.test,2026-09-08 10:00,请问跨区转学需要哪些材料？\n"
)


@pytest.fixture
def adopted(desk: Desk) -> Desk:
    """Two requests that went out in September; it is November now."""
    desk.write("sent.csv", HEADER + WATER + SCHOOL)
    desk.call("import", "requests", str(desk.folder / "sent.csv"))
    return desk


def letter(
    sender: str,
    to: str,
    subject: str,
    text: str,
    *,
    date: str = "Thu, 10 Sep 2026 09:00:00 +0800",
    received: str = "",
    answers: str = "",
) -> bytes:
    message = EmailMessage()
    if received:
        message["Received"] = f"from mx.unit.test by mail.citizens.test; {received}"
        message["Received"] = "from desk by mx.unit.test; Thu, 10 Sep 2026 08:00:00 +0800"
    message["From"], message["To"], message["Subject"] = sender, to, subject
    if date:
        message["Date"] = date
    if answers:
        message["In-Reply-To"] = answers
    message.set_content(text)
    return message.as_bytes()


ANSWER = letter(
    "xxgk@shuiwu.test",
    "zhang@citizens.test",
    "答复书",
    "政府信息公开申请答复书：您申请的信息予以公开，现将农村饮水安全工程验收结果提供给您，详见下文。",
    received="Thu, 24 Sep 2026 10:00:00 +0800",
    answers="<r1@citizens.test>",
)
BY_TITLE = letter(
    "jyj@yunzhou.test",
    "li@citizens.test",
    "回复：咨询：转学材料",
    "您好，您咨询的问题已收到，我局正在办理，将尽快答复。",
)
UNRELATED = letter("news@shop.example", "zhang@citizens.test", "双十二大促", "全场五折，欢迎选购。")
UNDATED = letter("x@shop.example", "li@citizens.test", "上新", "新品上市。", date="")
LETTERS = [ANSWER, BY_TITLE, UNRELATED, UNDATED]


def as_eml(folder: Path) -> list[Path]:
    files = [folder / f"{n}.eml" for n in range(len(LETTERS))]
    for file, raw in zip(files, LETTERS, strict=True):
        file.write_bytes(raw)
    return files


def as_folder(folder: Path) -> list[Path]:
    below = folder / "letters" / "deeper"
    below.mkdir(parents=True)
    for file in as_eml(below):
        file.rename(file.with_suffix(".EML") if file.name == "0.eml" else file)
    (below / "notes.txt").write_text("no mail")
    return [folder / "letters"]


def as_mbox(folder: Path) -> list[Path]:
    box = mailboxes.mbox(folder / "letters.mbox")
    for raw in LETTERS:
        box.add(raw)
    box.close()
    return [folder / "letters.mbox"]


def as_maildir(folder: Path) -> list[Path]:
    box = mailboxes.Maildir(folder / "letters")
    for raw in LETTERS:
        box.add(raw)
    (folder / "letters" / "new").joinpath("seen").write_bytes(b"")
    (folder / "letters" / "new" / "seen").unlink()
    first = min((folder / "letters" / "new").iterdir())
    first.rename(folder / "letters" / "cur" / f"{first.name}:2,S")
    return [folder / "letters"]


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


# --- requests --------------------------------------------------------------------------------------------


def test_requests_sent_elsewhere_are_brought_in_and_what_is_new_is_named(desk: Desk):
    desk.write("sent.csv", HEADER + WATER + SCHOOL)
    done = desk.run("import", "requests", "sent.csv")
    assert (done.code, done.out) == (0, "")
    assert done.talk.splitlines() == [
        "new: 云州市水务局",
        "new: I001 <zhang@citizens.test>",
        "new: 云州市教育局",
        "new: I002 <li@citizens.test>",
        "2 requests imported.",
    ]
    desk.now = datetime(2026, 9, 9, 12, tzinfo=SHANGHAI)
    first, second = sorted(desk.json("status", "--all")["requests"], key=lambda one: one["reference"])
    assert (first["reference"], first["kind"], first["unit"]) == ("R-1", "disclosure", "云州市水务局")
    assert (first["state"], first["received_on"], first["due_on"]) == ("sent", "2026-09-07", "2026-10-10")
    assert (second["received_on"], second["due_on"], second["verdict"]) == (
        "2026-09-08",
        "2026-09-15",
        "pending",
    )
    addresses = desk.rows("SELECT address FROM channel WHERE unit_id = '云州市水务局' ORDER BY address")
    assert addresses == [("bgs@shuiwu.test",), ("xxgk@shuiwu.test",)]


def test_the_same_file_a_second_time_adds_nothing(adopted: Desk):
    before = adopted.dump()
    again = adopted.call("import", "requests", str(adopted.folder / "sent.csv"))
    assert again.talk == "0 requests imported.\n"
    assert adopted.dump() == before


def test_rows_that_came_later_are_added(adopted: Desk):
    adopted.write("sent.csv", HEADER + WATER + SCHOOL + WATER.replace("R-1", "R-3").replace("r1@", "r3@"))
    assert (
        adopted.call("import", "requests", str(adopted.folder / "sent.csv")).talk == "1 requests imported.\n"
    )


@pytest.mark.parametrize("word", ["jiaoyu", "YS-0201", "云州市教育局（示例）"])
@pytest.mark.parametrize("is_planned", [False, True], ids=["units.csv", "planned"])
def test_a_unit_of_the_roster_is_known_by_its_id_code_or_name(desk: Desk, word: str, is_planned: bool):
    if is_planned:
        desk.call("plan")
        (desk.folder / "units.csv").unlink()
    file = desk.write("sent.csv", HEADER + SCHOOL.replace("云州市教育局", word))
    said = desk.call("import", "requests", str(file)).talk
    assert said == "new: I001 <li@citizens.test>\n1 requests imported.\n"
    (row,) = [
        r for r in desk.json("status", "--all", "--round", "imported")["requests"] if r["reference"] == "R-2"
    ]
    assert row["unit"] == "云州市教育局（示例）"
    units = desk.rows("SELECT unit_id, unit_code, name, \"group\" FROM unit WHERE round = 'imported'")
    assert units == [("jiaoyu", "YS-0201", "云州市教育局（示例）", "department")]
    assert desk.call("import", "requests", str(file)).talk == "0 requests imported.\n"


def test_two_words_for_one_unit_of_the_roster_are_one_unit(desk: Desk):
    rows = SCHOOL.replace("云州市教育局", "jiaoyu") + WATER.replace("云州市水务局", "YS-0201")
    desk.call("import", "requests", str(desk.write("sent.csv", HEADER + rows)))
    assert desk.rows("SELECT unit_id FROM request") == [("jiaoyu",), ("jiaoyu",)]


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("consultation", "disclosure", "kind"),
        ("云州市教育局", "云州市水务局", "unit"),
        ("li@citizens.test", "wang@citizens.test", "applicant"),
        ("jyj@yunzhou.test", "jyj@yunzhou.test; bgs@yunzhou.test", "to"),
        ("咨询：转学材料", "咨询：入学材料", "subject"),
        ("r2@citizens.test", "r9@citizens.test", "message_id"),
        ("r2@citizens.test", "", "message_id"),
        ("2026-09-08 10:00", "2026-09-08 10:01", "sent_at"),
        ("请问跨区转学", "请问转学", "body"),
    ],
)
def test_a_known_request_that_reads_otherwise_now_is_named_and_stays(adopted: Desk, old, new, column):
    assert old in SCHOOL
    before, file = adopted.dump(), adopted.write("sent.csv", HEADER + WATER + SCHOOL.replace(old, new))
    assert adopted.call("import", "requests", str(file)).talk == (
        f"sent.csv:3: R-2 is known already, with other words under {column}: what is recorded stays. "
        "Give the row a reference of its own if it is another request.\n"
        "0 requests imported.\n"
    )
    assert adopted.dump() == before


def test_help_names_every_column(desk: Desk):
    shown = desk.call("import", "requests", "--help").out
    assert all(column in shown for column in HEADER.strip().split(","))


def test_the_name_of_an_applicant_stands_nowhere_in_the_open(adopted: Desk):
    assert "张示例".encode() not in adopted.every_byte(but=["sent.csv"])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            SCHOOL.replace("consultation", "petition"),
            'unknown kind "petition": write one of disclosure, consultation.',
        ),
        (
            SCHOOL.replace("李示例 <li@citizens.test>", "李示例"),
            'applicant "李示例": write it as Name <address>.',
        ),
        (SCHOOL.replace("2026-09-08 10:00", "8.9.2026"), 'sent_at "8.9.2026": write 2026-11-24T09:30.'),
        (
            SCHOOL.replace("2026-09-08 10:00", "2027-01-04"),
            'sent_at "2027-01-04": it has not come yet; correct the date.',
        ),
        (
            SCHOOL.replace("li@citizens.test", "li@citizens"),
            'applicant "李示例 <li@citizens>": write it as Name <address>.',
        ),
        (
            SCHOOL.replace("jyj@yunzhou.test", "jiaoyu"),
            'to "jiaoyu": no e-mail address; write one as in xxgk@city.example, several with ; between.',
        ),
        (
            SCHOOL.replace("jyj@yunzhou.test", "jyj@yunzhou.test; a b"),
            'to "a b": no e-mail address; write one as in xxgk@city.example, several with ; between.',
        ),
        (SCHOOL.replace("jyj@yunzhou.test", ""), "the cell to is empty: fill it in."),
        (
            SCHOOL.replace("r2@citizens.test", "ab"),
            'message_id "ab": write it as in the letter, <...@...>, or leave the cell empty.',
        ),
        (
            SCHOOL.replace("r2@citizens.test", "<a@b.test> <c@d.test>"),
            'message_id "<a@b.test> <c@d.test>": write it as in the letter, <...@...>, or leave the cell empty.',
        ),
        (SCHOOL.replace("R-2", ""), "the cell reference is empty: fill it in."),
        (SCHOOL.replace("云州市教育局", ""), "the cell unit is empty: fill it in."),
        (
            SCHOOL.replace("R-2", "R-1"),
            'reference "R-1" stands in line 2 already: give each its own, or remove one row.',
        ),
        (
            SCHOOL.replace("r2@", "r1@"),
            'message_id "<r1@citizens.test>" stands in line 2 already: give each its own, or remove one row.',
        ),
        (
            SCHOOL.replace("咨询：转学材料", "咨询,转学材料"),
            "10 cells in 9 columns: put quotes round a cell that holds a comma.",
        ),
    ],
    ids=[
        *(
            "kind",
            "applicant",
            "time",
            "future",
            "applicant's address",
            "to",
            "one of two",
            "nobody",
            "id",
            "two ids",
        ),
        *("reference", "unit", "reference twice", "message twice", "comma"),
    ],
)
def test_a_wrong_row_names_file_and_line_and_nothing_is_written(desk: Desk, row, said):
    file = desk.write("sent.csv", HEADER + WATER + row)
    assert desk.refused_here("import", "requests", str(file)) == f"sent.csv:3: {said}\n"


def test_a_missing_column_is_named(desk: Desk):
    desk.write("sent.csv", HEADER.replace(",sent_at", "") + WATER.replace(",2026-09-07T09:30", ""))
    assert desk.refused("import", "requests", "sent.csv") == (
        "sent.csv:1: the column sent_at is missing: add it to the first row.\n"
    )


# --- mail ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [as_eml, as_folder, as_mbox, as_maildir])
def test_mail_is_taken_in_as_if_it_had_arrived(
    adopted: Desk, tmp_path: Path, pack: Callable[[Path], list[Path]]
):
    (tmp_path / "mail").mkdir()
    paths = [str(path) for path in pack(tmp_path / "mail")]
    assert adopted.call("import", "mail", *paths).talk == "4 messages taken in, 0 known already.\n"
    arrivals = adopted.rows(
        "SELECT mailbox, arrived_at, arrival_basis FROM raw_message ORDER BY mailbox DESC, arrived_at"
    )
    assert [(mailbox, at[:19], basis) for mailbox, at, basis in arrivals] == [
        ("zhang@citizens.test", "2026-09-10 01:00:00", "date_header"),
        ("zhang@citizens.test", "2026-09-24 02:00:00", "received_stamp"),
        ("li@citizens.test", "2026-09-10 01:00:00", "date_header"),
        ("li@citizens.test", "2026-11-30 01:00:00", "import"),
    ]
    found = {one["reference"]: one for one in adopted.json("status", "--all")["requests"]}
    assert (found["R-1"]["state"], found["R-1"]["outcome"], found["R-1"]["response_days"]) == (
        "replied",
        "disclosed",
        14,
    )
    assert found["R-2"]["state"] == "acknowledged"
    assert adopted.json("rebuild")["held"] == 2

    before = adopted.dump()
    assert adopted.call("import", "mail", *paths).talk == "0 messages taken in, 4 known already.\n"
    assert adopted.dump() == before


def test_one_message_in_two_files_is_one_message(adopted: Desk, tmp_path: Path):
    (tmp_path / "mail").mkdir()
    paths = [str(path) for pack in (as_eml, as_mbox) for path in pack(tmp_path / "mail")]
    assert adopted.call("import", "mail", *paths).talk == "4 messages taken in, 4 known already.\n"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
NO_MAIL = {
    "note.txt": b"Dear colleague,\n\nsend it on Monday.\nSubject: none\n",
    "empty.eml": b"",
    "blank.eml": b"\r\n\r\n",
    "photo.eml": b"\x89PNG\r\n\x1a\n\0\0\0\xff",
    "letter.msg": OLE + b"\r\nFrom: a@b.test\r\nSubject: inside Outlook's own format\r\n",
    "letters.zip": b"PK\x03\x04\x14\0\0\0one.eml" + ANSWER,
    "results.xlsx": packed({"xl/workbook.xml": "<workbook/>"}),
    "units.csv": b"unit_id,unit_code,name,group,predecessors,joined_on,left_on\njiaoyu,YS-0201,x,department,,,\n",
    "round.toml": b'date = 2026-09-10\nsubject = "x"\n',
    "log.txt": b"Date: yesterday\nFrom: the office\n",
    "letter.mbox": b"From the office of the mayor\nno letter\n",
}


@pytest.mark.parametrize("name", list(NO_MAIL))
def test_a_file_that_is_no_mail_is_refused_by_name_and_nothing_is_taken_in(adopted: Desk, name: str):
    good, bad = adopted.write("good.eml", ANSWER), adopted.write(name, NO_MAIL[name])
    evidence = sorted((adopted.folder / "evidence").rglob("*"))
    assert adopted.refused_here("import", "mail", str(good), str(bad)) == (
        f"{bad}: no mail: no From, Date, Subject, Received or Message-ID can be read there. "
        "Nothing was taken in: leave it out, or save the mail as .eml or mbox.\n"
    )
    assert sorted((adopted.folder / "evidence").rglob("*")) == evidence
    assert adopted.refused_here("read", str(bad)) == (
        f"{bad}: no mail: no From, Date, Subject, Received or Message-ID can be read there. "
        "Save the mail as .eml.\n"
    )


BODY = b"\r\n\r\nthe text\r\n"
DAMAGED = {
    "blank lines before": b"\r\n\n\r\nFrom: a@unit.test\r\nTo: zhang@citizens.test" + BODY,
    "byte order mark": b"\xef\xbb\xbfSubject: x" + BODY,
    "line of an mbox": b"From a@unit.test Thu Sep 10 09:00:00 2026\nSubject: x\n\ntext\n",
    "blank line before that of an mbox": b"\nFrom a@unit.test Thu Sep 10 09:00:00 2026\nSubject: x\n\ntext\n",
    "no date": b"From: a@unit.test" + BODY,
    "only a date": b"Date: Thu, 10 Sep 2026 09:00:00 +0800" + BODY,
    "only a stamp": b"Received: from mx.unit.test\r\n\tby mail.test" + BODY,
    "only an id": b"Message-ID:\r\n <1@unit.test>" + BODY,
    "a first line that is none": b"%%% torn \xff\xfe %%%\r\nSubject : \xc4\xe3\xba\xc3" + BODY,
    "no text": b"From: a@unit.test",
    "a zero byte in a field": b"X-Mailer: Fox\0mail 7\r\nSubject: a\0b" + BODY,
}


@pytest.mark.parametrize("raw", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_mail_is_taken_in_all_the_same(adopted: Desk, raw: bytes):
    file = adopted.write("damaged.eml", raw)
    assert adopted.call("import", "mail", str(file)).talk == "1 messages taken in, 0 known already.\n"
    adopted.call("read", str(file))


def test_whatever_lies_in_a_folder_of_mails_is_kept_and_held(adopted: Desk):
    """It was saved from a mailbox: there nothing is ever dropped."""
    adopted.write("letters/photo.eml", NO_MAIL["photo.eml"])
    adopted.write("letters/empty.eml", b"")
    said = adopted.call("import", "mail", str(adopted.folder / "letters")).talk
    assert said == "2 messages taken in, 0 known already.\n"
    assert adopted.json("rebuild")["held"] == 2


def test_every_collected_mail_counts_as_one():
    mails = [path for path in (Path(__file__).parents[1] / "mail").rglob("*.eml") if path.stat().st_size]
    assert len(mails) > 100
    assert [path.name for path in mails if not is_mail(path.read_bytes())] == []


def test_what_was_imported_is_exported_with_its_labels(adopted: Desk, tmp_path: Path):
    (tmp_path / "mail").mkdir()
    adopted.call("import", "mail", *(str(path) for path in as_eml(tmp_path / "mail")))
    done = adopted.call("export", str(tmp_path / "out"))
    assert (done.out, done.talk) == ("", f"Exported to {tmp_path}/out.\n")
    messages = {row["sha256"]: row for row in table(tmp_path / "out" / "messages.csv")}
    shown = [messages[hashlib.sha256(raw).hexdigest()] for raw in LETTERS]
    assert [(row["request"], row["label"]) for row in shown[:2]] == [
        ("R-1", "disclosed"),
        ("R-2", "acknowledgement"),
    ]
    assert [row["request"] for row in shown[2:]] == ["", ""]
    assert [row["time_basis"] for row in shown] == ["received_stamp", "date_header", "date_header", "import"]
    requests = {row["reference"]: row for row in table(tmp_path / "out" / "requests.csv")}
    assert (requests["R-1"]["verdict"], requests["R-1"]["replied_on"]) == ("in_time", "2026-09-24")
    assert (requests["R-2"]["state"], requests["R-2"]["due_on"]) == ("acknowledged", "2026-09-15")


def test_the_whole_adoption_as_processes(desk: Desk):
    desk.write("sent.csv", HEADER + WATER + SCHOOL)
    desk.write("answer.eml", ANSWER)
    for words in (["import", "requests", "sent.csv"], ["import", "mail", "answer.eml"], ["export", "out"]):
        assert run(desk.folder, *words).code == 0
    (row,) = table(desk.folder / "out" / "messages.csv")
    assert (row["request"], row["label"]) == ("R-1", "disclosed")
