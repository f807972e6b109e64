"""The fields of decision letters, found where they stand."""

from datetime import date

import pytest

from tracker.domain.letter_fields import Citation, Field, LetterFields, Page, read_fields
from tracker.domain.remedy import Remedy, RemedyFit, read_remedy, remedy_fit
from tracker.domain.terms import Outcome

REFUSAL = """政府信息公开申请答复书
示司公开〔2026〕第5号

王芳女士：
本机关于2026年3月2日收到您提出的政府信息公开申请。经审查，您申请的会议纪要属于行政机关内部事务信息，根据《中华人民共和国政府信息公开条例》第十六条第一款、第三十六条第（三）项的规定，本机关决定不予公开。
如对本答复不服，应当自收到之日起60日内先向示例市人民政府申请行政复议；对复议决定不服的，可以自收到复议决定书之日起15日内提起行政诉讼。

示例市司法局（盖章）
二〇二六年三月二十五日"""

ELSEWHERE = """王芳：
您好，该信息不属于本机关负责公开，建议您向示例市财政局（地址：示例路1号，电话：0000-1234567）提出申请。
2026.3.9"""


def fields(text: str, *, is_file: bool = True) -> LetterFields:
    return read_fields([Page("", "见附件。"), Page("答复书.docx", text, is_file)])


def test_every_field_of_a_refusal_stands_with_its_place() -> None:
    found = fields(REFUSAL)
    assert found.title == Field("政府信息公开申请答复书", 1, 1)
    assert found.document_number == "示司公开〔2026〕第5号"
    assert found.addressee == Field("王芳", 1, 4)
    assert found.received_on == date(2026, 3, 2)
    assert found.decided == Field("二〇二六年三月二十五日", 1, 9)
    assert found.decided_on == date(2026, 3, 25)
    assert any("决定不予公开" in decision.text for decision in found.decisions)
    assert found.citations == (Citation(16), Citation(36, 3))
    assert found.reasons[0].text.startswith("您申请的会议纪要属于行政机关内部事务信息")
    assert found.remedy == Remedy(60, None, comes_after_review=True, names_suit=True)
    assert found.seal == Field("（盖章）", 1, 8)
    assert found.look_for_seal


def test_the_right_organ_stands_with_its_contact() -> None:
    found = fields(ELSEWHERE)
    assert found.right_organ == Field("示例市财政局", 1, 2)
    assert [contact.text for contact in found.contacts] == ["地址：示例路1号", "电话：0000-1234567"]
    assert found.decided_on == date(2026, 3, 9)


def test_a_mail_without_a_paper_has_no_seal_to_look_for() -> None:
    found = read_fields([Page("", "没有这个东西")])
    assert found == LetterFields()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026年3月5日", date(2026, 3, 5)),
        ("２０２６年３月５日", date(2026, 3, 5)),
        ("2026-03-05", date(2026, 3, 5)),
        ("2026.3.5", date(2026, 3, 5)),
        ("二〇二六年十二月三十一日", date(2026, 12, 31)),
        ("二○二六年十月二十日", date(2026, 10, 20)),
        ("2026年2月30日", None),
        ("3月5日", None),
    ],
)
def test_a_closing_date_in_the_shapes_offices_write(text: str, day: date | None) -> None:
    assert fields(f"示例市司法局\n{text}").decided_on == day


@pytest.mark.parametrize(
    ("text", "citation"),
    [
        ("第三十六条第（四）项", Citation(36, 4)),
        ("第36条第4项", Citation(36, 4)),
        ("第三十六条第一款第（二）项", Citation(36, 2)),
        ("第二十条", Citation(20)),
        ("第十条", Citation(10)),
    ],
)
def test_articles_are_read_with_their_item(text: str, citation: Citation) -> None:
    assert fields(f"根据《条例》{text}的规定。").citations == (citation,)


CHOICE = "如不服，可以自收到之日起60日内申请行政复议，或者六个月内提起行政诉讼。"
CHOICE_OF_THREE = "如不服，可以自收到之日起60日内申请行政复议，或者三个月内提起行政诉讼。"
FIRST = "如不服，60日内申请行政复议；对复议决定不服的，自收到复议决定书之日起15日内提起诉讼。"
R, D, N, P = Outcome.REFUSED, Outcome.DISCLOSED, Outcome.NOT_HELD, Outcome.PARTLY_DISCLOSED


@pytest.mark.parametrize(
    ("text", "outcome", "day", "fit"),
    [
        (CHOICE, R, date(2023, 12, 31), RemedyFit.FITS),
        (CHOICE, R, date(2024, 1, 1), RemedyFit.OUTDATED),
        (CHOICE, P, date(2026, 3, 1), RemedyFit.OUTDATED),
        (FIRST, R, date(2024, 1, 1), RemedyFit.FITS),
        (FIRST, P, date(2026, 3, 1), RemedyFit.FITS),
        (CHOICE, N, date(2026, 3, 1), RemedyFit.FITS),
        (FIRST, N, date(2026, 3, 1), RemedyFit.INCOMPLETE),
        (CHOICE_OF_THREE, N, date(2015, 4, 30), RemedyFit.FITS),
        (CHOICE_OF_THREE, N, date(2015, 5, 1), RemedyFit.INCOMPLETE),
        ("可在60日内申请行政复议。", N, date(2026, 3, 1), RemedyFit.INCOMPLETE),
        ("可依法申请行政复议或者提起行政诉讼。", N, date(2026, 3, 1), RemedyFit.INCOMPLETE),
        ("60日内可申请行政复议，也可提起行政诉讼。", R, date(2026, 3, 1), RemedyFit.INCOMPLETE),
        ("特此告知。", R, date(2026, 3, 1), RemedyFit.MISSING),
        ("特此告知。", D, date(2026, 3, 1), RemedyFit.NOT_REQUIRED),
        (CHOICE, D, date(2026, 3, 1), RemedyFit.FITS),
    ],
)
def test_a_remedy_notice_fits_the_law_of_its_day(
    text: str, outcome: Outcome, day: date, fit: RemedyFit
) -> None:
    assert remedy_fit(read_remedy(text), outcome, day) is fit
