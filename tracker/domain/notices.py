"""Numbers that a notice names: how many working days an extension grants."""

import re
import unicodedata

from tracker.domain.message import Message

_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUMBER = r"(\d{1,3}|[一二两三四五六七八九十]{1,3})"
_EXTENDED_BY = re.compile(
    rf"(?:延长|延期)(?:答复|办理|回复)?(?:期限)?(?:至多|最多|不超过)?{_NUMBER}个?工作日"
)


def extension_days(message: Message) -> int | None:
    """Working days an extension notice says it adds; None where it names none."""
    texts = [message.reply_text, *(attachment.text or "" for attachment in message.attachments)]
    folded = re.sub(r"\s", "", unicodedata.normalize("NFKC", "\n".join(texts)))
    found = _EXTENDED_BY.search(folded)
    return number(found[1]) if found else None


def number(text: str) -> int:
    """A number below 100 in Arabic or Chinese digits: 10, 十, 十五, 二十."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _DIGITS[ones]
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
