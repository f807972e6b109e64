"""What the simulated city will do, as data/rehearsals/*/ says it: literals, nothing worked out here."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

CHINA = timezone(timedelta(hours=8))
MARK = "【演练 REHEARSAL】"
Key = tuple[str, str]  # unit_id, kind of request


@dataclass(frozen=True, slots=True)
class Truth:
    """One row of truth.csv: what a unit does with one request, and what must be measured.

    Days are working days. `response_days` is None and `replied_at` empty where the unit stays silent.
    """

    unit_id: str
    kind: str
    channel: str
    applicant: str
    sent_on: date
    received_on: date
    shape: str
    notice_at: datetime | None  # of the extension notice
    extended_days: int | None
    replied_at: datetime | None
    arrives_at: datetime | None  # of a posted reply; `replied_at` is its postmark
    replied_on: date | None
    response_days: int | None
    due_on: date
    verdict: str
    outcome: str
    label: str
    read_by: Literal["machine", "person", ""]
    how: str
    thread: str  # headers | subject | short | none: what ties an e-mail to the request
    sender: str  # a clerk's private address
    attachment: str  # docx | pdf: the only place of the decision
    form: str
    quoting: str
    by: str  # how another channel answers: site (read by machine), web_page, letter, fax, phone, sms, visit
    document_number: str
    other_office: str

    @property
    def key(self) -> Key:
        return self.unit_id, self.kind


@dataclass(frozen=True, slots=True)
class Applicant:
    applicant: str
    name: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything the city knows of itself.

    `addresses`: e-mail address -> unit_id; `answers`: what a unit says to its consultation;
    `forms`: platform, the unit's code there and kind -> whose request it is.
    """

    truths: tuple[Truth, ...]
    names: dict[str, str]
    addresses: dict[str, str]
    applicants: dict[str, Applicant]
    titles: dict[Key, str]
    answers: dict[str, str]
    forms: dict[tuple[str, str, str], Key]


def read_scenario(folder: Path) -> Scenario:
    channels = list(_rows(folder / "channels.csv"))
    people = [Applicant(r["applicant"], r["name"], r["mailbox"]) for r in _rows(folder / "applicants.csv")]
    questions = list(_rows(folder / "questions.csv"))
    return Scenario(
        truths=tuple(map(_truth, _rows(folder / "truth.csv"))),
        names={r["unit_id"]: r["name"] for r in _rows(folder / "units.csv")},
        addresses={r["address"]: r["unit_id"] for r in channels if r["channel"] == "email"},
        applicants={person.applicant: person for person in people},
        titles={(r["unit_id"], r["kind"]): r["title"] for r in questions},
        answers={r["unit_id"]: r["answer"] for r in _rows(folder / "answers.csv")},
        forms={
            (r["platform"], r["parameters"].removeprefix("dept="), r["kind"]): (r["unit_id"], r["kind"])
            for r in channels
            if r["parameters"]
        },
    )


def full_name(name: str) -> str:
    """How a unit signs: the notice's short names are not what stands on a seal."""
    if name.startswith("市"):
        return "延安" + name
    return name + "人民政府" if name[-1] in "市县区" else "延安市" + name.removeprefix("延安")


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _truth(row: dict[str, str]) -> Truth:
    fields: dict[str, object] = dict(row)
    for name in ("sent_on", "received_on", "replied_on", "due_on"):
        fields[name] = date.fromisoformat(row[name]) if row[name] else None
    for name in ("notice_at", "replied_at", "arrives_at"):
        fields[name] = datetime.fromisoformat(row[name]) if row[name] else None
    for name in ("extended_days", "response_days"):
        fields[name] = int(row[name]) if row[name] else None
    return Truth(**fields)  # type: ignore[arg-type]
