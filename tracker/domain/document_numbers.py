"""The document number (文号) of a letter, in the shapes offices use: 延司公开〔2020〕第5号."""

import re
from collections.abc import Sequence

from tracker.domain.folding import nfkc

_NUMBER = re.compile(
    r"(?P<office>[\u4e00-\u9fffA-Za-z]{2,24}) ?[〔\[(【〈] ?(?:19|20)\d\d ?年? ?[〕\])】〉] ?"
    r"(?:第 ?)?\d{1,6} ?号(?: ?- ?[\u4e00-\u9fff\d]{1,6})?"
)
_END = re.compile(r"\d ?号")
_DASHES = str.maketrans("—–―", "---")
_LEAD = re.compile(
    r"^.*?(?:文号|(?:登记)?编号|字号|登记|号(?=[是为])|现将|作出的?|发出的?|出具的?|详见|根据|我局|本机关)[为是:]?(?=.{2})"
)
# A number inside a sentence is this letter's own only if its office part says what such letters are.
_OWN = re.compile(r"(?:公开|告知?|复|答|补|延|信|依申请|函|回|受|政公)$")
_CITED = re.compile(r"根据|按照|依据|依照|国(?:办|发|函|务院|令)")


def document_number(pages: Sequence[str]) -> str:
    """The letter's own number, NFKC without spaces; "" if none is surely its own.

    A number that stands alone on its line wins; numbers of laws and of what was asked do not count.
    """
    lines = [line for page in pages for line in _lines(page)]
    for line in lines:
        alone = _NUMBER.fullmatch(re.sub(r"^(?:文|编|字)号:? ?", "", line))
        if alone:
            return _tidy(alone[0])
    for line in lines:
        for found in _NUMBER.finditer(line):
            number = _tidy(found[0])
            if _OWN.search(_LEAD.sub("", found["office"])) and not _is_cited(line, found):
                return number
    return ""


def _lines(page: str) -> list[str]:
    """Those that may hold a number."""
    lines = (line for line in nfkc(page).split("\n") if _END.search(line))
    return [re.sub(r"[^\S\n]+", " ", line.translate(_DASHES)).strip() for line in lines]


def _is_cited(line: str, found: re.Match[str]) -> bool:
    """Whether it is a law's number, follows a title or stands in brackets: 《…》(延政发〔2020〕3号)."""
    before = line[: found.start()].rstrip()
    return before.endswith(("》", "(")) or _CITED.search(found["office"]) is not None


def _tidy(number: str) -> str:
    return _LEAD.sub("", number.replace(" ", ""))
