"""The numbers units give to requests when they register them, and how letters cite them later."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tracker.domain.folding import nfkc
from tracker.domain.message import Message
from tracker.domain.topics import Words, in_order, pairs, spoken_of

_LONGEST = 5_000  # characters of a text in which a number is given
_OFFICIAL = r"[A-Za-z\u4e00-\u9fff]{1,12}[〔\[(（【](?:19|20)\d\d[〕\])）】]第?\d{1,6}号"
_YEAR_FIRST = r"[〔\[(【](?:19|20)\d\d[〕\])】][\u4e00-\u9fff]{2,12}第?\d{1,6}号"
_BY_YEAR = r"[A-Za-z\u4e00-\u9fff]{0,10}-?(?:20)?\d\d-\d{1,6}"
_FREE = r"(?:[A-Za-z\u4e00-\u9fff]{1,8}-){0,2}[A-Za-z\u4e00-\u9fff]{0,8}[\-〔\[(（【]?[A-Za-z0-9][A-Za-z0-9\-_/〔〕()（）\[\]【】]{2,30}(?:第?\d{1,8}号)?"
_SHORT = r"(?![分全为是])[A-Za-z\u4e00-\u9fff]{1,8}-?\d{1,6}"
_OF_REGISTER = r"[\u4e00-\u9fff]{1,7}[依公申开信受登](?:\d{1,6}号|[〔\[(【]20\d\d[〕\])】]\d{1,6}号?)"
_OF_SYSTEM = r"[A-Z]{2,8}-\d{2,8}"
# Not the query code or password beside it: those open the applicant's page and are secrets.
_GIVEN = re.compile(
    rf"(?:(?:登记|受理|申请|回执|流水|信件|工单|办件|收件|业务|来信|来件|件)(?:编号|编码|号码|单号|序号|号)|(?<!\w)(?:编号|号(?=[是为])))"
    rf"(?:分别)?[为是:：\s]{{0,4}}(?:({_YEAR_FIRST})|[“\"【\[(（]?\s*({_OFFICIAL}|{_FREE}))"
    rf"|(?:编(?:号|为|成|是)|登记为)(?:分别|全称)?[为是]?[，,：:\s]{{0,2}}({_OFFICIAL}|{_BY_YEAR}|{_SHORT}号?)|编\s?((?:20)?\d\d-\d{{1,6}}|{_OFFICIAL}|[A-Z]{{2,8}}\d{{2,8}}-\d{{1,6}})|生成工单({_FREE})|(?:登了|那[件份个]是|一件:)({_BY_YEAR}|{_OFFICIAL})|登记(第\d{{1,6}}号)"
    rf"|(?:收到|登记|收件|受理)了?[，,:：]\s*(?!编|[\u4e00-\u9fff]{{0,4}}[号为])({_OF_REGISTER})"
    rf"|—({_OFFICIAL}|{_BY_YEAR})|(?:登记为?|(?<![文号依据])为)[，,：:\s]{{0,2}}(?![\u4e00-\u9fff]{{0,6}}[号为])({_OFFICIAL}|{_BY_YEAR}|{_OF_SYSTEM})"
)
_COULD_BE_NUMBER = re.compile(r"^(?!20\d\d$)(?:.*\d{3}|.*[A-Za-z\u4e00-\u9fff].*\d|\d\d-\d)")
_SENTENCE_END = re.compile(r"[。;；\n]")
_NEXT = re.compile(rf"[、和及与]({_OFFICIAL}|{_BY_YEAR}|{_FREE})")
_SHORT_NUMBER = re.compile(r"([A-Za-z\u4e00-\u9fff]{1,8}-?)\d{1,6}号?")  # 竹公8
_FOLLOWING = re.compile(r"[编为][号成]?[为是]?(\d{1,6})号")  # …〔2026〕14号，资金安排一件编为15号
_OF_OFFICE = re.compile(r"([\u4e00-\u9fff]{3,12})[〔\[(【]20\d\d[〕\])】]第?(\d{1,6})号?")
_LONG_SERIAL = 4  # digits: so many at the end of a longer number are cited for it
# …〔2026〕11号为2024年分配方案, …〔2026〕7号（2024年度）、…
_NUMBER_FIRST = re.compile(
    rf"({_OFFICIAL}|{_BY_YEAR}|{_OF_SYSTEM})(?:(?:是|为|:)([^,;。\n〔\[【]{{4,40}})|\(([^()\n]{{2,24}})\)|[ \t]+([^\s,;。]{{4,40}})$)"
)
_SHORT_AFTER = re.compile(rf"({_OFFICIAL}|{_BY_YEAR})(\([^()\n]{{2,24}}\))[、,](\d{{1,6}})号(?=\()")
_LISTS = re.compile(r"登记|编号|编为|受理|收到|^\s*\d[.、)]")
_LED_BY = re.compile(r"^.*(?:编号|登记|号)?(?:分别)?(?:为|是)|^.*(?:分别)?登记|^.*编号")
_SETTLED = re.compile(
    r"[^，。；;：:\n]{2,24}\d号?件?已(?:经|于[^，。；;\n]{2,10})?(?:作出|答复|办结|回复)[^，。；;\n]*"
)
_SERIAL = re.compile(r"\d+(?=号?$)")
# A bare serial, where it is not a day, a house or a law: 3号件, （15号）, 编号18, 04、05两件, 2026-4号
_CITED = re.compile(
    r"(?<![\d.月〕\])】年])\d{1,6}号?(?:(?:、|(?<=号))\d{1,6}号?)*(?:(?<=号)(?:一块|一起|一并|件?的?(?:申请|来信|信|件|答复|登记|补正|延期|事项|文书|文|函|告知|通知|从|自|已)|\))|[两二]件)"
    r"|(?<![\d.月])\d{1,6}号(?=的事|$)|编号\d{1,6}(?!\d)|(?:第|\(|(?<=-))\d{1,6}号|\(\d{1,6}\)号",
    re.MULTILINE,
)
_CITED_BY_YEAR = re.compile(r"(?<![A-Za-z\u4e00-\u9fff])[〔\[(【]20\d\d[〕\])】]第?(\d{1,6})号")  # (2026)10号


def receipt_numbers(message: Message, topics: Mapping[str, Words]) -> dict[str, str]:
    """The registration number given to each request (reference -> words of what was asked), NFKC.

    For one request the first number in the writer's own text or papers; for several, the one before the words
    that tell that request from the others, or after them in one sentence (several in the order of those words).
    """
    if not topics:
        return {}
    texts = [message.reply_text, *(a.text or "" for a in message.attachments)]
    told = _told_after(_numbers_first("\n".join(texts)), topics)
    if told:
        return told
    given = [found for text in texts for found in _given(text)]
    if len(topics) == 1:
        return {reference: given[0].numbers[0] for reference in topics if given}
    for words, numbers in given:
        words = _SENTENCE_END.split(words)[-1]
        about = spoken_of(pairs(words), topics, is_loosely=True)
        if len(about) == len(numbers):
            told = dict(zip(in_order(words, about, topics), numbers, strict=True)) | told
    return told


def _told_after(listed: list[tuple[str, str]], topics: Mapping[str, Words]) -> dict[str, str]:
    """Where each number stands before the words of what it was given to; the last goes to what is left."""
    told: dict[str, str] = {}
    for number, words in listed:
        about = spoken_of(pairs(words), topics, is_loosely=True)
        if len(about) == 1:
            told[about[0]] = number
    left = [reference for reference in topics if reference not in told]
    free = [number for number, _ in listed if number not in told.values()]
    return told | {left[0]: free[0]} if told and len(left) == len(free) == 1 else told


def _numbers_first(text: str) -> list[tuple[str, str]]:
    """(number, words after it), as a list of several is written."""
    sentences = _SENTENCE_END.split(_SHORT_AFTER.sub(_in_full, nfkc(text[:_LONGEST])))
    found = [
        each for sentence in sentences if _LISTS.search(sentence) for each in _NUMBER_FIRST.findall(sentence)
    ]
    named = [(_LED_BY.sub("", number), "".join(words)) for number, *words in found]
    return named if len(named) > 1 else []


def _in_full(found: re.Match[str]) -> str:
    """…〔2026〕5号(2025年)、6号(2024年) with both numbers written out."""
    return f"{found[1]}{found[2]}、{_SERIAL.sub(found[3], found[1])}"


def _next_of(number: str) -> re.Pattern[str]:
    short = _SHORT_NUMBER.fullmatch(number)
    return re.compile(rf"[、和及与]({short[1]}\d{{1,6}}号?)") if short else _NEXT


def numbers_given(text: str) -> frozenset[str]:
    listed = (number for number, _ in _numbers_first(text))
    return frozenset(number for found in _given(text) for number in found.numbers).union(listed)


def ends_in(number: str, serials: frozenset[str]) -> bool:
    """Whether one of these is what a short citation keeps of a number: 15 of 澄住建依申〔2026〕15号, 0031 of ZR26050031."""
    found = _SERIAL.search(nfkc(number))
    if not found:
        return False
    digits = found[0]
    return digits.lstrip("0") in serials or any(
        digits.endswith(each) for each in serials if len(each) >= _LONG_SERIAL
    )


def short_number(number: str) -> str:
    """As offices cite a number among themselves: 青农公开12号 for 青农公开〔2026〕12号; "" where it is none of theirs."""
    found = _OF_OFFICE.fullmatch(nfkc(number))
    return f"{found[1]}{int(found[2])}号" if found else ""


def serials_cited(text: str) -> frozenset[str]:
    """The serials by which a letter speaks of numbers given before, as written and without leading zeros."""
    folded = nfkc(text)
    written = [*re.findall(r"\d+", "\n".join(_CITED.findall(folded))), *_CITED_BY_YEAR.findall(folded)]
    return frozenset([*written, *(each.lstrip("0") for each in written)])


def without_settled_numbers(text: str) -> str:
    """Without the numbers of what is only said to be decided already: 2026-9已于6月9日作出决定，…"""
    return _SETTLED.sub("", text)


class _Given(NamedTuple):
    words: str  # that stand before, since the number before
    numbers: tuple[str, ...]  # more than one where they are listed


def _given(text: str) -> Iterator[_Given]:
    folded = nfkc(text[:_LONGEST])
    start = 0
    while found := _GIVEN.search(folded, start):
        numbers = [next(filter(None, found.groups()))]
        end = found.end()
        while listed := _next_of(numbers[0]).match(folded, end):
            numbers.append(listed[1])
            end = listed.end()
        numbers = [number.rstrip("([（【〔-_/") for number in numbers]
        if _COULD_BE_NUMBER.search(numbers[0]):
            yield _Given(folded[start : found.start()], tuple(numbers))
            following = _FOLLOWING.search(folded, end)
            if following and not _GIVEN.search(folded, end):
                yield _Given(folded[end : following.start()], (_SERIAL.sub(following[1], numbers[-1]),))
        start = end
