"""Each golden mail is read as the file beside it says."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from tracker.adapters.documents import read_text
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.classify import classify
from tracker.domain.terms import RequestKind
from tracker.letters.parse import parse

MAILS = sorted(Path(__file__).parent.glob("*.eml"))
SURE = 0.8


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.stem)
def test_a_golden_mail_is_read_as_expected(mail: Path) -> None:
    expectation = mail.with_suffix(".expected.toml")
    if not expectation.exists():
        write_what_was_read(mail, expectation)
    expected = tomllib.loads(expectation.read_text(encoding="utf-8"))
    assert "unread" not in expected, f"{expectation}: read the mail, correct the file and take out `unread`"
    message = parse(mail.read_bytes())
    message = replace(message, attachments=tuple(replace(a, text=read_text(a)) for a in message.attachments))
    kind = RequestKind(expected["request"]) if "request" in expected else None
    found = classify(message, kind, load_lexicon(), expected.get("seconds_since_sent"))
    labels = expected.get("one_of") or [expected.get("outcome", expected["kind"])]
    assert found.label in labels, found
    assert found.kind == expected.get("kind", found.kind)
    assert found.document_number == expected["document_number"]
    assert [a.name for a in message.attachments] == expected["attachments"]
    for name in ("subject", "sender_name"):
        assert getattr(message, name) == expected.get(name, getattr(message, name))
    if "returned" in expected:
        assert message.returned_ids == (expected["returned"],)
    if "sure" in expected:
        assert (found.confidence >= SURE) is expected["sure"], found


def write_what_was_read(mail: Path, expectation: Path) -> None:
    """A draft of an expectation; it fails until a person has read the mail and taken out `unread`."""
    message = parse(mail.read_bytes())
    found = classify(message, None, load_lexicon(), None)
    lines = [
        "unread = true",
        f'kind = "{found.kind}"',
        *([f'outcome = "{found.outcome}"'] if found.outcome else []),
    ]
    lines += [f'document_number = "{found.document_number}"']
    lines += [f"attachments = {json.dumps([a.name for a in message.attachments], ensure_ascii=False)}"]
    expectation.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_mail_without_an_expectation_gets_a_draft_that_fails(tmp_path: Path) -> None:
    mail = tmp_path / "new.eml"
    mail.write_bytes(MAILS[0].read_bytes())
    for _run in range(2):
        with pytest.raises(AssertionError, match="take out `unread`"):
            test_a_golden_mail_is_read_as_expected(mail)
    assert tomllib.loads((tmp_path / "new.expected.toml").read_text(encoding="utf-8"))["unread"] is True


def test_there_are_enough_golden_mails_and_each_has_its_expectation() -> None:
    assert len(MAILS) >= 40
    assert {m.stem for m in MAILS} == {
        m.name.removesuffix(".expected.toml") for m in MAILS[0].parent.glob("*.toml")
    }
