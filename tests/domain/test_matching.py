"""Matching: a wrong match is the worst fault, so most of these letters try to provoke one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.folding import fold
from tracker.domain.match import Clue, ClueKind, Match
from tracker.domain.matching import match_message
from tracker.domain.message import Attachment, DeliveryReport, Message
from tracker.domain.sent import SentLetters, SentRequest

MAILBOX = "wangfang@mail.example"
SENT_AT = datetime(2020, 9, 17, 2, 0, tzinfo=UTC)
ARRIVED = SENT_AT + timedelta(days=5)
SKEW = timedelta(minutes=10)

WATER = SentRequest(
    reference="R-WATER",
    mailbox=MAILBOX,
    unit_id="water",
    unit_name="市水务局",
    unit_addresses=frozenset({"xxgk@water.yanan.test", "office@water.yanan.test"}),
    title="延安市2019年度农村饮水安全工程资金分配结果",
    text="请公开延安市2019年度农村饮水安全工程资金分配结果，以电子邮件方式提供电子文本。",
    message_ids=frozenset({"<water-1@mail.example>", "<water-2@mail.example>"}),
    sent_at=SENT_AT,
    numbers=frozenset({"SW-2020-00170"}),
)
SCHOOLS = SentRequest(
    reference="R-SCHOOLS",
    mailbox=MAILBOX,
    unit_id="schools",
    unit_name="市教育局",
    unit_addresses=frozenset({"xxgk@schools.yanan.test"}),
    title="延安市2019年义务教育阶段学校招生划片范围",
    text="请公开延安市2019年义务教育阶段学校招生划片范围，以电子邮件方式提供电子文本。",
    message_ids=frozenset({"<schools-1@mail.example>"}),
    sent_at=SENT_AT + timedelta(hours=1),
)
BOTH = (WATER, SCHOOLS)


def letter(**fields: Any) -> Message:
    """By default from a stranger, with nothing in it that points anywhere."""
    plain = {
        "sha256": "0" * 64,
        "message_id": "<x@yanan.test>",
        "subject": "答复",
        "sender": "clerk1975@qq.example",
        "reply_text": "您好，现答复如下：见附件。",
    }
    return Message(**{**plain, **fields})


def sent_from(mailbox: str, sent: Sequence[SentRequest]) -> SentLetters:
    return SentLetters(request for request in sent if request.mailbox == mailbox)


def match(message: Message, sent: Sequence[SentRequest] = BOTH, at: datetime = ARRIVED) -> Match:
    return match_message(message, at, sent_from(MAILBOX, sent))


def answered(message: Message, sent: Sequence[SentRequest] = BOTH) -> str | None:
    """The reference the message surely answers, None where it is held."""
    references = match(message, sent).references
    assert len(references) < 2
    return references[0] if references else None


FROM_WATER = {"sender": "xxgk@water.yanan.test"}
FROM_SCHOOLS = {"sender": "xxgk@schools.yanan.test"}
IN_WATERS_THREAD = {"thread_ids": ("<other@yanan.test>", "<water-1@mail.example>")}
QUOTING_WATER = {"quoted_text": f"> 内容描述：{WATER.text}\n> 申请人：王芳"}


# --- what decides -------------------------------------------------------------------------------------


def test_a_thread_header_that_names_our_letter_decides() -> None:
    assert answered(letter(**IN_WATERS_THREAD)) == "R-WATER"


def test_any_of_our_letters_of_a_request_can_be_the_one_named() -> None:
    assert answered(letter(thread_ids=("<water-2@mail.example>",))) == "R-WATER"


@pytest.mark.parametrize("address", sorted(WATER.unit_addresses))
def test_a_units_own_address_decides_where_it_has_one_request_of_this_mailbox(address: str) -> None:
    assert answered(letter(sender=address)) == "R-WATER"


def test_two_units_of_one_mail_domain_are_told_apart_by_their_whole_address() -> None:
    water = replace(WATER, unit_addresses=frozenset({"shuiwu@yanan.test"}))
    schools = replace(SCHOOLS, unit_addresses=frozenset({"jiaoyu@yanan.test"}))
    assert answered(letter(sender="jiaoyu@yanan.test"), (water, schools)) == "R-SCHOOLS"
    assert answered(letter(sender="bangongshi@yanan.test"), (water, schools)) is None


def test_an_address_that_two_asked_units_share_decides_nothing_alone() -> None:
    shared = frozenset({"xxgk@yanan.test"})
    sent = (replace(WATER, unit_addresses=shared), replace(SCHOOLS, unit_addresses=shared))
    from_shared = letter(sender="xxgk@yanan.test", reply_text="答复如下，不明之处请向市教育局咨询。")
    assert match(from_shared, sent).references == ()
    assert set(match(from_shared, sent).candidates) == {"R-WATER", "R-SCHOOLS"}
    assert answered(replace(from_shared, reply_text="答复如下。\n延安市水务局"), sent) == "R-WATER"
    assert answered(replace(from_shared, **IN_WATERS_THREAD), sent) == "R-WATER"
    assert answered(replace(from_shared, subject=f"关于“{SCHOOLS.title}”的答复"), sent) == "R-SCHOOLS"


def test_a_disclosure_request_and_a_consultation_to_one_unit_are_told_apart_by_what_is_quoted() -> None:
    consultation = replace(
        WATER,
        reference="R-WATER-C",
        title="城区自来水开户办理材料咨询",
        text="您好，请问城区新房自来水开户要到哪里办理、带什么材料？谢谢。",
        message_ids=frozenset({"<water-c@mail.example>"}),
        numbers=frozenset(),
    )
    sent = (WATER, consultation)
    assert answered(letter(**FROM_WATER), sent) is None
    assert (
        answered(letter(**FROM_WATER, reply_text=f"您咨询的“{consultation.title}”收悉。"), sent)
        == "R-WATER-C"
    )
    assert answered(letter(**FROM_WATER, thread_ids=("<water-c@mail.example>",)), sent) == "R-WATER-C"


@pytest.mark.parametrize("field", ["reply_text", "quoted_text", "subject"])
def test_the_text_of_our_request_decides_wherever_it_stands(field: str) -> None:
    assert answered(letter(**{field: WATER.text})) == "R-WATER"


def test_the_text_of_our_request_in_an_attachment_decides() -> None:
    paper = Attachment("答复书.docx", "application/x", "1" * 64, b"", f"您提出的申请：{WATER.text}")
    assert answered(letter(attachments=(paper,))) == "R-WATER"
    scan = replace(paper, text=None)
    assert answered(letter(attachments=(scan,))) is None


def test_a_clerks_private_address_decides_only_with_the_quoted_request() -> None:
    signed = "您好，答复见附件。\n延安市水务局 老高"
    assert answered(letter(reply_text=signed, **QUOTING_WATER)) == "R-WATER"
    held = match(letter(reply_text=signed))
    assert (held.references, held.candidates) == ((), ("R-WATER",))


def test_only_who_received_our_letter_repeats_its_whole_subject() -> None:
    repeated = letter(subject=f"回复：政府信息公开申请：{WATER.title}")
    assert match(repeated).clues == (Clue(ClueKind.REPEATED, "R-WATER"),)
    assert answered(repeated) == "R-WATER"
    twin = replace(SCHOOLS, title=WATER.title)
    assert answered(repeated, (WATER, twin)) is None


def test_a_title_from_a_stranger_only_makes_a_candidate() -> None:
    held = match(letter(subject=f"关于{WATER.title}"))
    assert (held.references, held.candidates) == ((), ("R-WATER",))
    assert held.clues == (Clue(ClueKind.TITLE, "R-WATER"),)


def test_a_stranger_who_names_the_applicant_and_the_whole_title_decides() -> None:
    sent = tuple(replace(request, applicant_name="王芳") for request in BOTH)
    assert answered(letter(reply_text=f"王芳：您申请的{WATER.title}见附件。"), sent) == "R-WATER"
    assert answered(letter(reply_text=f"您申请的{WATER.title}见附件。"), sent) is None


def test_a_newsletter_from_the_shared_domain_with_title_and_name_is_nobodys_answer() -> None:
    news = letter(
        sender="newsletter@yanan.test",
        sender_name="延安政务",
        subject="政务公开周报",
        reply_text=f"本周公开：{WATER.title}（市水务局）；全市一季度经济运行情况。",
        headers={"list-id": "<weekly.yanan.test>", "precedence": "bulk"},
    )
    assert answered(news) is None
    assert answered(replace(news, sender="newsletter@water.yanan.test")) is None


# --- what contradicts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "clue",
    [
        pytest.param({"thread_ids": ("<water-1@mail.example>",)}, id="thread"),
        pytest.param({"quoted_text": WATER.text}, id="quoted"),
        pytest.param({"reply_text": f"关于“{WATER.title}”"}, id="title"),
        pytest.param({"reply_text": "登记编号：SW-2020-00170"}, id="receipt-number"),
    ],
)
def test_another_asked_unit_that_answers_our_letter_is_held(clue: dict[str, Any]) -> None:
    held = match(letter(**FROM_SCHOOLS, **clue))
    assert held.references == ()
    assert set(held.candidates) == {"R-WATER", "R-SCHOOLS"}


@pytest.mark.parametrize(
    ("thread", "fields"),
    [
        pytest.param("<water-1@mail.example>", {"quoted_text": SCHOOLS.text}, id="quoted-text"),
        pytest.param("<water-1@mail.example>", {"reply_text": SCHOOLS.title}, id="title"),
        pytest.param("<schools-1@mail.example>", {"reply_text": "编号SW-2020-00170"}, id="receipt-number"),
    ],
)
@pytest.mark.parametrize(
    "sender", ["clerk1975@qq.example", "xxgk@water.yanan.test", "xxgk@schools.yanan.test"]
)
def test_a_thread_that_says_one_thing_and_a_text_that_says_another_is_held(
    thread: str, fields: dict[str, Any], sender: str
) -> None:
    held = match(letter(sender=sender, thread_ids=(thread,), **fields))
    assert held.references == ()
    assert set(held.candidates) == {"R-WATER", "R-SCHOOLS"}


def test_a_letter_that_names_two_of_our_letters_is_held_unless_the_sender_decides() -> None:
    ids = ("<water-1@mail.example>", "<schools-1@mail.example>")
    assert answered(letter(thread_ids=ids)) is None
    assert answered(letter(thread_ids=ids, **FROM_SCHOOLS)) == "R-SCHOOLS"


def test_one_question_asked_of_two_units_is_told_apart_by_the_sender_only() -> None:
    twin = replace(SCHOOLS, title=WATER.title, text=WATER.text)
    assert answered(letter(**QUOTING_WATER), (WATER, twin)) is None
    assert answered(letter(**QUOTING_WATER, **FROM_SCHOOLS), (WATER, twin)) == "R-SCHOOLS"


def test_a_title_that_contains_another_is_taken_whole() -> None:
    longer = replace(
        SCHOOLS, title=WATER.title + "审计报告", text="请提供该项目的审计报告全文和整改情况，谢谢。"
    )
    assert answered(letter(**FROM_WATER, reply_text=f"“{longer.title}”"), (WATER, longer)) is None
    assert answered(letter(**FROM_SCHOOLS, reply_text=f"“{longer.title}”"), (WATER, longer)) == "R-SCHOOLS"
    assert answered(letter(reply_text=f"“{longer.title}”"), (WATER, longer)) is None


# --- units that are spoken of -------------------------------------------------------------------------

REFERRALS = [
    "您申请的信息不属于本机关负责公开，建议您向延安市教育局提出申请，地址：延安市演练路88号。",
    "该事项不属于我单位职责范围，由延安市教育局负责，请向延安市教育局咨询，电话0911-0000012。",
    "请咨询市教育局",
    "请您直接与延安市教育局联系。",
]


@pytest.mark.parametrize("text", REFERRALS)
def test_an_asked_unit_that_refers_us_to_another_has_answered_its_own_request(text: str) -> None:
    assert answered(letter(**FROM_WATER, reply_text=text)) == "R-WATER"
    assert answered(letter(**FROM_WATER, reply_text=f"{text}\n延安市水务局\n2020年9月22日")) == "R-WATER"
    assert answered(letter(**IN_WATERS_THREAD, reply_text=text)) == "R-WATER"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"reply_text": "现答复如下：见附件。\n延安市教育局\n2020年9月22日"}, id="signature"),
        pytest.param({"sender_name": "延安市教育局办公室"}, id="sender-name"),
        pytest.param({"reply_text": "延安市\n教育局"}, id="name-over-two-lines"),
        pytest.param({"reply_text": "请向市教育局咨询。\n延安市教育局"}, id="referral-and-signature"),
        pytest.param({"reply_text": "市教育局：您向我局提出的申请收悉。"}, id="opening"),
    ],
)
@pytest.mark.parametrize(
    "clue", [FROM_WATER, IN_WATERS_THREAD, QUOTING_WATER], ids=["sender", "thread", "quoted"]
)
def test_a_letter_in_the_name_of_another_asked_unit_is_held(
    fields: dict[str, Any], clue: dict[str, Any]
) -> None:
    held = match(letter(**clue, **fields))
    assert held.references == ()
    assert set(held.candidates) == {"R-WATER", "R-SCHOOLS"}


def test_sender_and_thread_together_outweigh_a_name() -> None:
    signed = "延安市教育局"
    assert answered(letter(**FROM_WATER, **IN_WATERS_THREAD, reply_text=signed)) == "R-WATER"


def test_a_name_that_was_not_asked_or_that_we_do_not_know_contradicts_nothing() -> None:
    text = "现答复如下。\n延安市教育局"
    assert answered(letter(**FROM_WATER, reply_text=text), (WATER,)) == "R-WATER"
    assert (
        answered(letter(**FROM_WATER, reply_text=text), (WATER, replace(SCHOOLS, unit_name=""))) == "R-WATER"
    )


def test_a_unit_that_names_itself_may_speak_of_others() -> None:
    text = "我局已会同市教育局研究，现答复如下。\n延安市水务局"
    assert answered(letter(**FROM_WATER, reply_text=text)) == "R-WATER"


def test_a_unit_that_was_renamed_between_two_rounds_is_no_other_unit() -> None:
    renamed = replace(
        WATER, reference="R-NEW", unit_name="市水利局", message_ids=frozenset({"<new@mail.example>"})
    )
    signed = letter(**IN_WATERS_THREAD, reply_text="现答复如下。\n延安市水利局")
    assert answered(signed, (WATER, renamed)) == "R-WATER"


# --- receipt numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"reply_text": "编号SW-2020-00170的申请，现答复如下。\n延安市水务局"}, id="name"),
        pytest.param({"reply_text": f"编号SW-2020-00170，“{WATER.title}”"}, id="title"),
        pytest.param({"reply_text": "编号SW-2020-00170", **FROM_WATER}, id="sender"),
        pytest.param({"reply_text": "编号ＳＷ－２０２０－ＯＯ１７Ｏ", **FROM_WATER}, id="damaged"),
        pytest.param({"reply_text": "编号sw 2020 oOl7o。", **FROM_WATER}, id="look-alikes"),
    ],
)
def test_a_receipt_number_decides_beside_another_clue(fields: dict[str, Any]) -> None:
    found = match(letter(**fields))
    assert found.references == ("R-WATER",)
    assert Clue(ClueKind.NUMBER, "R-WATER") in found.clues


def test_a_receipt_number_decides_alone_unless_two_units_gave_the_same() -> None:
    cited = letter(reply_text="编号SW-2020-00170的申请，现答复如下。")
    assert answered(cited) == "R-WATER"
    assert answered(cited, (WATER, replace(SCHOOLS, numbers=WATER.numbers))) is None


@pytest.mark.parametrize(
    "text", ["编号20200012", "电话00123456", "A0012"], ids=["longer", "telephone", "letter"]
)
def test_a_receipt_number_inside_a_longer_one_is_not_there(text: str) -> None:
    short = replace(WATER, numbers=frozenset({"0012"}))
    assert ClueKind.NUMBER not in {clue.kind for clue in match(letter(reply_text=text), (short,)).clues}


@pytest.mark.parametrize("number", ["", "12", "012", "．-()"])
def test_a_receipt_number_that_could_be_anything_is_no_clue(number: str) -> None:
    vague = replace(WATER, numbers=frozenset({number}))
    assert match(letter(reply_text=f"第{number}号，共12页 012"), (vague,)).clues == ()


# --- damage -------------------------------------------------------------------------------------------

DAMAGED = {
    "full-width": WATER.text.replace("2019", "２０１９"),
    "look-alikes": WATER.text.replace("2019", "2OI9").replace("0", "o"),
    "quoted-lines": "\n".join(f"> > {WATER.text[n : n + 9]}" for n in range(0, len(WATER.text), 9)),
    "spaces": " ".join(WATER.text),
    "no-break-spaces": "\u00a0".join(WATER.text),
    "zero-width": "\u200b".join(WATER.text),
    "soft-hyphens-and-marks": "\u00ad".join(WATER.text) + "\ufeff",
    "other-punctuation": WATER.text.replace("，", ",").replace("。", "．"),
    "bold": "**" + WATER.text.replace("，", "**，__"),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_what_mail_programs_do_to_a_quotation_does_not_hide_it(text: str) -> None:
    assert answered(letter(quoted_text=text)) == "R-WATER"


@pytest.mark.parametrize(
    "title",
    [WATER.title.replace("2019", "２０ｌ９"), f"《{'_'.join(WATER.title)}》", "\u200b".join(WATER.title)],
)
def test_a_damaged_title_from_the_unit_is_still_its_title(title: str) -> None:
    clues = match(letter(**FROM_WATER, subject=title)).clues
    assert Clue(ClueKind.TITLE, "R-WATER") in clues


def test_another_year_is_another_title() -> None:
    found = match(letter(quoted_text=WATER.text.replace("2019", "2018")))
    assert found == Match()


def test_short_titles_and_texts_could_stand_in_any_letter() -> None:
    vague = replace(WATER, title="部门预算", text="请公开部门预算，谢谢")
    assert match(letter(reply_text=f"{vague.title} {vague.text}"), (vague,)) == Match()


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_spaces_quotation_marks_and_invisible_characters_fold_away(text: str) -> None:
    once = fold(text)
    assert not any(c.isspace() for c in once)
    assert once == fold(f" >{text}。\u200b")


# --- reports ------------------------------------------------------------------------------------------

FAILED = DeliveryReport("failed", "5.1.1", "xxgk@water.yanan.test")


def test_a_delivery_report_belongs_to_the_letter_it_returns() -> None:
    report = letter(
        sender="mailer-daemon@mail.example",
        returned_ids=("<water-1@mail.example>",),
        report=FAILED,
        reply_text="Delivery failed: 延安市教育局",
    )
    assert answered(report) == "R-WATER"
    assert answered(replace(report, returned_ids=("<someone@else.example>",))) is None


@pytest.mark.parametrize(
    "fields", [{"report": FAILED}, {"sender": "postmaster@yanan.test"}], ids=["report", "address"]
)
def test_a_report_from_an_address_of_another_asked_unit_belongs_to_the_letter_it_returns(
    fields: dict[str, Any],
) -> None:
    schools = replace(SCHOOLS, unit_addresses=frozenset({"xxgk@schools.yanan.test", "postmaster@yanan.test"}))
    report = letter(**{**FROM_SCHOOLS, **fields}, returned_ids=("<water-1@mail.example>",))
    assert answered(report, (WATER, schools)) == "R-WATER"


def test_a_report_that_returns_nothing_of_ours_is_nobodys() -> None:
    elsewhere = replace(FAILED, recipient="friend@private.example")
    report = letter(sender="mailer-daemon@mail.example", report=elsewhere, reply_text="延安市水务局")
    assert match(report).references == ()


# --- what cannot be an answer -------------------------------------------------------------------------


def test_nothing_can_answer_before_anything_was_sent() -> None:
    message = letter(**FROM_WATER, **IN_WATERS_THREAD, **QUOTING_WATER)
    assert match(message, (), ARRIVED) == Match()
    assert match(message, BOTH, SENT_AT - timedelta(days=1)) == Match()
    assert match(message, BOTH, SENT_AT - SKEW - timedelta(seconds=1)) == Match()


def test_a_server_whose_clock_is_a_little_behind_may_still_answer() -> None:
    assert match(letter(**FROM_WATER), BOTH, SENT_AT - timedelta(minutes=2)).references == ("R-WATER",)


def test_a_request_sent_afterwards_does_not_compete() -> None:
    again = replace(WATER, reference="R-LATER", sent_at=ARRIVED + timedelta(days=1))
    assert answered(letter(**FROM_WATER), (WATER, again)) == "R-WATER"


def test_an_answer_in_another_applicants_mailbox_is_not_ours() -> None:
    other = replace(WATER, mailbox="liming@mail.example")
    message = letter(**FROM_WATER, **IN_WATERS_THREAD, **QUOTING_WATER)
    assert match(message, (other,)) == Match()
    assert answered(message, (other, replace(WATER, reference="R-MINE"))) == "R-MINE"


def test_a_copy_of_our_own_letter_is_no_answer_and_nobodys_candidate() -> None:
    copy = letter(sender=MAILBOX, message_id="<water-1@mail.example>", reply_text=WATER.text)
    assert match(copy) == Match()


def test_what_the_applicant_sent_is_never_an_answer_but_may_forward_one() -> None:
    forwarded = match(letter(sender=MAILBOX, **IN_WATERS_THREAD, **QUOTING_WATER))
    assert (forwarded.references, forwarded.candidates) == ((), ("R-WATER",))


def test_a_letter_about_nothing_of_ours_has_no_candidates() -> None:
    assert match(letter(sender="shop@advert.example", subject="双十一大促", reply_text="全场五折")) == Match()


# --- candidates ---------------------------------------------------------------------------------------


def test_candidates_stand_by_the_weight_of_their_clues_and_then_the_newest_first() -> None:
    assert match(letter(**FROM_SCHOOLS, **IN_WATERS_THREAD)).candidates == ("R-WATER", "R-SCHOOLS")
    named = letter(reply_text="市水务局和市教育局")
    assert match(named).candidates == ("R-SCHOOLS", "R-WATER")


# --- algebra ------------------------------------------------------------------------------------------

moments = st.integers(-3, 3).map(lambda hours: SENT_AT + timedelta(hours=hours))
boxes = st.sampled_from([MAILBOX, "liming@mail.example"])
SCRAPS = [
    WATER.text,
    SCHOOLS.text,
    WATER.title,
    SCHOOLS.title,
    "市水务局",
    "请向市教育局咨询",
    "SW-2020-00170",
    "",
]


@st.composite
def requests(draw: st.DrawFn) -> list[SentRequest]:
    found = []
    for n in range(draw(st.integers(0, 4))):
        base = draw(st.sampled_from(BOTH))
        found.append(replace(base, reference=f"R{n}", mailbox=draw(boxes), sent_at=draw(moments)))
    return found


@st.composite
def letters(draw: st.DrawFn) -> Message:
    scrap = st.sampled_from(SCRAPS)
    addresses = [
        *WATER.unit_addresses,
        *SCHOOLS.unit_addresses,
        "clerk@qq.example",
        MAILBOX,
        "postmaster@a.test",
    ]
    ids = [*WATER.message_ids, *SCHOOLS.message_ids, "<x@y.test>"]
    return letter(
        sender=draw(st.sampled_from(sorted(addresses))),
        sender_name=draw(scrap),
        subject=draw(scrap),
        reply_text="\n".join(draw(st.lists(scrap, max_size=3))),
        quoted_text=draw(scrap),
        thread_ids=tuple(draw(st.lists(st.sampled_from(sorted(ids)), max_size=2))),
        returned_ids=tuple(draw(st.lists(st.sampled_from(sorted(ids)), max_size=1))),
        report=draw(st.sampled_from([None, FAILED])),
    )


@given(letters(), requests(), moments, boxes)
def test_a_match_was_sent_from_this_mailbox_before_and_explains_every_pointing_clue(
    message: Message, sent: list[SentRequest], arrived_at: datetime, mailbox: str
) -> None:
    found = match_message(message, arrived_at, sent_from(mailbox, sent))
    by_reference = {request.reference: request for request in sent}
    for reference in (*found.references, *found.candidates):
        assert by_reference[reference].mailbox == mailbox
        assert by_reference[reference].sent_at <= arrived_at + SKEW
    assert len(found.references) <= 1
    assert set(found.references) <= set(found.candidates)
    assert len(set(found.candidates)) == len(found.candidates)
    pointing = {ClueKind.THREAD, ClueKind.REPEATED, ClueKind.NUMBER, ClueKind.QUOTED, ClueKind.TITLE}
    for reference in found.references:
        assert {clue.kind for clue in found.clues} & pointing <= {
            clue.kind for clue in found.clues if clue.reference == reference
        }


@given(letters(), requests(), moments, st.randoms())
def test_the_order_of_requests_does_not_decide(
    message: Message, sent: list[SentRequest], arrived_at: datetime, chance: Any
) -> None:
    mixed = list(sent)
    chance.shuffle(mixed)
    first, second = (match_message(message, arrived_at, sent_from(MAILBOX, order)) for order in (sent, mixed))
    assert first.references == second.references
    assert set(first.candidates) == set(second.candidates)


@given(letters(), requests(), moments)
def test_requests_of_other_mailboxes_change_nothing(
    message: Message, sent: list[SentRequest], arrived_at: datetime
) -> None:
    own = [request for request in sent if request.mailbox == MAILBOX]
    assert match(message, sent, arrived_at) == match_message(message, arrived_at, SentLetters(own))


@given(letters(), requests(), moments)
def test_more_requests_never_turn_one_match_into_that_of_an_unrelated_request(
    message: Message, sent: list[SentRequest], arrived_at: datetime
) -> None:
    stranger = replace(
        WATER,
        reference="R-STRANGE",
        unit_id="strange",
        unit_name="市测绘局",
        unit_addresses=frozenset({"xxgk@maps.yanan.test"}),
        title="延安市2019年基础测绘成果目录清单",
        text="请公开延安市2019年基础测绘成果目录清单全文，谢谢。",
        message_ids=frozenset({"<maps-1@mail.example>"}),
        numbers=frozenset(),
    )
    alone = match(message, sent, arrived_at)
    assert match(message, [*sent, stranger], arrived_at) == alone
