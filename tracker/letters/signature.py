"""What stands below a letter by itself: signatures, disclaimers, a mail program's own line."""

import re

_DELIMITER = re.compile(r"^--\s?$")
_RULE = re.compile(r"^[-_—]{6,}$")  # Foxmail
_SENT_FROM = re.compile(
    r"^(?:发自我的|发自|来自|从)\s*.{0,20}(?:iPhone|iPad|华为|小米|荣耀|OPPO|vivo|手机|邮箱|Outlook|客户端|邮件大师|邮箱大师).{0,12}$"
    r"|^Sent from .{1,40}$|^Get Outlook for .{1,20}$|^获取\s*Outlook.{0,20}$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^\W{0,6}(?:本(?:电子)?邮件(?:及其?(?:任何)?附件)?(?:包含|含有|所载|可能|内容|仅供|属)|"
    r"(?:保密|免责)(?:声明|提示)|此(?:电子)?邮件(?:及其?附件)?(?:包含|含有|可能|仅)|"
    r"This (?:e-?mail|message)(?: and any (?:attachments?|files?)[^.]{0,60})? (?:is|are|may|contains?)\b|"
    r"(?:Confidentiality|Disclaimer)\b)",
    re.IGNORECASE,
)
_LONGEST_BLOCK = 12  # lines that are not blank
_LAST_LINES = 40  # in which such a block can begin
_CONTACT = re.compile(r"电\s*话|手\s*机|传\s*真|邮\s*箱|地\s*址|Tel|Phone|@", re.IGNORECASE)
_SPEAKS = re.compile(r"[。？！?!]|请|您|你|申请|答复")  # to a reader: no signature does


def split_signature(text: str) -> tuple[str, str]:
    """`(said, signature)`, both stripped; only what surely says nothing of the matter is a signature."""
    lines = text.split("\n")
    start = min(_starts(lines), default=len(lines))
    while start and (not lines[start - 1].strip() or _SENT_FROM.match(lines[start - 1].strip())):
        start -= 1
    said = "\n".join(lines[:start]).strip()
    return (said, "\n".join(lines[start:]).strip()) if said else (text.strip(), "")


def _starts(lines: list[str]) -> list[int]:
    """The places from which on nothing but signature follows."""
    found = [place for place, line in enumerate(lines) if _DISCLAIMER.match(line)]
    for place in range(max(len(lines) - _LAST_LINES, 0), len(lines)):
        is_rule = _DELIMITER.match(lines[place]) or _RULE.match(lines[place].strip())
        if is_rule and _is_card(lines[place + 1 :]):
            found.append(place)
    return found


def _is_card(lines: list[str]) -> bool:
    """Whether lines are name, office and ways to reach them, and say nothing to anybody."""
    block = "\n".join(line for line in lines if line.strip())
    is_short = block.count("\n") < _LONGEST_BLOCK
    return is_short and _CONTACT.search(block) is not None and _SPEAKS.search(block) is None
