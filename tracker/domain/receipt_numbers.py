"""The number a unit gave a request when it registered it: 登记编号：XX-2026-0012."""

import re
import unicodedata

from tracker.domain.message import Message

# Not the query code or password beside it: those open the applicant's page and are secrets.
_GIVEN = re.compile(
    r"(?:登记|受理|申请|回执|流水|信件|工单|办件|收件|业务|来信|件)(?:编号|编码|号码|单号|序号|号)"
    r"[为是:：\s]{0,4}[“\"【\[(（]?\s*"
    r"([A-Za-z\u4e00-\u9fff]{0,8}[\-〔\[(（【]?[A-Za-z0-9][A-Za-z0-9\-_/〔〕()（）\[\]【】]{2,30}(?:第?\d{1,8}号)?)"
)


def receipt_number(message: Message) -> str:
    """The first registration number in the writer's own text or papers, NFKC; "" if none is given."""
    for text in (message.reply_text, *(a.text or "" for a in message.attachments)):
        found = _GIVEN.search(unicodedata.normalize("NFKC", text[:5000]))
        if found and re.search(r"\d{3}", found[1]):
            return found[1].strip("([（【〔-_/").strip()
    return ""
