"""The number a unit gave a request when it registered it: 登记编号：XX-2026-0012."""

import re
import unicodedata
from collections.abc import Mapping

from tracker.domain.message import Message
from tracker.domain.topics import Words, pairs, spoken_of

# Not the query code or password beside it: those open the applicant's page and are secrets.
_GIVEN = re.compile(
    r"(?:登记|受理|申请|回执|流水|信件|工单|办件|收件|业务|来信|件)(?:编号|编码|号码|单号|序号|号)"
    r"[为是:：\s]{0,4}[“\"【\[(（]?\s*"
    r"([A-Za-z\u4e00-\u9fff]{0,8}[\-〔\[(（【]?[A-Za-z0-9][A-Za-z0-9\-_/〔〕()（）\[\]【】]{2,30}(?:第?\d{1,8}号)?)"
)


def receipt_numbers(message: Message, topics: Mapping[str, Words]) -> dict[str, str]:
    """The registration number given to each request (reference -> pairs of its topic), NFKC.

    For one request the first number in the writer's own text or papers; for several, one that stands
    in a line about that request alone.
    """
    if not topics:
        return {}
    texts = [message.reply_text, *(a.text or "" for a in message.attachments)]
    if len(topics) == 1:
        found = next(filter(None, map(_number_in, texts)), "")
        return {reference: found for reference in topics if found}
    given = {}
    for line in (line for text in texts for line in text.split("\n")):
        number = _number_in(line)
        about = spoken_of(pairs(line), topics) if number else []
        if len(about) == 1:
            given[about[0]] = number
    return given


def _number_in(text: str) -> str:
    found = _GIVEN.search(unicodedata.normalize("NFKC", text[:5000]))
    return found[1].strip("([（【〔-_/") if found and re.search(r"\d{3}", found[1]) else ""
