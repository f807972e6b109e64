"""A small round with one of everything, exported and read back with the tools its readers use."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from frictionless import Package
from openpyxl import load_workbook
from sqlmodel import Session

from tracker.domain.rounds import RoundPlan
from tracker.domain.terms import SHANGHAI, Event, EventKind, MessageKind, Outcome, RequestKind, Verdict
from tracker.errors import UserError
from tracker.services.export import export_round
from tracker.services.export_tables import MESSAGES, READINGS, REQUESTS, UNITS
from tracker.services.rounds import plan_fields
from tracker.settings import Workspace, open_workspace, register_workspace
from tracker.store.database import writing
from tracker.store.events import canonical_json, record
from tracker.store.evidence import keep_message
from tracker.store.secrets import new_key, write_private_file
from tracker.store.tables import (
    ApplicantRow,
    MailboxHealthRow,
    QuestionRow,
    RawMessageRow,
    RequestRow,
    RoundFileRow,
    RoundRow,
    UnitRow,
)

ROUND = "spring"
THIRTY_DIGITS = "123456789012345678901234567890"
MAILBOXES = {"A1": "lin.daiyu@applicants.test", "A2": "jia.baoyu@applicants.test"}
IDENTITY = {
    "name": "林黛玉",
    "id_number": "610602198803071234",
    "phone": "13891100000",
    "address": "潇湘馆一号",
    "postcode": "716000",
}
LETTER = "经查，您所申请的那份花名册见附件，请注意保密。"
CLERK = "clerk.private@offices.test"
SECRETS = [*IDENTITY.values(), *MAILBOXES.values(), LETTER, CLERK, "潇湘馆", "applicants.test"]
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
AS_OF = date(2026, 11, 24)


def at(day: str, clock: str = "10:00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SHANGHAI)


class Town:
    """A workspace that is filled row by row and event by event."""

    def __init__(self, root: Path) -> None:
        root.mkdir()
        (root / "tracker.toml").write_text('language = "en"\n', encoding="utf-8")
        write_private_file(root / "tracker.key", new_key())
        self.workspace: Workspace = open_workspace(root)
        register_workspace(self.workspace, NOW)
        self.shas: dict[str, str] = {}

    def found(self, name: str = ROUND) -> None:
        plan = RoundPlan(
            name=name,
            title="春季评估",
            kinds=tuple(RequestKind),
            starts_on=date(2026, 9, 1),
            ends_on=date(2026, 9, 30),
            closes_on=date(2026, 11, 30),
            rules={kind: f"cn-{kind}" for kind in RequestKind},
            templates={},
            seed=7,
        )
        with writing(self.workspace.engine) as session:
            session.add(
                RoundRow(
                    name=name, plan=canonical_json(plan_fields(plan)), seed=7, created_at=at("2026-09-01")
                )
            )
            session.flush()
            session.add(RoundFileRow(round=name, path="units.csv", sha256="5" * 64))
            _seat_units(session, name)
            for kind in RequestKind:
                session.add(QuestionRow(round=name, question_id=kind, kind=kind, title="花名册", text=LETTER))
            for code, mailbox in MAILBOXES.items():
                session.merge(
                    ApplicantRow(code=code, mailbox=mailbox, sealed=self.workspace.vault.seal(IDENTITY))
                )
        self.happen(EventKind.ROUND_PLANNED, at("2026-09-01"), round=name, payload={"requests": 6, "seed": 7})

    def approve(self, mode: str, name: str = ROUND) -> None:
        payload = {"mode": mode, "authorisation": "授权〔2026〕1号", "requests": 6}
        self.happen(EventKind.ROUND_APPROVED, at("2026-09-01"), round=name, payload=payload)

    def request(
        self,
        reference: str,
        unit: str,
        kind: str = "disclosure",
        channel: str | None = "email",
        applicant: str = "A1",
    ) -> None:
        with writing(self.workspace.engine) as session:
            session.add(
                RequestRow(
                    reference=reference,
                    round=ROUND,
                    kind=kind,
                    unit_id=unit,
                    applicant=applicant,
                    channel=channel,
                    address="office@offices.test" if channel == "email" else "",
                    question_id=kind,
                    planned_at=at("2026-09-02"),
                    expires_at=at("2026-09-09"),
                )
            )
        for event_kind in (EventKind.PLANNED, EventKind.APPROVED):
            self.happen(event_kind, at("2026-09-01"), request=reference)

    def send(self, reference: str, moment: datetime, by: str = "rule:dispatch") -> None:
        if by == "rule:dispatch":
            self.happen(EventKind.CLAIMED, moment, request=reference, actor=by)
        self.happen(EventKind.DISPATCHED, moment, request=reference, actor=by)

    def arrive(self, name: str, mailbox: str, moment: datetime, source: str = "mail") -> None:
        raw = f"From: {CLERK}\r\nTo: {mailbox}\r\nSubject: {name}\r\n\r\n{LETTER}{IDENTITY['name']}".encode()
        with writing(self.workspace.engine) as session:
            sha256 = self.workspace.evidence.keep(session, raw, "message/rfc822", moment)
            basis = "person" if source == "contact" else "internal_date"
            arrival = RawMessageRow(
                sha256=sha256,
                source=source,
                mailbox=mailbox,
                arrived_at=moment,
                arrival_basis=basis,
                kept_at=moment,
            )
            keep_message(session, arrival)
        self.shas[name] = sha256

    def happen(
        self,
        kind: EventKind,
        moment: datetime,
        *,
        request: str | None = None,
        message: str | None = None,
        actor: str = "王老师",
        round: str | None = None,
        payload: dict[str, object] | None = None,
    ) -> None:
        event = Event(
            kind,
            moment,
            moment,
            actor,
            round=ROUND if request else round,
            request=request,
            source_sha256=self.shas[message] if message else None,
            payload=payload or {},
            dedupe_key=f"{kind}:{round}:{request}:{message}:{moment.isoformat()}",
        )
        with writing(self.workspace.engine) as session:
            record(session, [event])

    def export(self, target: Path, **options: object) -> Path:
        export_round(self.workspace, ROUND, target, **{"now": NOW, "as_of": AS_OF, **options})
        return target


def _seat_units(session: Session, name: str) -> None:
    for unit_id, code, title in (("U1", "007", "=1+1 局"), ("U2", "@08", "民政局"), ("U3", "", "无人局")):
        session.add(
            UnitRow(
                round=name,
                unit_id=unit_id,
                unit_code=code,
                name=title,
                group="市级",
                predecessors="",
                joined_on=date(2020, 1, 1),
                left_on=None,
            )
        )


def read_as(kind: MessageKind, outcome: Outcome | None = None, **more: object) -> dict[str, object]:
    return {
        "kind": kind,
        "outcome": outcome,
        "confidence": 0.91,
        "evidence": ["disclosed:decision", f"sender {CLERK}"],
        "document_number": "",
        "time_basis": "arrival",
        "match": ["thread", "quoted_request"],
        **more,
    }


def held_with(*candidates: str) -> dict[str, object]:
    reading = read_as(MessageKind.UNKNOWN)
    clues = [["sender", reference] for reference in candidates]
    return reading | {"candidates": list(candidates), "clues": clues}


def fill(town: Town) -> None:
    town.found()
    town.approve("rehearsal")
    town.request("R1", "U1")
    town.request("R2", "U2", "consultation", "phone", "A2")
    town.request("R3", "U2", applicant="A2")
    town.request("R4", "U1", "consultation", None)
    town.request("R5", "U1", channel="web_form")
    answer_by_mail(town)
    answer_by_phone(town)
    town.send("R3", at("2026-09-02"))
    leave_messages_in_the_pen(town)
    town.happen(
        EventKind.SEND_REFUSED, at("2026-09-01"), request="R4", payload={"reason": "no_usable_channel"}
    )
    town.happen(EventKind.HOLD_SET, at("2026-09-04"), payload={"reason": f"{IDENTITY['name']} 来电"})
    gap = {"applicant": "A1", "until": at("2026-09-05").isoformat()}
    town.happen(EventKind.WATCH_GAP, at("2026-09-03"), actor="rule:watch", payload=gap)


def answer_by_mail(town: Town) -> None:
    """Read by machine, then confirmed by a person, who does not copy the document number."""
    town.send("R1", at("2026-09-02"))
    town.arrive("answer", MAILBOXES["A1"], at("2026-09-16", "23:59:30"))
    reading = read_as(MessageKind.REPLY, Outcome.DISCLOSED, document_number=THIRTY_DIGITS)
    town.happen(EventKind.READ, at("2026-09-16", "23:59:30"), request="R1", message="answer", payload=reading)
    confirmed = {
        "kind": MessageKind.REPLY,
        "outcome": Outcome.DISCLOSED,
        "time_basis": "arrival",
        "reason": LETTER,
    }
    town.happen(
        EventKind.REVIEWED, at("2026-09-16", "23:59:30"), request="R1", message="answer", payload=confirmed
    )


def answer_by_phone(town: Town) -> None:
    town.send("R2", at("2026-09-02"), by="王老师")
    town.arrive("call", MAILBOXES["A2"], at("2026-09-12"), source="contact")
    said = {"kind": MessageKind.REPLY, "outcome": Outcome.DEFLECTION, "medium": "phone"}
    town.happen(EventKind.REVIEWED, at("2026-09-12"), request="R2", message="call", payload=said)


def leave_messages_in_the_pen(town: Town) -> None:
    for day, (name, mailbox, candidates) in enumerate(
        [
            ("doubtful", MAILBOXES["A2"], ("R3", "R2")),
            ("advert", MAILBOXES["A1"], ()),
            ("astray", "", ()),
            ("of another round", MAILBOXES["A1"], ("X9",)),
        ],
        10,
    ):
        moment = at(f"2026-09-{day}")
        town.arrive(name, mailbox, moment)
        town.happen(EventKind.HELD, moment, message=name, actor="lexicon:1", payload=held_with(*candidates))
    town.happen(
        EventKind.ASSIGNED, at("2026-09-20"), message="advert", payload={"requests": [], "reason": "广告"}
    )
    town.arrive("newsletter", MAILBOXES["A2"], at("2026-09-21"))
    town.happen(
        EventKind.READ,
        at("2026-09-21"),
        request="R3",
        message="newsletter",
        payload=read_as(MessageKind.UNRELATED),
    )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    town = Town(tmp_path_factory.mktemp("town") / "workspace")
    fill(town)
    return town


@pytest.fixture(scope="module")
def folder(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town.export(tmp_path_factory.mktemp("exported") / "export")


@pytest.fixture
def small(tmp_path: Path) -> Town:
    town = Town(tmp_path / "workspace")
    town.found()
    return town


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    text = (folder / f"{table}.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def requests_of(folder: Path) -> dict[str, dict[str, str]]:
    return {row["reference"]: row for row in rows_of(folder, "requests")}


def messages_of(town: Town, folder: Path) -> dict[str, dict[str, str]]:
    names = {sha256: name for name, sha256 in town.shas.items()}
    return {names[row["sha256"]]: row for row in rows_of(folder, "messages")}


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def every_text(folder: Path) -> Iterator[tuple[str, str]]:
    for name, content in bytes_of(folder).items():
        if name.endswith(".xlsx"):
            archive = zipfile.ZipFile(io.BytesIO(content))
            yield from ((member, archive.read(member).decode()) for member in archive.namelist())
        else:
            yield name, content.decode("utf-8-sig")


# --- the package ----------------------------------------------------------------------------------------


def test_frictionless_finds_the_package_valid(folder):
    report = Package(folder / "datapackage.json").validate()
    assert report.valid, report.flatten(["name", "rowNumber", "type", "message"])
    assert report.stats["tasks"] == 5


def test_frictionless_sees_a_request_of_an_unknown_unit(folder, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for name, content in bytes_of(folder).items():
        (copy / name).write_bytes(content.replace(b",U2,", b",U9,") if name == "requests.csv" else content)
    report = Package(copy / "datapackage.json").validate()
    assert "foreign-key" in {row[0] for row in report.flatten(["type"])}


def test_the_manifest_names_what_the_numbers_rest_on(folder):
    manifest = manifest_of(folder)
    assert manifest["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert manifest["as_of"] == "2026-11-24"
    assert manifest["round"] == {
        "name": ROUND,
        "title": "春季评估",
        "state": "approved",
        "modes": ["rehearsal"],
    }
    assert manifest["files"] == [{"path": "units.csv", "sha256": "5" * 64}]
    assert [(rules["kind"], rules["name"]) for rules in manifest["rules"]] == [
        ("consultation", "cn-consultation"),
        ("disclosure", "cn-disclosure"),
    ]
    assert len(manifest["calendar"]["version"].partition("+")[0]) == 64


def test_every_table_and_page_of_a_rehearsal_says_so(folder):
    assert manifest_of(folder)["title"].startswith("演练 / REHEARSAL")
    for table in ("requests", "messages", "events", "units"):
        assert {row["notice"] for row in rows_of(folder, table)} == {"演练 / REHEARSAL"}
    for page in load_workbook(folder / "results.xlsx"):
        assert page.oddHeader.center.text.startswith("演练 / REHEARSAL")


def test_a_live_round_does_not_call_itself_a_rehearsal(small, tmp_path):
    small.approve("live")
    folder = small.export(tmp_path / "export")
    assert manifest_of(folder)["title"] == "春季评估 (spring)"
    assert not any("REHEARSAL" in text for _, text in every_text(folder))


# --- requests and units ---------------------------------------------------------------------------------


def test_every_request_has_a_row_whatever_its_state(folder):
    assert {reference: row["state"] for reference, row in requests_of(folder).items()} == {
        "R1": "replied",
        "R2": "replied",
        "R3": "sent",
        "R4": "channel_failed",
        "R5": "approved",
    }


def test_a_reply_half_a_minute_before_midnight_counts_on_that_day(folder):
    row = requests_of(folder)["R1"]
    assert row["submitted_at"] == "2026-09-02T10:00:00+08:00"
    assert (row["received_on"], row["due_on"]) == ("2026-09-02", "2026-09-30")
    assert (row["replied_on"], row["reply_time_basis"]) == ("2026-09-16", "internal_date")
    assert (row["response_days"], row["response_calendar_days"]) == ("10", "14")
    assert (row["verdict"], row["outcome"], row["read_by"]) == ("in_time", "disclosed", "person")
    assert len(row["rules_version"]) == 12


def test_confirming_a_reply_keeps_the_document_number_the_machine_read(folder):
    assert requests_of(folder)["R1"]["document_number"] == THIRTY_DIGITS


def test_a_silent_unit_whose_answer_may_be_held_is_not_assessable(folder):
    row = requests_of(folder)["R3"]
    assert (row["verdict"], row["reason"]) == ("not_assessable", "held_message_could_be_the_answer")


def test_units_are_counted_by_verdict(folder):
    rows = {row["unit_id"]: row for row in rows_of(folder, "units")}
    assert (rows["U1"]["requests"], rows["U1"]["in_time"], rows["U1"]["channel_failed"]) == ("3", "1", "1")
    assert rows["U3"]["requests"] == "0"
    assert all(int(row["requests"]) == sum(int(row[verdict]) for verdict in Verdict) for row in rows.values())


# --- messages and events --------------------------------------------------------------------------------


def test_messages_have_a_request_only_if_they_answer_it(town, folder):
    rows = messages_of(town, folder)
    assert {name: (row["request"], row["label"], row["read_by"]) for name, row in rows.items()} == {
        "doubtful": ("", "unknown", "machine"),
        "advert": ("", "unrelated", "person"),
        "astray": ("", "unknown", "machine"),
        "answer": ("R1", "disclosed", "person"),
        "call": ("R2", "deflection", "person"),
        "newsletter": ("", "unrelated", "machine"),
    }


def test_candidates_stand_apart_from_requests(town, folder):
    rows = messages_of(town, folder)
    assert rows["doubtful"]["candidates"] == "R3;R2"
    assert rows["doubtful"]["match"] == "sender"
    assert [row["candidates"] for name, row in rows.items() if name != "doubtful"] == [""] * 5


def test_a_call_is_a_message_and_a_submission_is_none(town, folder):
    row = messages_of(town, folder)["call"]
    assert (row["source"], row["medium"], row["applicant"]) == ("contact", "phone", "A2")
    assert row["time_basis"] == "person"
    assert len(rows_of(folder, "messages")) == 6


def test_a_message_that_a_person_assigned_says_so(small, tmp_path):
    small.request("R1", "U1")
    small.send("R1", at("2026-09-02"))
    small.arrive("late guess", MAILBOXES["A2"], at("2026-09-10"))
    small.happen(EventKind.HELD, at("2026-09-10"), message="late guess", payload=held_with())
    small.happen(EventKind.ASSIGNED, at("2026-09-11"), message="late guess", payload={"requests": ["R1"]})
    reading = read_as(MessageKind.REPLY, Outcome.NOT_HELD, match=[])
    small.happen(EventKind.READ, at("2026-09-10"), request="R1", message="late guess", payload=reading)
    (row,) = rows_of(small.export(tmp_path / "export"), "messages")
    assert (row["request"], row["match"], row["applicant"]) == ("R1", "assigned", "A2")


def test_events_keep_their_codes_and_lose_what_people_wrote(town, folder):
    events = rows_of(folder, "events")
    assert [int(row["seq"]) for row in events] == sorted(int(row["seq"]) for row in events)
    payloads = {row["kind"]: json.loads(row["payload"]) for row in events}
    assert payloads["send_refused"]["reason"] == "no_usable_channel"
    assert payloads["hold_set"]["reason"] == "(withheld)"
    assert payloads["watch_gap"]["applicant"] == "A1"
    assert town.shas["of another round"] not in {row["source_sha256"] for row in events}


def test_no_identity_address_or_letter_leaves(folder):
    for name, text in every_text(folder):
        assert [secret for secret in SECRETS if secret in text] == [], name


# --- cells ----------------------------------------------------------------------------------------------


def test_no_cell_of_a_csv_file_runs_in_excel(folder):
    rows = requests_of(folder)
    assert (rows["R1"]["unit_name"], rows["R2"]["unit_code"]) == ("'=1+1 局", "'@08")
    for table in ("requests", "messages", "events", "units"):
        cells = [cell for row in rows_of(folder, table) for cell in row.values()]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_csv_files_bear_the_mark_that_excel_needs(folder):
    assert all(path.read_bytes().startswith(b"\xef\xbb\xbfr") for path in folder.glob("requests.csv"))
    assert all(path.read_bytes()[:3] == b"\xef\xbb\xbf" for path in folder.glob("*.csv"))


def test_the_workbook_has_chinese_headers_that_stay_in_sight(folder):
    book = load_workbook(folder / "results.xlsx")
    assert book.sheetnames == ["申请", "各种读法", "来件", "单位"]
    for page, table in zip(book, (REQUESTS, READINGS, MESSAGES, UNITS), strict=True):
        assert [cell.value for cell in page[1]] == [column.title for column in table.columns]
        assert page[1][0].font.bold
        assert page.freeze_panes == "B2"
        assert page.auto_filter.ref.startswith("A1:")


def test_the_workbook_holds_texts_as_texts_and_dates_as_dates(folder):
    page = load_workbook(folder / "results.xlsx")["申请"]
    place = {column.name: number for number, column in enumerate(REQUESTS.columns)}
    first = next(page.iter_rows(min_row=2))
    for name, value in (("unit_name", "=1+1 局"), ("unit_code", "007"), ("document_number", THIRTY_DIGITS)):
        cell = first[place[name]]
        assert (cell.value, cell.data_type, cell.number_format) == (value, "s", "@")
    assert first[place["replied_on"]].value == datetime(2026, 9, 16)  # noqa: DTZ001 - Excel knows no zone
    assert first[place["submitted_at"]].value == datetime(2026, 9, 2, 10)  # noqa: DTZ001
    assert first[place["response_days"]].value == 10


def test_the_workbook_and_the_tables_hold_the_same_requests(folder):
    page = load_workbook(folder / "results.xlsx")["申请"]
    assert [row[0].value for row in page.iter_rows(min_row=2)] == [*requests_of(folder)]


# --- the same bytes -------------------------------------------------------------------------------------


def test_the_same_state_and_day_give_the_same_bytes_whenever_they_are_asked_for(town, folder, tmp_path):
    later = town.export(tmp_path / "later", now=NOW + timedelta(hours=3))
    assert bytes_of(later) == bytes_of(folder)


def test_zone_and_language_change_no_byte(town, folder, tmp_path):
    program = f"""
from datetime import date, datetime, UTC
from pathlib import Path
from tracker.i18n import use_language
from tracker.services.export import export_round
from tracker.settings import open_workspace
use_language("zh-CN")
export_round(open_workspace(Path({str(town.workspace.root)!r})), {ROUND!r}, Path({str(tmp_path / "far")!r}),
             datetime({NOW.year}, {NOW.month}, {NOW.day}, {NOW.hour}, tzinfo=UTC), date({AS_OF:%Y, %-m, %-d}))
"""
    environment = os.environ | {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "3"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert bytes_of(tmp_path / "far") == bytes_of(folder)


def test_nothing_in_the_workbook_bears_the_time_of_writing(folder):
    archive = zipfile.ZipFile(folder / "results.xlsx")
    assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert "2000-01-01T00:00:00Z" in archive.read("docProps/core.xml").decode()


def leave_one_silent(town: Town, last_look: datetime) -> None:
    """R1 was acknowledged, so that silence is the unit's own; its mailbox was last seen at `last_look`."""
    town.request("R1", "U1")
    town.send("R1", at("2026-09-02"))
    town.arrive("noted", MAILBOXES["A1"], at("2026-09-03"))
    reading = read_as(MessageKind.ACKNOWLEDGEMENT)
    town.happen(EventKind.READ, at("2026-09-03"), request="R1", message="noted", payload=reading)
    with writing(town.workspace.engine) as session:
        session.add(
            MailboxHealthRow(mailbox=MAILBOXES["A1"], watched_since=at("2026-09-01"), last_ok_at=last_look)
        )


def test_a_day_that_is_over_is_measured_the_same_in_later_years(small, tmp_path):
    leave_one_silent(small, at("2026-10-20", "20:00:00"))
    that_day = small.export(tmp_path / "one", now=at("2026-10-20", "23:00:00"), as_of=date(2026, 10, 20))
    years_later = small.export(tmp_path / "two", now=at("2030-01-01"), as_of=date(2026, 10, 20))
    assert requests_of(that_day)["R1"]["verdict"] == "overdue"
    assert bytes_of(that_day) == bytes_of(years_later)


def test_a_round_keeps_its_verdicts_when_nobody_watches_after_its_closing(small, tmp_path):
    leave_one_silent(small, at("2026-10-20", "20:00:00"))
    small.happen(EventKind.ROUND_CLOSED, at("2026-10-20", "21:00:00"), round=ROUND)
    folder = small.export(tmp_path / "export", now=at("2027-02-01"), as_of=None)
    assert manifest_of(folder)["as_of"] == "2027-02-01"
    assert requests_of(folder)["R1"]["verdict"] == "no_reply"


def test_a_mailbox_nobody_watched_makes_silence_not_assessable(small, tmp_path):
    leave_one_silent(small, at("2026-09-10"))
    row = requests_of(small.export(tmp_path / "export"))["R1"]
    assert (row["verdict"], row["reason"]) == ("not_assessable", "mailbox_was_not_watched")


# --- where it goes --------------------------------------------------------------------------------------


def test_an_earlier_export_is_replaced_and_nothing_else_is_left(small, tmp_path):
    parent = tmp_path / "results"
    small.export(parent / "export")
    small.approve("rehearsal")
    small.export(parent / "export")
    assert manifest_of(parent / "export")["title"].startswith("演练")
    assert [path.name for path in parent.iterdir()] == ["export"]


@pytest.mark.parametrize("content", ["", '{"name": "somebody-elses"}', "[]"])
def test_a_folder_that_is_not_an_earlier_export_is_refused(small, tmp_path, content):
    target = tmp_path / "mine"
    target.mkdir()
    (target / "datapackage.json").write_text(content)
    with pytest.raises(UserError, match="not an earlier export"):
        small.export(target)
    assert bytes_of(target) == {"datapackage.json": content.encode()}


def test_an_export_beside_which_someone_put_a_file_is_refused(small, tmp_path):
    target = small.export(tmp_path / "export")
    (target / "analysis.R").write_text("x")
    with pytest.raises(UserError, match=r"analysis\.R"):
        small.export(target)
    assert (target / "analysis.R").exists()


def test_a_disk_that_fills_up_leaves_the_earlier_export_whole(small, tmp_path, monkeypatch):
    parent = tmp_path / "results"
    before = bytes_of(small.export(parent / "export"))
    small.approve("rehearsal")

    def full(path: Path, _content: bytes) -> int:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        small.export(parent / "export")
    assert bytes_of(parent / "export") == before
    assert [path.name for path in parent.iterdir()] == ["export"]


def test_a_pilot_round_is_left_out_of_results(small, tmp_path):
    small.approve("pilot")
    with pytest.raises(UserError, match="pilot"):
        small.export(tmp_path / "export")
    assert not (tmp_path / "export").exists()


def test_an_unknown_round_is_refused(small, tmp_path):
    with pytest.raises(UserError, match="no such round"):
        export_round(small.workspace, "autumn", tmp_path / "export", NOW)


def test_the_report_counts_the_rows(town, tmp_path):
    report = export_round(town.workspace, ROUND, tmp_path / "export", NOW)
    assert report.target == tmp_path / "export"
    assert (report.counts["requests"], report.counts["messages"], report.counts["units"]) == (5, 6, 3)
