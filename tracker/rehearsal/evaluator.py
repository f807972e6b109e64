"""The scripted evaluator: settles what machines may not decide, through the commands a person uses.

It knows the truth of a letter as a person who read it would: from the city's books.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tracker.domain.terms import SHANGHAI, MessageKind, Outcome
from tracker.rehearsal.city import City, LogRow
from tracker.rehearsal.offices import Contact

Run = Callable[..., str]
_MEDIA = {"web_page": "web"}


class Evaluator:
    def __init__(self, run: Run, city: City) -> None:
        self._run, self._city = run, city
        self._references: dict[tuple[str, str], str] = {}
        self._now = datetime.max.replace(tzinfo=UTC)

    def work(self, now: datetime) -> None:
        """One evening: the contacts that came in, then every open task."""
        self._now = now
        for contact in self._city.contacts(now):
            self._log_contact(contact)
        for task in json.loads(self._run("task", "list", "--json")):
            self._serve(task, now)

    def _serve(self, task: dict[str, Any], now: datetime) -> None:
        kind = task["kind"]
        if kind == "submit":
            self._submit(task, now)
        elif kind == "review":
            self._review(*task["subject"].split("/"))
        elif kind == "held":
            self._assign(task["subject"])
        elif kind == "look":  # what stands on a page comes to the evaluator as a contact
            self._run("task", "done", task["task"], "--at", _moment(now))

    def _submit(self, task: dict[str, Any], now: datetime) -> None:
        """Hand a request in at its channel; note the receipt the site or counter gives."""
        unit_id, kind = self._key_of(task["subject"])
        shown = json.loads(self._run("task", "show", task["task"], "--json"))
        mailbox, title = shown["fields"]["电子邮箱"], self._title_of(shown["fields"])
        receipt = self._city.submitted(unit_id, kind, now, mailbox, title)
        words = ["task", "done", task["task"], "--at", _moment(now)]
        if task["channel"] == "in_person":
            words += ["--received", now.astimezone(SHANGHAI).date().isoformat()]
        if receipt and receipt.receipt_no:
            words += ["--receipt-no", receipt.receipt_no]
        if receipt and receipt.query_code:
            words += ["--query-code", receipt.query_code]
        self._run(*words)

    def _log_contact(self, contact: Contact) -> None:
        reference = self._reference_of(contact.unit_id, contact.kind)
        if contact.fact == "signature":
            self._run("record", reference, "--signed-on", contact.happened_at.date().isoformat())
            return
        medium = _MEDIA.get(contact.by, contact.by)
        words = ["record", reference, "--by", medium, "--at", _moment(contact.happened_at)]
        self._run(*words, *_label_options(contact.label), "--note", contact.text)

    def _review(self, reference: str, message: str) -> None:
        label = self._shown_to(reference) or self._log_of(message).label
        self._run("review", "confirm", reference, message, *_label_options(label))

    def _assign(self, message: str) -> None:
        row = self._log_of(message)
        self._run("review", "assign", message, self._reference_of(row.unit_id, row.kind))

    def _shown_to(self, reference: str) -> str:
        """What a site says of a request by now; empty where it came by another way."""
        shown = self._city.shown.get(self._key_of(reference), [])
        return next((label for at, label in reversed(shown) if at <= self._now), "")

    def _log_of(self, message: str) -> LogRow:
        return next(row for row in self._city.log if row.sha256 == message)

    def _title_of(self, fields: dict[str, str]) -> str:
        return fields.get("所需信息的名称") or fields["标题"]

    def _key_of(self, reference: str) -> tuple[str, str]:
        self._learn_references()
        return next(key for key, known in self._references.items() if known == reference)

    def _reference_of(self, unit_id: str, kind: str) -> str:
        self._learn_references()
        return self._references[unit_id, kind]

    def _learn_references(self) -> None:
        if not self._references:
            rows = json.loads(self._run("status", "--all", "--json"))["requests"]
            self._references = {(row["unit_id"], row["kind"]): row["reference"] for row in rows}


def _label_options(label: str) -> list[str]:
    if label in set(Outcome):
        return ["--kind", MessageKind.REPLY, "--outcome", label]
    return ["--kind", label]


def _moment(at: datetime) -> str:
    return at.astimezone(SHANGHAI).isoformat()
