"""What a notice names: the working days it grants or gives; and what a person adds to it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.domain.folding import nfkc
from tracker.domain.message import Message
from tracker.domain.terms import MessageKind

_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUMBER = r"(\d{1,3}|[一二两三四五六七八九十]{1,3})"
_NAMED = {
    MessageKind.EXTENSION_NOTICE: re.compile(
        rf"(?:延长|延期)(?:答复|办理|回复)?(?:期限)?(?:至多|最多|不超过)?{_NUMBER}个?工作日"
    ),
    # "within N working days … correct"; not the law's own "within 7 working days … tell the applicant"
    MessageKind.CORRECTION_NOTICE: re.compile(
        rf"{_NUMBER}个?工作日(?:之?内|以内)(?:(?!告知|通知)[^。；;]){{0,25}}?(?:补正|补充|更正|修改|提交|提供|说明|回复)"
    ),
}


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    """What a person enters about a notice beside its kind; None and False: nothing."""

    days: int | None = None  # working days an extension grants or a correction notice gives
    ended_on: date | None = None  # of a third-party pause
    is_disputed: bool = False  # a correction notice found to be a pretext

    def payload(self) -> dict[str, Any]:
        """For the event: only what was said."""
        entries = {
            "days": self.days,
            "ended_on": self.ended_on.isoformat() if self.ended_on else None,
            "disputed": self.is_disputed or None,
        }
        return {name: value for name, value in entries.items() if value is not None}


NO_TERMS = NoticeTerms()


def days_named(message: Message, kind: MessageKind) -> int | None:
    """Working days an extension notice adds or a correction notice gives; None where it names none."""
    if kind not in _NAMED:
        return None
    texts = [message.reply_text, *(attachment.text or "" for attachment in message.attachments)]
    folded = re.sub(r"\s", "", nfkc("\n".join(texts)))
    found = _NAMED[kind].search(folded)
    return number(found[1]) if found else None


def number(text: str) -> int:
    """A number below 100 in Arabic or Chinese digits: 10, 十, 十五, 二十."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _DIGITS[ones]
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
