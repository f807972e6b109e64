"""Learns data/lexicons/cn.weights.json from read mail: `python -m tests.mail.learn` (extra `learn`).

Run it again after every change of the lexicon. It prints how often letters it had not seen were
labelled as their readers did (five-fold cross-validation).
"""

import csv
import json
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from tests.mail.composed import composed_letters
from tracker.adapters.documents import read_text
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.message import Attachment, Message
from tracker.domain.phrases import LetterText
from tracker.domain.signs import signs_of
from tracker.domain.terms import RequestKind
from tracker.domain.topics import topic_of
from tracker.letters.parse import parse

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "data" / "lexicons" / "cn.weights.json"
_PER_UNIT = 100  # weights are kept as whole hundredths
_SMALLEST = 4
_FEWEST_LETTERS = 3  # a sign of one letter alone (read with and without its request) teaches nothing
_COST = 10.0


class Read(NamedTuple):
    """A letter and the label a person gave it."""

    source: str
    message: Message
    kind: RequestKind | None
    label: str
    asked: str = ""


def read_letters() -> list[Read]:
    return [*_taught(), *_composed(), *_written(), *_golden(), *_independent()]


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


def _written() -> Iterator[Read]:
    """Whole letters, one JSON object a line."""
    for path in sorted((HERE / "written").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            letter = json.loads(line)
            files = tuple(
                Attachment(file["name"], "application/pdf", "0" * 64, b"", file.get("text"))
                for file in letter["attachments"]
            )
            yield Read(
                path.stem,
                replace(as_message(letter), attachments=files),
                RequestKind(letter["kind"]),
                letter["label"],
                letter.get("asked", ""),
            )


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


def signs(read: Read) -> dict[str, float]:
    letter = LetterText(read.message, load_lexicon())
    return signs_of(read.message, letter, letter.hits(), read.kind or letter.kind_asked, read.asked)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    letters = read_letters()
    letters += [
        read._replace(kind=None, asked="") for read in letters if read.kind
    ]  # as a single file is read
    vectoriser = DictVectorizer()
    matrix = vectoriser.fit_transform([signs(read) for read in letters]).tocsc()
    common = np.flatnonzero(np.diff(matrix.indptr) >= _FEWEST_LETTERS)
    matrix, names = matrix[:, common].tocsr(), vectoriser.get_feature_names_out()[common]
    labels = np.array([read.label for read in letters])
    groups = [read.message.sha256 + read.message.reply_text for read in letters]
    model = LogisticRegression(C=_COST, max_iter=5000)
    _report(
        letters,
        labels,
        cross_val_predict(
            model, matrix, labels, cv=StratifiedGroupKFold(5, shuffle=True, random_state=1), groups=groups
        ),
    )
    model.fit(matrix, labels)
    _write(model, list(names))


def _report(letters: list[Read], labels: np.ndarray, found: np.ndarray) -> None:
    sources = np.array([read.source for read in letters])
    for source in sorted(set(sources)):
        at = sources == source
        say(f"{source}: {at.sum()} letters, {np.mean(found[at] == labels[at]):.1%} labelled alike unseen")


def _write(model: LogisticRegression, names: list[str]) -> None:
    table = {}
    for place, name in enumerate(names):
        weights = [
            [at, round(_PER_UNIT * w)]
            for at, w in enumerate(model.coef_[:, place])
            if abs(_PER_UNIT * w) >= _SMALLEST
        ]
        if weights:
            table[name] = [number for pair in weights for number in pair]
    content = {
        "labels": list(model.classes_),
        "bias": [round(_PER_UNIT * b) for b in model.intercept_],
        "weights": table,
    }
    TARGET.write_text(
        json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n",
        encoding="utf-8",
    )
    say(f"{TARGET.name}: {len(table)} signs, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
