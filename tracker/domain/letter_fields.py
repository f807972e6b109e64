"""The fields of a decision letter, each as it stands there and where: what evaluators look for by form."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.domain.document_numbers import document_number
from tracker.domain.phrases import fold_text
from tracker.domain.remedy import Remedy, read_remedy

_CHINESE_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_DAY = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?")
_CHINESE_DAY = re.compile(
    r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日"
)
_TITLE = re.compile(r"^.{0,40}(?:答复书|告知书|决定书|通知书|答复|复函|告知|回复|回执)(?:函|书)?$")
_ADDRESSEE = re.compile(
    r"^(?:申请人[:：]?\s*)?(?:尊敬的)?([\u4e00-\u9fff·]{2,12}?(?:公司|事务所)?)(?:先生|女士|同志|小姐)?\s*[:：]"
)
_RECEIVED = re.compile(
    r"(?:于|在)?([^，。；;\n]{6,20}?日)[^。；;\n]{0,12}(?:收到|收悉|受理)|收到[^。；;\n]{0,30}"
)
_DECISION = re.compile(
    r"[^。；;\n]*(?:予以公开|不予公开|部分公开|不存在|不予提供|现提供|提供给|已主动公开|主动公开|不属于本|不予处理|不予重复"
    r"|不再(?:处理|重复)|区分处理|视为放弃|仍不明确|不作为|出版物|不负责公开|延长|补正|转交|转办)[^。；;\n]*"
)
_ARTICLE = re.compile(
    r"第?(?P<article>[一二三四五六七八九十百]{1,5}|\d{1,3})条(?:第[一二三四五\d]款)?"
    r"(?:第?[（(]?(?P<item>[一二三四五六七八九十]|\d{1,2})[）)]?项)?"
)
_REASON = re.compile(
    r"(?:因为?|由于|鉴于|经(?:审查|核查|检索|查|研究|核实|查阅|查找)[，,]?)([^。；;\n]{4,160}?)(?=[，,](?:故|因此|根据|依据|决定|本机关|我局|现)|[。；;\n])"
)
_ORGAN = re.compile(
    r"(?:建议|请|可以?)(?:您|你)?(?:直接|另行|分别)?(?:向|到|联系|咨询)\s*"
    r"([\u4e00-\u9fff（）()]{2,30}?(?:局|委员会|委|办公室|办|厅|中心|政府|街道办事处|法院|馆|公司|部门))"
    r"(?=[（(，,。；;\s]|提出|申请|查询|咨询|了解|获取|索取|反映)"
)
_CONTACT = re.compile(
    r"(?:(?:联系)?电话|地址|网址|邮箱|传真)[:：为是]?\s*[^，。；;）)\n]{3,60}|https?://[^\s，。；;）)]{4,200}"
)
_SEAL = re.compile(r"[（(\[【]?\s*(?:盖\s*章|印\s*章|公\s*章|加盖[^。]{0,6}章)\s*[）)\]】]?")


@dataclass(frozen=True, slots=True)
class Page:
    """A text of a letter as it stands there: the mail's own words first, then each attached letter."""

    name: str
    text: str
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """Verbatim, with its place: page 0 is the mail itself, n the nth attached letter; lines from 1."""

    text: str
    page: int
    line: int


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """An article as cited: `item` 0 where none is named."""

    article: int
    item: int = 0


@dataclass(frozen=True, slots=True)
class LetterFields:
    """What stands in a letter; None or empty where it does not. `look_for_seal`: a person has to see the paper."""

    title: Field | None = None
    document_number: str = ""
    addressee: Field | None = None
    received: Field | None = None
    received_on: date | None = None
    decided: Field | None = None
    decided_on: date | None = None
    decisions: tuple[Field, ...] = ()
    citations: tuple[Citation, ...] = ()
    reasons: tuple[Field, ...] = ()
    right_organ: Field | None = None
    contacts: tuple[Field, ...] = ()
    remedy: Remedy | None = None
    seal: Field | None = None
    look_for_seal: bool = False


def read_fields(pages: Sequence[Page]) -> LetterFields:
    """Read a letter's fields from its pages."""
    lines = list(_lines(pages))
    received = _first(lines, _RECEIVED)
    decided = _closing(lines)
    right_organ = _first(lines, _ORGAN, 1)
    return LetterFields(
        title=_first(lines, _TITLE),
        document_number=document_number([page.text for page in pages]),
        addressee=_first(lines, _ADDRESSEE, 1),
        received=received,
        received_on=_day_in(received.text) if received else None,
        decided=decided,
        decided_on=_day_in(decided.text) if decided else None,
        decisions=tuple(_all(lines, _DECISION)),
        citations=tuple(dict.fromkeys(_citations(pages))),
        reasons=tuple(_all(lines, _REASON, 1)),
        right_organ=right_organ,
        contacts=tuple(_all(lines, _CONTACT)),
        remedy=read_remedy("。".join(fold_text(page.text) for page in pages)),
        seal=_first(lines, _SEAL),
        look_for_seal=any(page.is_file for page in pages),
    )


def _lines(pages: Sequence[Page]) -> Iterator[Field]:
    for place, page in enumerate(pages):
        for number, line in enumerate(page.text.split("\n"), 1):
            if line.strip():
                yield Field(line.strip(), place, number)


def _all(lines: Sequence[Field], pattern: re.Pattern[str], group: int = 0) -> Iterator[Field]:
    for line in lines:
        for found in pattern.finditer(line.text):
            yield Field(found[group].strip(), line.page, line.line)


def _first(lines: Sequence[Field], pattern: re.Pattern[str], group: int = 0) -> Field | None:
    return next(_all(lines, pattern, group), None)


def _closing(lines: Sequence[Field]) -> Field | None:
    """The last date that stands alone in its line: the one under the signature."""
    alone = [line for line in lines if _day_in(line.text) and len(re.sub(r"\s", "", line.text)) <= 14]
    return alone[-1] if alone else None


def _day_in(text: str) -> date | None:
    folded = unicodedata.normalize("NFKC", text)
    found = _DAY.search(folded)
    numbers = [int(n) for n in found.groups()] if found else _chinese_day(folded)
    try:
        return date(*numbers) if numbers else None
    except ValueError:  # 2026年2月30日
        return None


def _chinese_day(text: str) -> list[int]:
    found = _CHINESE_DAY.search(text)
    if found is None:
        return []
    return [int(found[1].translate(_CHINESE_DIGITS)), _chinese_number(found[2]), _chinese_number(found[3])]


def _chinese_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    units = int(ones.translate(_CHINESE_DIGITS)) if ones else 0
    return units + (10 * (int(tens.translate(_CHINESE_DIGITS)) if tens else 1) if ten else 0)


def _citations(pages: Sequence[Page]) -> Iterator[Citation]:
    for page in pages:
        for found in _ARTICLE.finditer(fold_text(page.text)):
            if "百" not in found["article"]:
                item = _chinese_number(found["item"]) if found["item"] else 0
                yield Citation(_chinese_number(found["article"]), item)
