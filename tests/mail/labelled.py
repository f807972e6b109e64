"""Letters that people read and labelled, from every collection under tests/mail."""

import csv
import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from tests.mail.composed import composed_letters
from tracker.adapters.documents import read_text
from tracker.domain.message import Attachment, Message
from tracker.domain.terms import RequestKind
from tracker.domain.topics import topic_of
from tracker.letters.parse import parse

HERE = Path(__file__).parent


class Read(NamedTuple):
    """A letter and the label a person gave it."""

    source: str
    message: Message
    kind: RequestKind | None
    label: str
    asked: str = ""


def read_letters() -> list[Read]:
    return [*_taught(), *_composed(), *written_letters(), *_cities(), *_golden(), *_independent()]


def _taught() -> Iterator[Read]:
    for kind in RequestKind:
        for line in (HERE / "taught" / f"{kind}.tsv").read_text(encoding="utf-8").splitlines():
            label, text = line.split("\t")
            yield Read("taught", _short(text), kind, label)
    for line in (HERE / "taught" / "asked.tsv").read_text(encoding="utf-8").splitlines():
        label, asked, text = line.split("\t")
        yield Read("asked", _short(text), RequestKind.CONSULTATION, label, asked)


def _composed() -> Iterator[Read]:
    for label, text in composed_letters():
        yield Read("composed", _short(text), RequestKind.DISCLOSURE, label)


def _short(text: str) -> Message:
    return Message(sha256="0" * 64, subject="回复", sender="clerk@unit.test", reply_text=text)


def written_letters() -> Iterator[Read]:
    for path in sorted((HERE / "written").glob("*.jsonl")):
        yield from letters_in(path)


def letters_in(path: Path) -> Iterator[Read]:
    """Whole letters, one JSON object a line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        letter = json.loads(line)
        message = _with_files(letter)
        yield Read(path.stem, message, RequestKind(letter["kind"]), letter["label"], letter.get("asked", ""))


def _cities() -> Iterator[Read]:
    for path in sorted((HERE / "cities").glob("*/mails.jsonl")):
        yield from mails_of(path.parent)


def mails_of(city: Path) -> Iterator[Read]:
    """A whole city's mail beside what was asked: a unit's circular beside the request to that unit."""
    with (city / "requests.csv").open(encoding="utf-8-sig", newline="") as file:
        requests = list(csv.DictReader(file))
    asked = {row["reference"]: row for row in requests}
    of_unit = {(row["applicant"].partition("<")[2].strip(" >"), row["to"]): row for row in requests}
    for line in (city / "mails.jsonl").read_text(encoding="utf-8").splitlines():
        mail = json.loads(line)
        if not mail.get("label"):
            continue
        row = asked[mail["requests"][0]] if mail["requests"] else of_unit.get((mail["to"], mail["from"]))
        topic = topic_of(row["subject"], row["body"]) if row else ""
        kind = RequestKind(row["kind"]) if row else None
        yield Read(f"city {city.name}", _with_files(mail), kind, mail["label"], topic)


def _with_files(letter: dict[str, Any]) -> Message:
    files = (
        Attachment(file["name"], "application/pdf", "0" * 64, b"", file.get("text"))
        for file in letter["attachments"]
    )
    return replace(as_message(letter), attachments=tuple(files))


def as_message(letter: dict[str, object]) -> Message:
    """The mail that such an object describes, as the parser sees it."""
    headers = {"From": f"{letter['from_name']} <{letter['from']}>", "Subject": letter["subject"]}
    headers |= dict(letter.get("headers", {}))  # type: ignore[call-overload]
    lines = [f"{name}: {value!s}".replace("\n", " ") for name, value in headers.items()]
    lines += [
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        str(letter["body"]),
    ]
    return parse("\n".join(lines).encode())


def _golden() -> Iterator[Read]:
    for path in sorted(HERE.glob("*.eml")):
        expected = tomllib.loads(path.with_suffix(".expected.toml").read_text(encoding="utf-8"))
        if "one_of" not in expected:
            kind = RequestKind(expected["request"]) if "request" in expected else None
            yield Read("golden", _read(path), kind, expected.get("outcome", expected["kind"]))


def _independent() -> Iterator[Read]:
    with (HERE / "independent" / "requests.csv").open(encoding="utf-8-sig", newline="") as file:
        requests = {row["reference"]: row for row in csv.DictReader(file)}
    for path in sorted((HERE / "independent").glob("*.eml")):
        expected = tomllib.loads(path.with_suffix(".expected.toml").read_text(encoding="utf-8"))
        asked = expected["requests"] or expected.get("candidates") or []
        request = requests[asked[0]] if asked else None
        kind = RequestKind(request["kind"]) if request else None
        topic = topic_of(request["title"], request["body"]) if request else ""
        yield Read("independent", _read(path), kind, expected["label"], topic)


def _read(path: Path) -> Message:
    message = parse(path.read_bytes())
    return replace(message, attachments=tuple(replace(a, text=read_text(a)) for a in message.attachments))
