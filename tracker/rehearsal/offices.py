"""One office and the one request it will get: what it writes, when, and what a person hears from it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from . import letters, papers
from .envelopes import Draft, Original, quoted, write_letter, write_report
from .letters import Facts
from .sites import Note
from .truth import CHINA, MARK, Scenario, Truth, full_name

_PAPER_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
_WAYS = {"web_form": "网络", "post": "邮寄", "fax": "传真", "phone": "电话", "in_person": "当面"}
_MAILERS = {"foxmail": "Foxmail 7.2.18.111[cn]", "outlook": "Microsoft Outlook 16.0", "qq": "QQMail 2.x"}
_CLERKS = ("小刘", "王芳", "办公室-李", "政务公开")


@dataclass(frozen=True, slots=True)
class Contact:
    """What a person sees, hears or gets by hand. `fact`: receipt, signature, confirmation or reply.

    `happened_at` counts (a postmark, a call); `arrives_at` is when the applicant can know of it.
    """

    unit_id: str
    kind: str
    channel: str
    by: str
    fact: str
    label: str  # as in reply-kinds.toml; empty for a signature
    happened_at: datetime
    arrives_at: datetime
    text: str
    receipt_no: str = ""
    query_code: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What an office writes: its bytes, when they arrive, and what they truly are."""

    label: str
    raw: bytes
    at: datetime


class Office:
    def __init__(self, scenario: Scenario, truth: Truth, number: int, seed: int) -> None:
        self.truth = truth
        self._unit = full_name(scenario.names[truth.unit_id])
        self._applicant = scenario.applicants[truth.applicant].name
        self._title = scenario.titles.get(truth.key, "")
        self._answer = scenario.answers.get(truth.unit_id, "")
        self._number = number
        self._seed = seed

    def answers(self, original: Original) -> list[Letter]:
        """Everything this office, or a mail server on the way, sends back for a letter."""
        self._title = self._title or original.subject
        return [*self._preludes(original), *self._decision(original)]

    def receipt(self, now: datetime) -> Contact | None:
        """What a site or counter gives at once; nothing for post, fax and telephone."""
        told = {
            "web_form": f"网页提示：提交成功。登记编号：{self._receipt_no}，查询码：{self._query_code}。",
            "in_person": f"窗口出具收件回执，登记编号：{self._receipt_no}。",
        }.get(self.truth.channel)
        return self._contact("receipt", now, told) if told else None

    def moves(self, now: datetime) -> list[Note]:
        """What this office will put on its site for a request that came by form at `now`."""
        truth, found = self.truth, []
        soon = now + timedelta(minutes=20 + self._spread("soon", 75))
        if truth.shape.startswith(("ack_", "person_ack_")):
            found.append(Note("accepted", soon))
        if truth.notice_at:
            found.append(Note("extended", truth.notice_at, letters.extension(self._facts(truth.notice_at))))
        if truth.replied_at:
            at = max(truth.replied_at, now + timedelta(minutes=1))
            facts = self._facts(at)
            text = self._reply(facts)
            paper = next(iter(self._papers(facts, text)), None)
            found.append(
                Note("answered", at, letters.see_attachment(facts) if paper else text, attachment=paper)
            )
        return found

    def later_contacts(self, now: datetime) -> list[Contact]:
        found, truth = [], self.truth
        if truth.channel == "post":
            signed_at = datetime.combine(truth.received_on, time(10, 30), tzinfo=CHINA)
            found.append(self._contact("signature", signed_at, "邮政查询：已签收，收发室代收。"))
        if truth.channel == "fax":
            told = f"来电确认：传真收到，已登记，编号：{self._receipt_no}。"
            found.append(self._contact("confirmation", now + timedelta(minutes=30), told))
        if truth.replied_at:
            at = max(truth.replied_at, now + timedelta(minutes=1))
            found.append(self._contact("reply", at, self._reply(self._facts(at))))
        return found

    def _preludes(self, original: Original) -> list[Letter]:
        truth, soon = self.truth, original.arrived_at + timedelta(minutes=20 + self._spread("soon", 75))
        if truth.shape.startswith("auto_"):
            at = original.arrived_at + timedelta(seconds=8 + self._spread("auto", 20))
            return [Letter("auto_reply", self._automatic(original, at), at)]
        if truth.shape.startswith(("ack_", "person_ack_")):
            return [Letter("acknowledgement", self._acknowledgement(original, soon), soon)]
        if truth.shape.startswith("read_receipt_"):
            return [Letter("read_receipt", self._read_receipt(original, soon), soon)]
        if truth.shape.startswith("delay_"):
            at = original.arrived_at + timedelta(hours=4, minutes=5)
            return [Letter("delay", _delay(original, at), at)]
        if truth.notice_at:
            return [Letter("extension_notice", self._extension(original, truth.notice_at), truth.notice_at)]
        return []

    def _decision(self, original: Original) -> list[Letter]:
        truth = self.truth
        if truth.replied_at is None:
            return []
        at = max(truth.replied_at, original.arrived_at + timedelta(minutes=1))
        facts = self._facts(at)
        text = self._reply(facts)
        body = letters.see_attachment(facts) if truth.attachment else text
        draft = replace(
            self._draft(original, self._subject(original, facts), body + quoted(truth.quoting, original), at),
            form=truth.form,
            headers=(
                *_mailer(truth),
                *(_threading(original, facts.variant) if truth.thread == "headers" else ()),
            ),
            papers=self._papers(facts, text),
        )
        if truth.sender:
            draft = replace(draft, sender=truth.sender, sender_name=_CLERKS[facts.variant % len(_CLERKS)])
        return [Letter(truth.label, write_letter(draft), at)]

    def _automatic(self, original: Original, at: datetime) -> bytes:
        facts = self._facts(at)
        draft = self._draft(original, f"自动回复：{original.subject}", letters.automatic(facts), at)
        headers = (("Auto-Submitted", "auto-replied"), *_threading(original, facts.variant)[:1])
        return write_letter(replace(draft, headers=headers))

    def _acknowledgement(self, original: Original, at: datetime) -> bytes:
        text = letters.acknowledgement(self.truth.kind, self._facts(at))
        if self.truth.shape.startswith("person_"):
            text = letters.personal_acknowledgement(self._facts(at))
        draft = self._draft(original, f"回复：{original.subject}", text, at)
        return write_letter(replace(draft, headers=_threading(original, 0)))

    def _extension(self, original: Original, at: datetime) -> bytes:
        text = letters.extension(self._facts(at))
        draft = self._draft(original, "政府信息公开延期答复告知书", text, at)
        return write_letter(replace(draft, headers=_threading(original, 0)))

    def _read_receipt(self, original: Original, at: datetime) -> bytes:
        report = (
            f"Reporting-UA: desk; Foxmail\r\nFinal-Recipient: rfc822;{original.recipient}\r\n"
            f"Original-Message-ID: {original.message_id}\r\n"
            "Disposition: manual-action/MDN-sent-manually; displayed\r\n"
        )
        text = f"这是邮件收条。您的邮件已在收件人的电脑上显示过。\n{MARK}\n"
        draft = self._draft(original, f"已读：{original.subject}", text, at)
        return write_report(draft, "disposition-notification", report, original)

    def _draft(self, original: Original, subject: str, text: str, at: datetime) -> Draft:
        written_at = at - timedelta(seconds=2 + self._spread("relay", 5))
        return Draft(original.recipient, self._unit, original.sender, subject, text, at, written_at)

    def _subject(self, original: Original, facts: Facts) -> str:
        if self.truth.thread == "none":
            return letters.subject_of_its_own(self.truth.kind, facts)
        again = ("Re: ", "回复：", "答复: ")[facts.variant % 3]
        if self.truth.thread != "short":
            return again + original.subject
        # Some webmail cuts long subjects: what is left of the title no longer tells which it was.
        start = original.subject.find(facts.title)
        end = start + len(facts.title) // 2 if start >= 0 else 12
        return f"{again}{original.subject[:end]}…"

    def _reply(self, facts: Facts) -> str:
        text = letters.reply(self.truth.kind, self.truth.outcome, facts)
        return f"{text}\n{letters.material(facts)}" if self._gives and not self._has_annex else text

    @property
    def _gives(self) -> bool:
        return self.truth.outcome in ("disclosed", "partly_disclosed")

    @property
    def _has_annex(self) -> bool:
        """Every second piece of information given comes as a file of its own."""
        is_plain_mail = self.truth.channel == "email" and not self.truth.attachment
        return self._gives and is_plain_mail and self._number % 4 == 1

    def _papers(self, facts: Facts, text: str) -> Sequence[tuple[str, str, bytes]]:
        kind = self.truth.attachment
        if kind:
            content = papers.docx(text) if kind == "docx" else papers.pdf(text)
            return ((f"答复书{self._number}.{kind}", _PAPER_TYPES[kind], content),)
        if self._has_annex:
            return (("附件.docx", _PAPER_TYPES["docx"], papers.docx(letters.material(facts))),)
        return ()

    def _contact(self, fact: str, at: datetime, text: str) -> Contact:
        truth = self.truth
        by = {"reply": truth.by, "signature": "tracking", "confirmation": "phone"}.get(fact, truth.channel)
        label = {"reply": truth.label, "signature": ""}.get(fact, "acknowledgement")
        arrives_at = max(truth.arrives_at or at, at) if fact == "reply" else at
        told = text if MARK in text else text + MARK
        has_number = truth.channel not in ("phone", "post")
        return Contact(
            *truth.key, truth.channel, by, fact, label, at, arrives_at, told,
            receipt_no=self._receipt_no if has_number else "",
            query_code=self._query_code if truth.channel == "web_form" else "",
        )  # fmt: skip

    def _facts(self, at: datetime) -> Facts:
        truth, variant = self.truth, self._spread("variant", 1000)
        hides_title = truth.thread == "short" or (truth.thread == "none" and variant % 2)
        return Facts(
            unit=self._unit,
            applicant=self._applicant,
            title=self._title,
            received_on=truth.received_on,
            written_on=at.date(),
            variant=variant,
            document_number=truth.document_number,
            receipt_no=self._receipt_no,
            other_office=truth.other_office,
            extended_days=truth.extended_days or 0,
            names_title=not hides_title,
            answer=self._answer,
            way=_WAYS.get(truth.channel, "电子邮件"),
        )

    @property
    def _receipt_no(self) -> str:
        shapes = (f"YA2020{self._number:05d}", f"第{self._number:04d}号", f"2020-{self._number:06d}")
        return shapes[self._number % 3]

    @property
    def _query_code(self) -> str:
        return f"{self._spread('code', 1_000_000):06d}"

    def _spread(self, what: str, below: int) -> int:
        """A number that looks like chance and is the same in every run."""
        told = f"{self._seed}|{self.truth.unit_id}|{self.truth.kind}|{what}"
        return int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big") % below


def _delay(original: Original, at: datetime) -> bytes:
    host = original.sender.partition("@")[2]
    report = (
        f"Reporting-MTA: dns; mx.{host}\r\n\r\nFinal-Recipient: rfc822;{original.recipient}\r\n"
        "Action: delayed\r\nStatus: 4.4.1\r\nDiagnostic-Code: smtp; 421 4.4.1 connection timed out\r\n"
    )
    text = f"您的邮件暂未送达，系统将继续尝试投递，无需重发。\n{MARK}\n"
    headers = (("Auto-Submitted", "auto-replied"), ("Precedence", "bulk"))
    subject = "邮件投递延迟通知 Delivery Status Notification (Delay)"
    sender = f"postmaster@{host}"
    draft = Draft(sender, "Postmaster", original.sender, subject, text, at, at, headers=headers)
    return write_report(draft, "delivery-status", report, original)


def _mailer(truth: Truth) -> tuple[tuple[str, str], ...]:
    return (("X-Mailer", _MAILERS[truth.quoting]),) if truth.quoting in _MAILERS else ()


def _threading(original: Original, variant: int) -> tuple[tuple[str, str], ...]:
    both = (("In-Reply-To", original.message_id), ("References", original.message_id))
    return (both, both[:1], both[1:])[variant % 3]
