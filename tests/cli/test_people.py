"""A round through the commands people use: plan, approve, hand in, log, review, settle, close, supplement."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Desk
from tests.servers.smtp_sink import HANG_UP, ScriptedSmtp
from tracker.domain.terms import SHANGHAI
from tracker.rehearsal.servers import RehearsalServers

# with this seed: C0002 and D0002 by web form, C0005 by phone, D0004 by post, C0001 has no channel
SEED = "seed = 20261207"
FORM, CONSULT_FORM, CALL, LETTER, NO_CHANNEL = (
    f"sample-2026-{number}" for number in ("D0002", "C0002", "C0005", "D0004", "C0001")
)
SECRETS = ("查询码甲QX4711", "mima-hush-0815", "鹤依申受字2026第0017号")
IDENTITY = ("示例街", "SAMPLE-ID", "00000000003", "甲示例", "乙示例", "丙示例")


@pytest.fixture
def sample(desk: Desk) -> Desk:
    desk.change("round.toml", "# seed = 20261207 ", f"{SEED} ")
    desk.call("plan")
    desk.call("approve")
    return desk


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def request(desk: Desk, reference: str) -> dict[str, Any]:
    found = desk.json("status", "--all")["requests"]
    return next(one for one in found if one["reference"] == reference)


def tasks(desk: Desk) -> list[str]:
    return [task["task"] for task in desk.json("task", "list")]


def hand_in(desk: Desk, reference: str, *words: str) -> None:
    desk.call("task", "done", f"submit:{reference}", *words)


# --- handing in ------------------------------------------------------------------------------------------


def test_a_request_for_people_becomes_a_task_when_its_time_comes(sample: Desk):
    sample.now = at("2026-12-07T13:23")
    assert tasks(sample) == []
    sample.now = at("2026-12-07T13:24")
    (task,) = sample.json("task", "list")
    assert task == {
        "task": f"submit:{FORM}",
        "kind": "submit",
        "subject": FORM,
        "unit": "鹤山区人民政府办公室（示例）",
        "since": "2026-12-07T13:24:00+08:00",
        "channel": "web_form",
        "address": "http://www.heshan.test/ysqgk",
    }
    assert f"submit:{FORM}" in sample.call("task", "list").out


def test_a_task_gives_the_text_to_paste_field_by_field(sample: Desk):
    sample.now = at("2026-12-07T13:30")
    fields = sample.json("task", "show", f"submit:{FORM}")["fields"]
    assert list(fields.items()) == [
        ("受理单位", "鹤山区人民政府办公室（示例）"),
        ("申请人类别", "公民"),
        ("申请人姓名", "丙示例"),
        ("证件名称", "居民身份证"),
        ("证件号码", "SAMPLE-ID-A03"),
        ("联系电话", "00000000003"),
        ("通信地址", "云州省云州市示例街3号"),
        ("电子邮箱", "a03@applicants.test"),
        ("所需信息的名称", "本县（区）2025年度城乡低保资金分配结果"),
        (
            "所需信息的内容描述",
            "请公开本县（区）2025年度城乡低保资金分配结果，以电子邮件方式提供电子文本。",
        ),
        ("提供信息的载体形式", "电子文件"),
        ("获取信息的方式", "电子邮件"),
    ]
    shown = sample.call("task", "show", f"submit:{FORM}").out
    assert "http://www.heshan.test/ysqgk" in shown
    assert "证件号码: SAMPLE-ID-A03" in shown
    assert FORM not in "".join(fields.values())


def test_a_receipt_is_noted_with_its_proof_and_its_codes_are_secret(sample: Desk, tmp_path: Path):
    sample.now = at("2026-12-07T14:00")
    proof = tmp_path / "screen.png"
    proof.write_bytes(b"\x89PNG this is what the site showed")
    number, code, password = SECRETS[2], SECRETS[0], SECRETS[1]
    words = ["--receipt-no", number, "--query-code", code, "--query-password", password]
    hand_in(sample, FORM, "--at", "2026-12-07T13:40", *words, "--proof", str(proof))
    assert tasks(sample) == []
    found = request(sample, FORM)
    assert (found["state"], found["received_on"], found["due_on"]) == ("sent", "2026-12-07", "2027-01-05")
    assert sample.rows("SELECT request, length(sealed) > 100 FROM receipt") == [(FORM, 1)]
    kept = [path.read_bytes() for path in (sample.folder / "evidence").rglob("*") if path.is_file()]
    assert proof.read_bytes() in kept

    everything = sample.every_byte()
    for secret in SECRETS:
        assert secret.encode() not in everything
        assert secret.encode("gbk") not in everything
        assert secret.encode("unicode_escape") not in everything
    assert sample.call("verify").code == 0


def test_the_database_holds_no_identity_of_an_applicant(sample: Desk):
    sample.now = at("2026-12-07T14:00")
    sample.call("task", "show", f"submit:{FORM}")
    hand_in(sample, FORM)
    everything = sample.every_byte(but=["applicants.csv"])
    for word in IDENTITY:
        assert word.encode() not in everything
        assert word.encode("unicode_escape") not in everything


def test_a_task_is_done_once(sample: Desk):
    sample.now = at("2026-12-07T14:00")
    hand_in(sample, FORM)
    assert sample.refused_here("task", "done", f"submit:{FORM}") == (
        f"submit:{FORM}: no such open task. `tracker task list` shows them.\n"
    )


def test_a_date_that_cannot_be_is_refused(sample: Desk):
    sample.now = at("2026-12-14T16:00")
    words = ["task", "done", f"submit:{LETTER}", "--at"]
    assert (
        sample.refused_here(*words, "2026-12-15") == "2026-12-15 12:00 is still to come: correct the date.\n"
    )
    assert sample.refused_here(*words, "14.12.2026") == (
        "14.12.2026: not a date and time; write 2026-11-24T09:30.\n"
    )
    assert sample.refused_here(*words, "2026-12-14T15:00", "--received", "2026-12-13") == (
        f"{LETTER}: received on 2026-12-13, before it was handed in: correct one of the dates.\n"
    )
    assert sample.refused_here(*words, "2026-12-14T15:00", "--received", "2026-12-16") == (
        "2026-12-16 00:00 is still to come: correct the date.\n"
    )
    assert sample.refused_here(*words, "2026-12-14T15:00", "--proof", "nowhere.jpg") == (
        "nowhere.jpg: cannot read the proof (No such file or directory).\n"
    )


def test_the_clock_of_a_posted_letter_runs_from_the_signature(sample: Desk):
    sample.now = at("2026-12-14T16:00")
    hand_in(sample, LETTER)
    assert request(sample, LETTER)["received_on"] is None
    assert sample.refused_here("record", LETTER, "--signed-on", "2026-12-13") == (
        f"{LETTER}: not posted before 2026-12-13, so it cannot have been signed for then.\n"
    )
    sample.now = at("2026-12-18T10:00")
    sample.call("record", LETTER, "--signed-on", "2026-12-17")
    found = request(sample, LETTER)
    assert (found["received_on"], found["due_on"]) == ("2026-12-17", "2027-01-15")
    assert sample.json("explain", LETTER)["receipt_basis"] == "signature"


def test_a_letter_nobody_looked_up_becomes_a_task(sample: Desk):
    sample.now = at("2026-12-14T16:00")
    hand_in(sample, LETTER)
    sample.now = at("2027-02-20T10:00")
    assert f"signature:{LETTER}" in tasks(sample)
    assert sample.refused_here("task", "done", f"signature:{LETTER}") == (
        f"signature:{LETTER}: this one ends with `tracker record REF --signed-on DATE`.\n"
    )
    sample.call("record", LETTER, "--signed-on", "2026-12-17")
    assert f"signature:{LETTER}" not in tasks(sample)


def test_a_channel_that_does_not_work_is_a_finding(sample: Desk):
    sample.now = at("2026-12-07T17:00")
    hand_in(sample, CALL, "--channel-failed", "空号")
    found = request(sample, CALL)
    assert (found["state"], found["verdict"]) == ("channel_failed", "channel_failed")
    assert request(sample, NO_CHANNEL)["verdict"] == "channel_failed"
    assert "sending refused" in sample.call("explain", CALL).out


def test_a_unit_without_a_channel_is_not_said_to_have_refused_a_letter(sample: Desk):
    told = sample.call("explain", NO_CHANNEL).out
    assert "no usable channel on the roster" in told
    assert "sending refused" not in told


# --- what units do ---------------------------------------------------------------------------------------


def test_a_call_and_a_letter_are_logged_with_their_dates_and_proof(sample: Desk, tmp_path: Path):
    sample.now = at("2026-12-07T14:00")
    hand_in(sample, FORM)
    sample.now = at("2026-12-25T10:00")
    sample.call("record", FORM, "--by", "phone", "--kind", "acknowledgement", "--at", "2026-12-08T09:00")
    assert request(sample, FORM)["state"] == "acknowledged"
    scan = tmp_path / "decision.jpg"
    scan.write_bytes(b"\xff\xd8 a scan")
    words = ["--kind", "reply", "--outcome", "disclosed", "--at", "2026-12-24", "--proof", str(scan)]
    sample.call("record", FORM, "--by", "letter", *words, "--note", "附表一张")
    found = request(sample, FORM)
    assert (found["state"], found["outcome"], found["verdict"]) == ("replied", "disclosed", "in_time")
    assert (found["replied_at"], found["response_days"]) == ("2026-12-24T12:00:00+08:00", 13)
    assert sample.call("rebuild").out == "12 requests and 0 held messages derived anew; 0 differed.\n"


def test_an_extension_and_a_correction_are_logged(sample: Desk):
    sample.now = at("2026-12-07T14:00")
    hand_in(sample, FORM)
    sample.now = at("2026-12-25T10:00")
    words = ["record", FORM, "--by", "phone", "--kind"]
    sample.call(*words, "correction_notice", "--at", "2026-12-09T09:00")
    assert tasks(sample)[0] == f"answer:{FORM}"
    assert request(sample, FORM)["verdict"] == "awaiting_us"
    sample.call("task", "done", f"answer:{FORM}", "--at", "2026-12-10T09:00")
    assert sample.refused_here("task", "done", f"answer:{FORM}").startswith(
        f"answer:{FORM}: no such open task."
    )
    due_on = request(sample, FORM)["due_on"]
    assert due_on == "2027-01-08"  # twenty days from the corrected application on
    sample.call(*words, "extension_notice", "--days", "10", "--at", "2026-12-20T09:00")
    assert request(sample, FORM)["due_on"] == "2027-01-22"


def test_what_cannot_have_happened_is_refused(sample: Desk):
    sample.now = at("2026-12-07T14:00")
    hand_in(sample, FORM)
    words = ["record", FORM, "--by", "phone"]
    assert sample.refused_here(*words, "--kind", "acknowledgement", "--at", "2026-12-06") == (
        f"{FORM}: nothing was sent before 2026-12-06 12:00, so nothing can answer it: "
        "check the date and the reference.\n"
    )
    assert sample.refused_here(*words, "--kind", "acknowledgement", "--at", "2026-12-08") == (
        "2026-12-08 12:00 is still to come: correct the date.\n"
    )
    assert sample.refused_here(*words, "--kind", "reply", "--outcome", "answer").startswith(
        "reply for a disclosure: the outcome must be one of: "
    )
    assert sample.refused_here(*words, "--kind", "acknowledgement", "--outcome", "disclosed").startswith(
        "acknowledgement: only a reply has an outcome: leave it out."
    )
    assert sample.refused_here("record", FORM, "--by", "pigeon", "--kind", "reply") == (
        "Say how and what: --by phone|sms|wechat|letter|fax|visit|web --kind ..., or --signed-on DATE.\n"
    )


# --- reviews and held messages ---------------------------------------------------------------------------


def bring_mail(desk: Desk, sender: str, to: str, subject: str, text: str, when: datetime) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(when)
    message.set_content(text)
    desk.call("import", "mail", str(desk.write("incoming.eml", message.as_bytes())))


def test_a_doubtful_reading_waits_for_a_person_whose_word_counts(sample: Desk):
    sample.now = at("2026-12-07T14:00")
    hand_in(sample, FORM)
    title = "本县（区）2025年度城乡低保资金分配结果"
    sample.now = at("2026-12-20T10:00")
    subject = f"Re: 政府信息公开申请：{title}"
    text = "您好，关于您来信所提事项，这个回头再说吧。"
    bring_mail(sample, "bgs@heshan.test", "a03@applicants.test", subject, text, at("2026-12-10T09:00"))
    found = sample.json("review", "list")
    if not found:  # it may have been held: then say whose it is first
        (held,) = [task for task in sample.json("task", "list") if task["kind"] == "held"]
        sample.call("review", "assign", held["subject"][:12], FORM)
        found = sample.json("review", "list")
    (task,) = found
    sha = task["message"]
    assert (task["request"], task["confidence"] < 0.8) == (FORM, True)
    assert sha[:12] in sample.call("review", "list").out
    assert f"review:{FORM}/{sha[:12]}" in tasks(sample)

    shown = sample.call("review", "show", sha[:12]).out
    assert text in shown
    assert "bgs@heshan.test" in shown

    wrong = sample.refused_here("review", "confirm", FORM, sha[:12], "--kind", "reply", "--outcome", "answer")
    assert wrong.startswith("reply for a disclosure: the outcome must be one of: ")
    sample.call(
        "review",
        "confirm",
        FORM,
        sha[:12],
        "--kind",
        "reply",
        "--outcome",
        "not_held",
        "--reason",
        "明说没有",
    )
    assert sample.json("review", "list") == []
    assert (request(sample, FORM)["outcome"], request(sample, FORM)["state"]) == ("not_held", "replied")


def test_a_message_of_nobody_is_held_until_a_person_says_whose_it_is(sample: Desk):
    sample.now = at("2026-12-07T14:00")
    hand_in(sample, FORM)
    sample.now = at("2026-12-20T10:00")
    for number, text in enumerate(["收到，我们会尽快处理。", "双十二大促，全场五折。"]):
        when = at(f"2026-12-1{number}T09:00")
        bring_mail(sample, "wang@private.example", "a03@applicants.test", "您好", text, when)
    held = [task for task in sample.json("task", "list") if task["kind"] == "held"]
    assert len(held) == 2
    theirs, spam = (task["subject"][:16] for task in held)
    assert sample.refused_here("review", "confirm", FORM, theirs, "--kind", "acknowledgement") == (
        f"{theirs} is not a message of {FORM}: use `tracker review assign` first.\n"
    )
    sample.call("review", "assign", theirs, FORM, "--reason", "科员私人信箱")
    sample.call("review", "assign", spam)
    assert not [task for task in sample.json("task", "list") if task["kind"] == "held"]
    assert sample.refused_here("review", "assign", spam, FORM) == f"{spam} is not in the holding pen.\n"
    sample.call("review", "confirm", FORM, theirs, "--kind", "acknowledgement")
    assert request(sample, FORM)["state"] == "acknowledged"


# --- unsettled letters -----------------------------------------------------------------------------------


def test_a_person_settles_what_became_of_a_letter(sample: Desk):
    mailboxes = [f"a0{n}@applicants.test" for n in (1, 2, 3)]
    servers = RehearsalServers(dict.fromkeys(mailboxes, "right"), lambda *_: None, lambda: sample.now)
    with servers, ScriptedSmtp(dot=[HANG_UP, HANG_UP]) as smtp:
        account = (
            f'imap_host = "127.0.0.1"\nimap_security = "plain"\nimap_port = {servers.imap_port}\n'
            f'smtp_host = "127.0.0.1"\nsmtp_security = "plain"\nsmtp_port = {smtp.port}\n'
        )
        sample.write("tracker.toml", "".join(f'[[account]]\nmailbox = "{m}"\n{account}' for m in mailboxes))
        sample.write("passwords.toml", "".join(f'"{m}" = "right"\n' for m in mailboxes)).chmod(0o600)
        sample.now = at("2026-12-09T16:00")  # C0006 and C0003 are due
        assert sample.json("tick") == {"sent": 0, "taken_in": 0}
        assert len(smtp.complete) == 2
        lost, arrived = "sample-2026-C0006", "sample-2026-C0003"
        assert {f"settle:{lost}", f"settle:{arrived}"} <= set(tasks(sample))
        assert sample.refused_here("task", "done", f"settle:{lost}") == (
            f"settle:{lost}: this one ends with `tracker settle REF --sent|--not-sent`.\n"
        )
        sample.call("settle", lost, "--not-sent", "--reason", "对方邮局查无此信")
        sample.call("settle", arrived, "--sent")
        assert sample.refused_here("settle", arrived, "--sent").startswith(f"{arrived}: not unsettled.")
        states = [request(sample, reference)["state"] for reference in (lost, arrived)]
        assert states == ["not_sent", "sent"]
        sample.call("tick")
        assert len(smtp.complete) == 2


# --- the end of a round ----------------------------------------------------------------------------------


def test_a_round_becomes_final_only_when_nothing_in_it_is_open(sample: Desk):
    sample.now = at("2026-12-07T14:00")
    hand_in(sample, FORM)
    bring_mail(
        sample, "wang@private.example", "a03@applicants.test", "您好", "收到。", at("2026-12-07T13:50")
    )
    assert (
        sample.refused_here("close", "--final")
        == "sample-2026: is running; only a closed round becomes final.\n"
    )
    sample.now = at("2026-12-18T18:00")
    assert sample.call("close", "--not-sent").out == (
        "sample-2026: closed. Settle what is open, then `tracker close --final`.\n"
    )
    assert sample.refused_here("close") == "sample-2026: is closed, cannot be closed.\n"
    said = sample.refused_here("close", "--final")
    assert said.startswith("sample-2026: cannot become final: ")
    assert "1 messages are in the holding pen" in said
    assert "1 due dates are provisional" in said
    for words in (["plan"], ["approve"]):
        assert sample.refused_here(*words).startswith("sample-2026: closed")


def test_a_round_with_nothing_open_becomes_final(desk: Desk):
    desk.now = at("2026-03-02T08:00")
    desk.change("round.toml", "2026-12-07", "2026-03-02")
    desk.change("round.toml", "2026-12-18", "2026-03-20")
    desk.change("round.toml", 'kinds = ["disclosure", "consultation"]', 'kinds = ["consultation"]')
    desk.call("plan")
    desk.call("approve")
    desk.now = at("2026-06-01T08:00")
    desk.call("close")
    assert desk.call("close", "--final").out == "sample-2026: final.\n"
    assert desk.json("status")["state"] == "final"
    assert desk.refused_here("close", "--final").startswith("sample-2026: is final")


# --- supplements -----------------------------------------------------------------------------------------


def test_a_supplement_moves_nothing_that_was_approved(sample: Desk):
    sample.now = at("2026-12-07T14:00")
    hand_in(sample, FORM)
    everything = "SELECT * FROM request ORDER BY reference"
    before, events = sample.rows(everything), sample.rows("SELECT * FROM event ORDER BY seq")
    units = (sample.folder / "units.csv").read_text(encoding="utf-8")
    sample.write("units.csv", units + "linye,YS-0205,云州市林业局（示例）,department,,,\n")
    channels = (sample.folder / "channels.csv").read_text(encoding="utf-8")
    sample.write("channels.csv", channels + "linye,disclosure,email,yes,linye@yunzhou.test,,1\n")
    planned = sample.json("plan")["requests"]
    assert all(datetime.fromisoformat(one["planned_at"]) >= sample.now for one in planned)
    added = {one["reference"] for one in planned}
    assert added == {"sample-2026-C0007", "sample-2026-D0007"}
    assert request(sample, "sample-2026-D0007")["state"] == "planned"
    assert sample.call("approve").talk.startswith("sample-2026: 2 requests approved.")

    after = {row[0]: row for row in sample.rows(everything)}
    assert [after[row[0]] for row in before] == before
    assert set(after) - {row[0] for row in before} == added
    assert sample.rows("SELECT * FROM event ORDER BY seq")[: len(events)] == events
    assert request(sample, "sample-2026-C0007")["verdict"] == "channel_failed"  # nothing is announced for it
    assert request(sample, "sample-2026-D0007")["state"] == "approved"
    assert sample.json("plan")["requests"] == []
