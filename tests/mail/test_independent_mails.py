"""The independent mails (see the README beside them) are fit to judge a reader of mail by."""

import csv
import tomllib
from email import message_from_bytes
from pathlib import Path

from tracker.domain.terms import MessageKind, Outcome

FOLDER = Path(__file__).parent / "independent"
EXPECTED = {
    path.name.removesuffix(".expected.toml"): tomllib.loads(path.read_text(encoding="utf-8"))
    for path in FOLDER.glob("*.expected.toml")
}
LABELS = {*Outcome, *MessageKind} - {MessageKind.REPLY}


def test_each_mail_has_its_expectation_and_every_label_occurs():
    assert {path.stem for path in FOLDER.glob("*.eml")} == EXPECTED.keys()
    assert {expected["label"] for expected in EXPECTED.values()} == LABELS


def test_each_mail_can_be_opened_and_says_why_it_is_what_it_is():
    for name, expected in EXPECTED.items():
        assert message_from_bytes((FOLDER / f"{name}.eml").read_bytes()).keys()
        assert expected["why"]


def test_every_request_that_is_named_exists():
    with (FOLDER / "requests.csv").open(encoding="utf-8-sig", newline="") as file:
        known = {row["reference"] for row in csv.DictReader(file)}
    named = {
        reference
        for expected in EXPECTED.values()
        for reference in (*expected["requests"], *expected.get("candidates", ()))
    }
    assert named <= known
