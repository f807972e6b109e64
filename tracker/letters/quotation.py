"""What a sender wrote anew, apart from what a mail program quoted below, above or between."""

import re

_RULED = re.compile(
    r"^[\s>]*[-_—－=─*~]{2,}\s*"
    r"(?:原始?邮件|邮件原件|原始信息|原始郵件|转发的?(?:邮件|信息)(?:信息)?|被转发邮件|回复邮件|回复的原邮件|"
    r"Original(?: Message)?|Forwarded(?: message)?|Forwarded by .{1,60}|Reply message)"
    r"\s*[-_—－=─*~]*\s*$",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(
    r"^\s*(?:Begin forwarded message|下面是被转发的邮件|以下是转发的邮件)\s*[:：]?\s*$", re.IGNORECASE
)
_BEGINNING = r"^\s*(?:On\b|At\b|(?:在|于)\s*\d|\d{4}|[^，。；！？]{1,60}于\s*\d)"
_WROTE_BEGINS = re.compile(_BEGINNING, re.IGNORECASE)
_WROTE = re.compile(_BEGINNING + r".{0,200}?(?:wrote|writes|写道|寫道|写到|来信)\s*[:：]$", re.IGNORECASE)
_TELLS_WHEN_OR_WHO = re.compile(r"\d{1,2}[:：/月.-]\d{1,2}|@")
_SENDER_FIELD = re.compile(r"^\W{0,4}(?:发件人|寄件者|寄件人|发送人|From)\W{0,3}\s*[:：]", re.IGNORECASE)
_OTHER_FIELD = re.compile(
    r"^\W{0,4}(?:发送时间|发送日期|发件时间|日\s*期|时\s*间|收件人|抄\s*送|主\s*题|主\s*旨|"
    r"Sent|Date|To|Cc|Subject)\W{0,3}\s*[:：]",
    re.IGNORECASE,
)
_MARKED = re.compile(r"^\s{0,3}[>＞|｜](?!=)")
# 163 puts the old header in a table: | 发件人 | … |
_TABLE_ROW = re.compile(
    r"^\s*\|\s*(?:发件人|(?:发送)?日期|发送时间|收件人|抄送人?|主题|From|Date|To|Cc|Subject)\s*\|",
    re.IGNORECASE,
)
_RULE_LINE = re.compile(r"^\s*[-_—─=*]{5,}\s*$")
_RESTATED_WITHIN = 20_000
# Letter boxes print the question above the answer; the question is a quotation too.
_RESTATED = re.compile(
    r"^[ \t【\[]*(?:您的)?(?:来信|信件|咨询|留言|提问|问题|诉求|申请)(?:内容|描述|正文)"
    r"[ \t】\]]*[:：]?.{0,5000}?"
    r"(?=^[ \t【\[]*(?:回复|答复|办理|处理|反馈)(?:内容|意见|结果|情况|单位|时间)?[ \t】\]]*[:：】\]])",
    re.MULTILINE | re.DOTALL,
)


def split_quotation(text: str) -> tuple[str, str]:
    """`(new, quoted)`: both stripped, each in its original order."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    new: list[str] = []
    quoted: list[str] = []
    position = 0
    while position < len(lines):
        header = _header_length(lines, position)
        if header and not _is_marked_next(lines, position + header):
            _drop_rule_line(new)
            quoted += lines[position:]
            break
        taken = header or 1
        target = quoted if header or _MARKED.match(lines[position]) else new
        target += lines[position : position + taken]
        position += taken
    return _take_out_restated("\n".join(new), "\n".join(quoted))


def _header_length(lines: list[str], position: int) -> int:
    """How many lines from `position` announce a quotation, 0 if none do."""
    line = lines[position]
    if _RULED.match(line) or _ANNOUNCED.match(line):
        return 1
    if _SENDER_FIELD.match(line):
        return _block_length(lines, position)
    if not line.strip():
        return 0
    is_begun = _WROTE_BEGINS.match(line) and _TELLS_WHEN_OR_WHO.search(line)
    for length in (1, 2, 3) if is_begun else (1,):  # long lines "On … wrote:" are wrapped
        joined = " ".join(lines[position : position + length]).rstrip()
        if joined.endswith((":", "：")) and _WROTE.match(joined) and _TELLS_WHEN_OR_WHO.search(joined):
            return length
    return 0


def _block_length(lines: list[str], position: int) -> int:
    block = [line for line in lines[position + 1 : position + 9] if line.strip()]
    fields = sum(1 for line in block[:6] if _OTHER_FIELD.match(line))
    return 1 if fields >= 2 else 0


def _is_marked_next(lines: list[str], position: int) -> bool:
    below = (lines[at] for at in range(position, len(lines)))
    following = next((line for line in below if line.strip() and not _TABLE_ROW.match(line)), "")
    return _MARKED.match(following) is not None


def _drop_rule_line(lines: list[str]) -> None:
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and _RULE_LINE.match(lines[-1]):
        lines.pop()


def _take_out_restated(new: str, quoted: str) -> tuple[str, str]:
    restated = _RESTATED.search(new[:_RESTATED_WITHIN])
    if restated:
        quoted = f"{restated[0]}\n{quoted}"
        new = new[: restated.start()] + new[restated.end() :]
    return new.strip(), quoted.strip()
