"""A workspace with a big round: `python -m tests.benchmarks.big_round FOLDER [--requests N] [--messages N]`.

The program itself plans two units without a channel, which makes the schema and the round; all else is
written past it, as it would have written it. Benchmarks look at the round at `AS_OF`.
"""

import argparse
import base64
import hashlib
import json
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from itertools import groupby
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from tracker.adapters.calendars import load_calendar
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.coding import stages_of
from tracker.domain.rounds import Coding
from tracker.domain.terms import SHANGHAI, ChannelKind, Event, EventKind, Outcome, RequestKind, outcomes_of
from tracker.services.letters import FIRST_STEP
from tracker.services.plan import plan_round
from tracker.services.rounds import approve_round
from tracker.services.workspaces import make_workspace
from tracker.settings import open_workspace
from tracker.store.events import canonical_json, state_row

AS_OF = datetime(2026, 11, 27, tzinfo=UTC)
_NAME, _PLANNED_AT, _LAST_DAY, _DAYS = "big", datetime(2026, 8, 25, 2, tzinfo=UTC), date(2026, 10, 30), 60
_APPLICANTS, _GROUPS, _QUESTIONS, _SEED, _LOAD = 200, 40, 10, 2026, 20_000  # _LOAD: rows written together
_HELD, _UNKNOWN, _DOUBTFUL, _ANSWERED, _REVIEW_BELOW = 0.01, 0.01, 0.04, 0.75, 0.8
_CODED, _DIFFERING, _CODERS = 0.1, 0.1, [f"person:reviewer{number}" for number in range(1, 13)]
_FORM = ("has_title", "has_number", "has_seal", "has_remedy")
_LEAD, _PLATFORM, _STEP = "person:lead", "yunzhou-platform", {"step": FIRST_STEP, "attempt": 1}
_CHANNELS = {ChannelKind.EMAIL: 75, ChannelKind.WEB_FORM: 20, ChannelKind.POST: 5}
_NOTICES = {"acknowledgement": 45, "auto_reply": 35, "correction_notice": 10, "extension_notice": 10}
_NAMED_DAYS = {"correction_notice": 10, "extension_notice": 20}
_OFTEN = {"disclosed": 12, "already_public": 6, "not_held": 4, "answer": 8, "deflection": 2}
_TOPICS = ("部门决算公开说明", "低保资金分配结果", "饮水安全工程验收结果", "道路养护合同", "食品抽检结果")
_OFFICES = ("教育局", "水务局", "商务局", "档案馆", "民政局", "财政局", "交通局", "统计局")
_FILLING = "如对本告知有异议，可以在收到之日起六十日内申请行政复议，或者在六个月内提起诉讼。\r\n"
_SAYINGS = {  # between the bars stands the phrase that it is known by
    "acknowledgement": "您的来信|已登记|，我们将按规定办理。", "auto_reply": "这是系统|自动回复|，邮件已经收到。",
    "correction_notice": "请在10个工作日内|补正|，写明所需信息的名称。", "unknown": "|附言见前|，余下的面谈时再说。",
    "extension_notice": "因情况复杂，经批准|延长20个工作日|答复。", "disclosed": "您申请的信息|予以公开|，见下文。",
    "already_public": "该信息|已主动公开|，可在网站查阅。", "partly_disclosed": "该信息|部分公开|，其余不予提供。",
    "refused": "该信息涉及商业秘密，决定|不予公开|。", "not_held": "经检索，您申请的|信息不存在|。",
    "needs_creation": "该信息|需要另行制作|，没有现成的文本。", "still_unclear": "您补正后申请内容|仍不明确|。",
    "not_responsible": "该信息|不属于本机关负责公开|。", "duplicate": "我单位已就此答复过您，|不再重复处理|。",
    "other_regime": "查询此类资料|按有关法律、行政法规的规定办理|。", "excessive": "数量|明显超过合理范围|，不予处理。",
    "not_a_request": "来信属于投诉，|不作为政府信息公开申请处理|。", "publication": "您要的是|公开出版物|，请到书店获取。",
    "reissue": "您已获取该信息，我单位不|重新出具|。", "abandoned": "您逾期未补正，|视为放弃申请|。",
    "fee_unpaid": "您|逾期未缴纳|信息处理费，不再处理。", "answer": "窗口全天受理，|需要携带|身份证件和申请表。",
    "deflection": "具体情况|请拨打|我单位电话咨询。", "referred": "此事不归我单位管，|建议您咨询|政务服务中心。",
    "not_to_the_point": "|感谢您的关心|，我们将一如既往做好工作。",
}  # fmt: skip
_ROUND = f"""
name = "{_NAME}"
title = "示例省政务公开评估"
starts_on = {_LAST_DAY - timedelta(_DAYS - 1)}
ends_on = {_LAST_DAY}
closes_on = 2027-03-31
seed = {_SEED}

[coding]
coders = 2
"""
# Whatever the clock says, the mailboxes have been watched without a gap.
_SETTINGS = 'canary = "off"\ngap_hours = 876000\n'
_ACCOUNT = '[[account]]\nmailbox = "{}"\nimap_host = "127.0.0.1"\nsmtp_host = "127.0.0.1"\n'


def build_big_round(folder: Path, requests: int = 100_000, messages: int = 300_000) -> None:
    """Make the workspace: half as many units as requests; a hundredth of the messages is held."""
    _plan_small_round(folder)
    with closing(sqlite3.connect(folder / "tracker.db", isolation_level=None)) as connection:
        # nobody else looks on, and a build that dies is begun anew
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-1000000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        writer = _Writer(connection, folder / "evidence")
        _Story(writer, messages).tell(range(3, requests // 2 + 1))
        writer.flush()
        _derive(connection, writer)
        writer.flush()
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")


def _plan_small_round(folder: Path) -> None:
    folder.mkdir(parents=True)
    kinds, units, people = list(RequestKind), [_unit(1), _unit(2)], range(_APPLICANTS)
    asked = [(kind, n, _title(n)) for kind in kinds for n in range(_QUESTIONS)]
    files = {
        "round.toml": [_ROUND],
        "units.csv": ["unit_id,unit_code,name,group", *map(",".join, units)],
        "channels.csv": ["unit_id,kind,channel,announced", *(f"{u[0]},{k},email,no" for u in units for k in kinds)],
        "applicants.csv": ["applicant,name,mailbox,identity", *(f"A{n:03},示例{n:03}号,{_mailbox(n)},SAMPLE-{n:03}" for n in people)],
        "questions.csv": ["question_id,kind,title,text", *(f"{k[0]}-{n},{k},{t},请告知或公开{t}。" for k, n, t in asked)],
        "tracker.toml": [_SETTINGS, *(_ACCOUNT.format(_mailbox(n)) for n in people)],
    }  # fmt: skip
    settings = files.pop("tracker.toml")
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    make_workspace(folder, _PLANNED_AT).engine.dispose()
    (folder / "tracker.toml").write_text("".join(settings), encoding="utf-8")
    workspace = open_workspace(folder)
    plan_round(workspace, folder / "round.toml", _LEAD, _PLANNED_AT)
    approve_round(workspace, _NAME, _LEAD, _PLANNED_AT)
    workspace.engine.dispose()


def _unit(number: int) -> tuple[str, str, str, str]:
    name = f"示例省第{number}号{_OFFICES[number % len(_OFFICES)]}"
    return f"u{number:05}", f"U-{number:05}", name, f"group-{number % _GROUPS + 1:02}"


def _mailbox(number: int) -> str:
    return f"a{number:03}@applicants.test"


def _title(number: int) -> str:
    return f"{2025 - number // len(_TOPICS)}年度{_TOPICS[number % len(_TOPICS)]}"


# --- rows and files -----------------------------------------------------------------------------------------


class _Writer:
    def __init__(self, connection: sqlite3.Connection, evidence: Path) -> None:
        self._connection, self._evidence = connection, evidence
        self._waiting: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.instance = connection.execute("SELECT instance_id FROM workspace").fetchone()[0]
        self.seq = connection.execute("SELECT MAX(seq) FROM event").fetchone()[0]
        for number in range(256):
            (evidence / f"{number:02x}").mkdir(parents=True, exist_ok=True)

    def add(self, table: str, **row: Any) -> None:
        self._waiting[table].append({name: _stored(value) for name, value in row.items()})
        if len(self._waiting[table]) >= _LOAD:
            self.flush(table)

    def flush(self, *tables: str) -> None:
        for table in tables or tuple(self._waiting):
            rows = self._waiting.pop(table)
            columns, marks = (
                ", ".join(f'"{name}"' for name in rows[0]),
                ", ".join(f":{name}" for name in rows[0]),
            )
            self._connection.executemany(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})", rows)

    def record(
        self, kind: EventKind, at: datetime, actor: str, key: str, payload: Mapping[str, Any],
        request: str | None = None, sha256: str | None = None, known: datetime | None = None,
    ) -> None:  # fmt: skip
        """As `store.events` does, without deriving anything. A held message is of no round."""
        self.seq += 1
        own = {
            "round": None if kind is EventKind.HELD else _NAME,
            "request": request,
            "source_sha256": sha256,
        }
        times = {"happened_at": at, "known_at": known or at, "actor": actor}
        uid, text = hashlib.sha256(key.encode()).hexdigest()[:32], canonical_json({"v": 1, **payload})
        self.add("event", seq=self.seq, uid=uid, kind=kind, payload=text, dedupe_key=key, **times, **own)

    def keep(self, raw: bytes, media_type: str, now: datetime) -> str:
        sha256 = hashlib.sha256(raw).hexdigest()
        (self._evidence / sha256[:2] / sha256).write_bytes(raw)
        self.add("evidence", sha256=sha256, size=len(raw), media_type=media_type, kept_at=now)
        return sha256


def _stored(value: Any) -> Any:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _derive(connection: sqlite3.Connection, writer: _Writer) -> None:
    """States and codings from the events as they stand, by the program's own rules."""
    coding = Coding(**json.loads(connection.execute("SELECT plan FROM round").fetchone()[0])["coding"])
    units = dict(connection.execute("SELECT reference, unit_id FROM request"))
    names = (
        "kind, happened_at || 'Z', known_at || 'Z', actor, source_sha256, payload, dedupe_key, seq, request"
    )
    rows = connection.execute(f"SELECT {names} FROM event WHERE request IS NOT NULL ORDER BY request, seq")
    moment = datetime.fromisoformat
    for reference, told in groupby(rows, key=lambda row: row[-1]):
        events = [
            Event(
                EventKind(kind),
                moment(at),
                moment(known),
                by,
                _NAME,
                reference,
                sha256,
                json.loads(text),
                key,
                seq,
            )
            for kind, at, known, by, sha256, text, key, seq, _ in told
        ]
        writer.add("request_state", **state_row(reference, events).model_dump())
        own = {"request": reference, "round": _NAME, "unit_id": units[reference]}
        for message, (stage, codings, reading) in stages_of(events, coding).items():
            coders, at = ";".join(codings.coders), reading.arrived_at or reading.at
            answers = canonical_json([dict(vote.answers) for vote in codings.votes]) if codings.votes else ""
            writer.add(
                "coding", message=message, arrived_at=at, stage=stage, coders=coders, answers=answers, **own
            )


def _letter(headers: Mapping[str, str], subject: str, text: str, charset: str = "utf-8") -> bytes:
    parts = (subject[start : start + 12].encode(charset) for start in range(0, len(subject), 12))
    words = " ".join(f"=?{charset}?B?{base64.b64encode(part).decode()}?=" for part in parts)
    content = {"Content-Type": f'text/plain; charset="{charset}"', "Content-Transfer-Encoding": "8bit"}
    lines = {**headers, "Subject": words, "MIME-Version": "1.0", **content}.items()
    head = "".join(f"{name}: {value}\r\n" for name, value in lines if value)
    return f"{head}\r\n{text}\r\n".encode(charset)


# --- what happens -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    reference: str
    kind: RequestKind
    channel: ChannelKind
    unit: int
    applicant: int
    question: int
    sent_at: datetime

    @property
    def addresses(self) -> Mapping[ChannelKind, str]:
        host, street = f"u{self.unit:05}.test", f"示例省示例路{self.unit}号"
        mail, web = f"office@{host}", f"http://{host}/{self.kind}"
        return {ChannelKind.EMAIL: mail, ChannelKind.WEB_FORM: web, ChannelKind.POST: street}

    @property
    def message_id(self) -> str:
        if self.channel is ChannelKind.WEB_FORM:
            return f"form:{self.reference}:{FIRST_STEP}"
        return f"<{hashlib.sha256(self.reference.encode()).hexdigest()[:24]}@applicants.test>"


class _Story:
    def __init__(self, writer: _Writer, messages: int) -> None:
        self._writer, self._dice, self._lexicon = writer, Random(_SEED), load_lexicon().version
        self._held_count = round(messages * _HELD)
        self._read_count = messages - self._held_count
        self._sent: dict[int, list[str]] = defaultdict(list)  # references, by applicant
        self._uids: Counter[str] = Counter()

    def tell(self, units: Sequence[int]) -> None:
        calendar, dice = load_calendar("cn", guess=True), self._dice
        window = (_LAST_DAY - timedelta(back) for back in range(_DAYS))
        days = [day for day in window if calendar.is_working_day(day)]
        asked = [self._ask(kind, unit, dice.choice(days)) for kind in RequestKind for unit in units]
        self._plan(units, asked)
        for moment, _, one, label in sorted(self._steps(asked), key=lambda step: step[:2]):
            if label == "sent":
                self._send(one, moment)
            else:
                self._receive(one, moment, label)
        for mailbox in map(_mailbox, range(_APPLICANTS)):
            self._writer.add("mailbox_health", mailbox=mailbox, watched_since=_PLANNED_AT, last_ok_at=AS_OF, failures=0, fault="")  # fmt: skip
            self._writer.add("mailbox_mark", mailbox=mailbox, folder="INBOX", uidvalidity=1, last_uid=self._uids[mailbox], missing="[]")  # fmt: skip

    def _ask(self, kind: RequestKind, unit: int, day: date) -> _Asked:
        dice, reference = self._dice, f"{_NAME}-{kind[0].upper()}{unit:04d}"
        at = datetime.combine(day, time(9), SHANGHAI) + timedelta(seconds=dice.randrange(28_800))
        # the two requests to a unit come from different applicants
        applicant = 2 * dice.randrange(_APPLICANTS // 2) + (kind is RequestKind.CONSULTATION)
        (channel,) = dice.choices(list(_CHANNELS), list(_CHANNELS.values()))
        return _Asked(
            reference, kind, channel, unit, applicant, dice.randrange(_QUESTIONS), at.astimezone(UTC)
        )

    def _plan(self, units: Sequence[int], asked: Sequence[_Asked]) -> None:
        """A supplement to the small round, a minute later."""
        at, add, record = _PLANNED_AT + timedelta(minutes=1), self._writer.add, self._writer.record
        count: dict[str, Any] = {"requests": len(asked)}
        mode = {"mode": "rehearsal"}
        for unit, code, name, group in map(_unit, units):
            add("unit", round=_NAME, unit_id=unit, unit_code=code, name=name, group=group, predecessors="")
        key = f"round_planned:{_NAME}:{at.isoformat()}"
        record(EventKind.ROUND_PLANNED, at, _LEAD, key, {**count, "seed": _SEED})
        for one in asked:
            unit, code, question = _unit(one.unit)[0], f"A{one.applicant:03}", f"{one.kind[0]}-{one.question}"
            platform = _PLATFORM if one.channel is ChannelKind.WEB_FORM else ""
            way = {"round": _NAME, "unit_id": unit, "kind": one.kind, "channel": one.channel}
            way["address"] = one.addresses[one.channel]
            add("channel", announced=1, platform=platform, priority=1, parameters="", **way)
            dates = {"planned_at": one.sent_at, "expires_at": one.sent_at + timedelta(7)}
            add("request", reference=one.reference, applicant=code, question_id=question, **dates, **way)
            payload = {
                "unit": unit, "applicant": code, "kind": one.kind, "channel": one.channel,
                "question": question, "planned_at": one.sent_at.isoformat(),
            }  # fmt: skip
            record(EventKind.PLANNED, at, _LEAD, f"planned:{one.reference}", payload, one.reference)
        key = f"round_approved:{_NAME}:{asked[0].reference}"
        record(EventKind.ROUND_APPROVED, at, _LEAD, key, {**count, **mode, "authorisation": ""})
        for one in asked:
            record(EventKind.APPROVED, at, _LEAD, f"approved:{one.reference}", mode, one.reference)
        first = min(one.sent_at for one in asked)
        record(EventKind.ROUND_STARTED, first, "rule:first-request", f"round_started:{_NAME}", {})

    def _steps(self, asked: Sequence[_Asked]) -> Iterator[tuple[datetime, int, _Asked, str]]:
        """Sends and arrivals, each with the number that sorts those of one moment."""
        counts = Counter(self._dice.choices(range(len(asked)), k=self._read_count))
        for place, one in enumerate(asked):
            yield one.sent_at, place, one, "sent"
            for moment, label in self._answers(one, counts[place]):
                yield moment, len(asked) + place, one, label
        for number, one in enumerate(self._dice.choices(asked, k=self._held_count), 2 * len(asked)):
            yield self._later(one), number, one, "held"

    def _later(self, one: _Asked) -> datetime:
        least = 3 * 86_400 if one.channel is ChannelKind.POST else 600
        most = min(40 * 86_400.0, (AS_OF - one.sent_at).total_seconds() - 3_600)
        return one.sent_at + timedelta(seconds=self._dice.randint(least, int(most)))

    def _answers(self, one: _Asked, count: int) -> Iterator[tuple[datetime, str]]:
        """Notices and, at the end, mostly a reply; what a mail system answers comes at once."""
        dice, labels = self._dice, self._dice.choices(list(_NOTICES), list(_NOTICES.values()), k=count)
        if labels and dice.random() < _ANSWERED:
            outcomes = sorted(outcomes_of(one.kind))
            (labels[-1],) = dice.choices(outcomes, [_OFTEN.get(each, 1) for each in outcomes])
        for label, moment in zip(labels, sorted(self._later(one) for _ in labels), strict=True):
            is_at_once = label == "auto_reply" and one.channel is ChannelKind.EMAIL
            at_once = one.sent_at + timedelta(seconds=dice.randint(5, 80))
            yield at_once if is_at_once else moment, "unknown" if dice.random() < _UNKNOWN else label

    def _send(self, one: _Asked, at: datetime) -> None:
        self._sent[one.applicant].append(one.reference)
        reference, record, later = one.reference, self._writer.record, at + timedelta(seconds=2)
        if one.channel is ChannelKind.POST:
            receipt = {"receipt_on": (at + timedelta(2)).date().isoformat(), "receipt_basis": "signature"}
            payload = {"by": "person", **receipt}
            record(EventKind.DISPATCHED, at, _LEAD, f"dispatched:{reference}", payload, reference, None, at + timedelta(3))  # fmt: skip
            return
        title, mailbox, address = _title(one.question), _mailbox(one.applicant), one.addresses[one.channel]
        headers = {"From": mailbox, "To": address, "Date": format_datetime(at), "Message-ID": one.message_id}
        raw, kind = _letter(headers, f"申请：{title}", f"请告知或公开{title}。"), "message/rfc822"
        host, answer = address.partition("@")[2], "250 Ok"
        shown: dict[str, Any] = {"code": 250}
        if one.channel is ChannelKind.WEB_FORM:
            shown = {"by": "machine", "platform": _PLATFORM, "recipe": "", "exhibits": []}
            raw, kind = (
                canonical_json({"values": {"title": title, "reference": reference}}).encode(),
                "application/json",
            )
            host, answer = _PLATFORM, ""
        sha256 = self._writer.keep(raw, kind, at)
        self._writer.add(
            "outbox", request=reference, step=FIRST_STEP, instance_id=self._writer.instance, mailbox=mailbox,
            recipient=address, host=host, message_id=one.message_id, raw_sha256=sha256, status="sent",
            not_before=at, attempts=1, claimed_at=at, answer=answer, failures=0,
        )  # fmt: skip
        key, rule = f"{reference}:{FIRST_STEP}:1", "rule:dispatch"
        record(EventKind.CLAIMED, at, rule, f"claimed:{key}", _STEP, reference, sha256)
        record(EventKind.DISPATCHED, later, rule, f"dispatched:{key}", {**_STEP, **shown}, reference, sha256)

    def _receive(self, one: _Asked, at: datetime, label: str) -> None:
        """One message, kept and read; or held, where nothing in it points at a request for sure."""
        dice, is_held, mailbox = self._dice, label == "held", _mailbox(one.applicant)
        known, stamp = at + timedelta(seconds=dice.randint(5, 300)), at - timedelta(seconds=2)
        self._uids[mailbox] += 1
        said = dice.choice(list(_SAYINGS)) if is_held else label
        sender = f"clerk@mail{dice.randrange(97):02}.example" if is_held else one.addresses[ChannelKind.EMAIL]
        is_thread = not is_held and one.channel is ChannelKind.EMAIL
        date_line = format_datetime(stamp.astimezone(SHANGHAI))
        received = f"from {sender.partition('@')[2]} by mail.applicants.test; {date_line}"
        headers = {
            "Received": received, "From": sender, "To": mailbox, "Date": date_line,
            "Message-ID": f"<{mailbox.partition('@')[0]}-{self._uids[mailbox]}@{sender.partition('@')[2]}>",
            "In-Reply-To": one.message_id if is_thread else "",
            "Auto-Submitted": "auto-replied" if said == "auto_reply" else "",
        }  # fmt: skip
        sha256 = self._writer.keep(self._answer(headers, one, said, is_held), "message/rfc822", known)
        self._writer.add(
            "raw_message", sha256=sha256, source="mail", mailbox=mailbox, folder="INBOX", uidvalidity=1,
            uid=self._uids[mailbox], date_header=date_line, received=json.dumps([received]), internal_date=at,
            arrived_at=at, arrival_basis="internal_date", kept_at=known, taken_in_at=known,
        )  # fmt: skip
        actor, result, key = f"lexicon:{self._lexicon[:12]}", self._result(said), f"{sha256}:{self._lexicon}"
        if is_held:
            known_to_us = self._sent[one.applicant]
            candidates = dice.sample(known_to_us, min(len(known_to_us), dice.randint(0, 5)))
            doubt = "several_requests_fit" if candidates else None
            result |= {
                "candidates": candidates,
                "clues": [["title", each] for each in candidates],
                "doubt": doubt,
            }
            self._writer.record(
                EventKind.HELD, at, actor, f"held:{mailbox}:{key}", result, None, sha256, known
            )
            place = {"seq": self._writer.seq, "mailbox": mailbox, "candidates": ";".join(candidates)}
            self._writer.add("held_message", sha256=sha256, arrived_at=at, **place)
            return
        result |= {
            "days": _NAMED_DAYS.get(said), "receipt_no": "", "arrived_at": at.isoformat(),
            "time_basis": "received_stamp", "review_below": _REVIEW_BELOW,
            "match": ["thread", "repeated_title", "title", "sender"][0 if is_thread else 1 :],
        }  # fmt: skip
        reference, key = one.reference, f"read:{one.reference}:{key}"
        self._writer.record(EventKind.READ, stamp, actor, key, result, reference, sha256, known)
        if dice.random() < _CODED:
            self._code(reference, sha256, result, known + timedelta(days=2))

    def _code(self, reference: str, sha256: str, result: Mapping[str, Any], at: datetime) -> None:
        """Two people code a message; where they agree, it counts as read by them."""
        dice, record = self._dice, self._writer.record
        first = {"kind": result["kind"], "channel_worked": "yes"}
        if result["outcome"]:
            first |= {name: dice.choice(("yes", "no")) for name in _FORM} | {"outcome": result["outcome"]}
        second = first | ({dice.choice(list(first)): "no"} if dice.random() < _DIFFERING else {})
        coders = dice.sample(_CODERS, 2)
        for person, answers in zip(coders, (first, second), strict=True):
            payload = {
                "instrument": "evaluation",
                "version": "",
                "answers": answers,
                "ratings": {},
                "note": "",
            }
            record(
                EventKind.CODED,
                at,
                person,
                f"coded:{reference}:{sha256}:{person}",
                payload,
                reference,
                sha256,
            )
        if first == second:
            names = ("kind", "outcome", "time_basis", "arrived_at", "days")
            payload = {name: result[name] for name in names} | {"reason": ""}
            key = f"reviewed:{reference}:{sha256}"
            record(EventKind.REVIEWED, at, coders[1], key, payload, reference, sha256)

    def _answer(self, headers: Mapping[str, str], one: _Asked, said: str, is_held: bool) -> bytes:
        """A letter of 300 to 900 bytes of text."""
        charset, title = self._dice.choice(("gbk", "utf-8")), "来信" if is_held else _title(one.question)
        name = "办公室" if is_held else _unit(one.unit)[2]
        text = f"您好，关于您提出的“{title}”：\r\n" + _SAYINGS[said].replace("|", "") + "\r\n"
        wanted = self._dice.randint(300, 720)
        while len((text + name).encode(charset)) < wanted:
            text += _FILLING
        return _letter(headers, f"回复：申请：{title}", text + name, charset)

    def _result(self, said: str) -> dict[str, Any]:
        """What the machine makes of it; a twentieth is for a person to look at."""
        dice, outcome = self._dice, said if said in set(Outcome) else None
        is_doubtful = said == "unknown" or dice.random() < _DOUBTFUL
        sureness = dice.uniform(0.4, 0.79) if is_doubtful else dice.uniform(_REVIEW_BELOW, 1)
        evidence, kind = [f"{said}: {_SAYINGS[said].split('|')[1]}"], "reply" if outcome else said
        return {
            "kind": kind, "outcome": outcome, "confidence": round(sureness, 3), "evidence": evidence,
            "document_number": "", "scans": [],
        }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.big_round")
    parser.add_argument("folder", type=Path, help="the workspace to make; must not be there yet")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=300_000)
    chosen, started = parser.parse_args(), perf_counter()
    build_big_round(**vars(chosen))
    sys.stdout.write(f"made in {perf_counter() - started:.0f} s\n")
