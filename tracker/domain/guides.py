"""The channels a guide page (政府信息公开指南) announces, and the rating a consultation page offers.

Everything found is a proposal with its snippet: a person confirms it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tracker.domain.folding import fold
from tracker.domain.terms import ChannelKind

K = ChannelKind
_SNIPPET, _BEFORE = 80, 24


@dataclass(frozen=True, slots=True)
class Announcement:
    channel: ChannelKind
    value: str  # an address with its postcode, a number with its area code, a URL or the words of a link
    snippet: str
    hours: str = ""  # of the desk and the telephone


@dataclass(frozen=True, slots=True)
class RatingOffer:
    grades: tuple[str, ...]
    snippet: str
    has_control: bool
    obstacle: str = ""  # why nobody can rate now, in the page's words: 请登录后评价

    @property
    def looks_usable(self) -> bool:
        return self.has_control and not self.obstacle


# --- the page's text in one form, every character where it was ------------------------------------------

_DASHES = dict.fromkeys(map(ord, "—–―−‐－"), "-")
_NAMES = (
    r"(?:电 *话|热线|传 *真|邮 *编|邮 *政 *编 *码|号码|邮 *箱|信 *箱|邮件|e-?mail|地 *址|地 *点|时 *间|网 *址"
    r"|[收联] *[件系] *人)"
)
_LABEL = rf"[\u4e00-\u9fff /]{{0,6}}{_NAMES}(?:\([^)\d]{{0,9}}\))? *[:|为]"
_LONE_LABEL = re.compile(
    rf"^( *[\u4e00-\u9fff]{{0,4}}{_NAMES}(?:\([^)\d]{{0,9}}\))? *:?)\n(?!\n| *{_LABEL}|[^\n]{{0,6}}{_NAMES} *$)",
    re.M | re.I,
)
_HOURS_GO_ON = re.compile(r"(时间[^\n。]{1,60})\n(?= *(?:上午|下午|夏季|冬季|周|星期))")


def _folded(text: str) -> str:
    wide = (unicodedata.normalize("NFKC", char) for char in text.translate(_DASHES))
    plain = "".join(new if len(new) == 1 else old for old, new in zip(text, wide, strict=True))
    plain = re.sub(r"[^\S\n]", " ", plain.translate(_DASHES))
    return _HOURS_GO_ON.sub(r"\1 ", _LONE_LABEL.sub(r"\1 ", plain))


def _shown(text: str) -> str:
    """With the page's own punctuation, but plain digits and letters."""
    narrow = [unicodedata.normalize("NFKC", c) if c.isalnum() and c.isascii() is False else c for c in text]
    return re.sub(r"\s+", " ", "".join(narrow)).strip(" ：:")


def _snippet(text: str, start: int, end: int) -> str:
    start = max(0, min(start - _BEFORE, end - _SNIPPET))
    return re.sub(r"\s+", " ", text[start : start + _SNIPPET]).strip()


# --- what is of others: supervisors, courts, archives, subordinate units, the site's host -----------------

_FOOTER = re.compile(
    r"^ *(?:主办|承办)(?:单位)? *:|版权所有|网站标识码|ICP备|公网安备|技术支持|copyright", re.I
)
_HEADS = (
    re.compile(r" *(?:[一二三四五六七八九十]+ *、|第[一二三四五六七八九十]+[章节部条]|[【▲■◆●★])"),
    re.compile(r" *\([一二三四五六七八九十]+\)"),
    re.compile(r" *\(?\d{1,2}(?:[.、)](?!\d)|\))"),
)
_OTHERS_HEAD = re.compile(
    r"监督|救济|投诉|举报|复议|诉讼|查阅(?:点|场所|室)|档案馆|图书馆|网点"
    r"|(?:所属|下属|局属|下设|直属|二级)[^,。]{0,6}(?:单位|机构|部门)|各(?:乡|镇|街道|单位|部门|科室)"
)
_OWN_HEAD = re.compile(r"咨询|受理|申请|联系(?!.*单位)|工作机构")
_OTHERS = re.compile(
    r"复议|诉讼|法院|信访|投诉|举报|技术支持|查阅(?:点|场所|室)|档案馆|图书馆|监督(?:机构|部门|机关|单位)"
)
_OTHERS_LABEL = re.compile(
    r"[\u4e00-\u9fff]*(?:监督|投诉|举报|信访)[\u4e00-\u9fff]{0,4}(?:电话|热线|邮箱|信箱|传真|地址)"
)
_CONTACT = re.compile(
    rf" *[(]?(?!.{{0,4}}(?:咨询|受理|办公|申请))[\u4e00-\u9fff]{{0,4}}{_NAMES}(?:\([^)]*\))? *[:|为 ]"
)


def _own(plain: str) -> str:
    """The text with everything that is of others blanked out, at the same length."""
    kept, outside, follows = [], 0, False
    for line in plain.split("\n"):
        if _FOOTER.search(line):
            break
        outside = _outside(line, outside)
        if outside:
            kept.append(" " * len(line))
            continue
        parts = []
        for sentence in re.findall(r"[^。;]*[。;]|[^。;]+", line):
            follows = _is_of_others(sentence) or (follows and _CONTACT.match(sentence) is not None)
            parts.append(" " * len(sentence) if follows else sentence)
        kept.append("".join(parts))
    return "\n".join(kept).ljust(len(plain))


def _outside(line: str, outside: int) -> int:
    """The level of the heading of others that the line stands under; 0 for none."""
    level = next((n for n, head in enumerate(_HEADS, start=1) if head.match(line)), 0)
    head = re.split(r"[。:;,]", line)[0]
    if not level and (len(line.strip()) > 14 or re.search(r"[\d:。,;]", line)):
        return outside
    if _OTHERS_HEAD.search(head) and not _OWN_HEAD.search(head):
        return outside if outside and level > outside else level or 3
    is_over = level <= outside if level else _OWN_HEAD.search(head) is not None
    return 0 if is_over else outside


def _is_of_others(sentence: str) -> bool:
    return _OTHERS.search(_OTHERS_LABEL.sub("", sentence)) is not None


# --- what the page says it does not accept ----------------------------------------------------------------

_WORDS = {
    K.EMAIL: re.compile(r"电子邮[件箱]|电子信箱|邮箱|e-?mail|邮件(?!夹)", re.I),
    K.WEB_FORM: re.compile(r"网上|在线|线上|互联网|网络"),
    K.POST: re.compile(r"邮寄|信函|邮政|信件|来信|写信"),
    K.FAX: re.compile(r"传 *真"),
    K.PHONE: re.compile(r"电话|来电"),
    K.IN_PERSON: re.compile(r"当面|现场|上门|来访"),
}
_REFUSED = re.compile(
    r"(?:不|未|没有|停止|取消)(?:再|予|直接|单独|能)?(?:受理|接受|接收|开通|开设|提供|支持|设立|设置|办理)"
)
_CONDITIONED = re.compile(r"未(?:注明|标注|按|附|签|署|提供)|不(?:符|全|齐|完整|明确)|逾期|到付|匿名|境外|无法")
_NOT_REQUESTS = re.compile(r"信访|投诉|举报|夹寄")


def denied_channels(text: str) -> frozenset[ChannelKind]:
    """Channels by which the page says that nobody can apply."""
    plain = _folded(text)
    denied = {kind for clause in _refusals(plain) for kind, word in _WORDS.items() if word.search(clause)}
    return frozenset(denied)


def _refusals(plain: str) -> Iterator[str]:
    for sentence in re.split(r"[。;!\n]", plain):
        for found in _REFUSED.finditer(sentence):
            before = re.split(r"[,()]", sentence[: found.start()])
            after = re.split(r"[,()]", sentence[found.end() :])[0]
            if _CONDITIONED.search(before[-1] + after) or _NOT_REQUESTS.search(after):
                continue
            named = [part for part in (after, before[-1]) if any(w.search(part) for w in _WORDS.values())]
            spoken_of = [part for part in before[-2:-1] if re.search(r"[该此]", part)]
            yield from (named or spoken_of)[:1]


# --- numbers and e-mail addresses -------------------------------------------------------------------------

_AREA = r"\(?(?:\+?86[- ]?)?(0\d{2,3})\)?[- ]{0,3}"
_NUMBER = (
    rf"(?:400[- ]?\d{{3,4}}[- ]?\d{{3,4}}|1[3-9]\d{{9}}|(?:{_AREA})?[2-9]\d{{6,7}}(?:(?:-|转 ?)\d{{2,5}})?)"
)
_RUN = re.compile(rf"(?<![\d.-])(?:{_NUMBER}(?:[、,/或和 ]{{1,3}}{_NUMBER})*|9\d{{4}}|1[0-9]{{4}})(?!\d)")
_EMAIL = re.compile(
    r"(?<![\w/.-])([a-z0-9][a-z0-9._+-]*) ?(?:[@#*☆★]|[(\[【{](?:at|a|@|#)[)\]】}]| at ) ?"
    r"([a-z0-9-]+(?: ?\. ?[a-z0-9-]+)+)",
    re.I | re.A,
)
_NOBODYS = re.compile(
    r"监督|投诉|举报|技术|维护|值班|报警|预约|急救|信访|复议|网站|求助|抢修|消费|纪检|站长|管理员"
)
_CALL = re.compile(r"电 *话|热线|联系方式|座机|手机|拨打|致电|tel", re.I)
_ALSO_FAX = re.compile(r"[ (,]*(?:[兼同含]传真|(?:电话)?传真:? ?同)")


def _numbers(own: str) -> Iterator[tuple[ChannelKind, str, int, int]]:
    kinds: tuple[ChannelKind, ...] = ()
    past = 0
    for run in _RUN.finditer(own):
        between = own[past : run.start()]
        is_listed = re.fullmatch(r"(?:\([^)\n]{1,12}\))?[、,/ ]+[\u4e00-\u9fff]{0,6}[: ]*", between)
        kinds = _kinds(_tail(own, run.start()), own[run.end() :]) or (kinds if is_listed else ())
        past = run.end()
        is_short = len(run[0]) == 5
        if is_short and (run[0].startswith("123") or not re.search(r"[:|] *$", own[: run.start()])):
            continue
        yield from (
            (kind, number, run.start(), run.end()) for kind in kinds for number in _several(run[0])
        )


def _tail(own: str, start: int) -> str:
    """The words just before a value: its label, or the clause that leads to it."""
    line = own[own.rfind("\n", 0, start) + 1 : start].rstrip(" :|(是为到至")
    return re.split(r"[,;。|]|\d{5,}", line)[-1]


def _kinds(tail: str, after: str) -> tuple[ChannelKind, ...]:
    if _NOBODYS.search(tail):
        return ()
    fax = re.search(r"传 *真", tail)
    call = _CALL.search(re.sub(r"传 *真 *(?:电话|号码|热线)", "", tail))
    if fax and call and re.search(r"\d", tail[call.end() : fax.start()] if call.end() < fax.start() else ""):
        call = None
    is_both = call and (fax or _ALSO_FAX.match(after))
    return (K.PHONE, K.FAX) if is_both else (K.FAX,) if fax else (K.PHONE,) if call else ()


def _several(run: str) -> Iterator[str]:
    area = ""
    for found in re.finditer(rf"{_NUMBER}|\d{{5}}", run):
        area = found[1] or area
        bare = re.sub(rf"^{_AREA}", "", found[0]).replace(" ", "").replace("转", "-")
        yield f"{area}-{bare}" if area and re.match(r"[2-9]\d{6}", bare) and len(bare) > 6 else bare


def _emails(own: str) -> Iterator[tuple[ChannelKind, str, int, int]]:
    for found in _EMAIL.finditer(own):
        if not _NOBODYS.search(_tail(own, found.start())):
            yield K.EMAIL, re.sub(" ", "", f"{found[1]}@{found[2]}").lower(), found.start(), found.end()


# --- addresses --------------------------------------------------------------------------------------------

_DESK = r"办公|受理|接待|咨询|现场|当面|窗口|接收|提交|申请|递交"
_MAIL = r"通[信讯]|邮寄|邮政|寄送|收[件信]|信函|投递"
_ADDRESS = re.compile(
    rf"(?P<label>[\u4e00-\u9fff]{{0,6}}(?:地 *址|地 *点|场所|住 *所))(?:\([^)\d]{{0,9}}\))? *[:|为在 ] *[:|为在 ]*"
    rf"(?P<value>[^,;。|\n:]{{4,60}}?)(?= *(?:[,;。|\n]|$| +{_LABEL}|邮 *编|邮政编码))"
)
_PLACE = re.compile(
    r"(?:[到在于往至]|向(?!本))(?P<value>[^,;。|\n:到至在]{3,40}?)"
    r"(?= *(?:当面|现场|[直亲]|提交|提出|申请|办理|领取|递交|[,;。\n(]))"
)
_SENT_TO = re.compile(r"寄(?:送|往)?[到至:]*(?P<value>[^,;。|\n:()]{4,40})")
_STREET = re.compile(r"\d|号|路|街(?!道)|巷|大道|村|楼|(?<!公)室|大[厦院]|窗口|政府|院内|中心|镇|乡|园区")
_ROOM = re.compile(r"\d+ ?号|\d+ ?室|窗口|大厅|房间|服务中心|\d+ ?[楼层]|[一二三四五六七八九十]+[楼层]")
_ROAD = re.compile(r"路|街(?!道)|号|巷|大道|\d")
_TO_MAIL = re.compile(r"邮寄|信函|寄送|寄[到至往]|邮局|来信|书信|写信|收件")
_TO_DESK = re.compile(r"当面|现场|窗口|来访|设在")
_NO_WAY = re.compile(r"费用|成本|条例》?第|提供便利|请您?提供|注明联系|夹寄")
_POSTCODE = re.compile(r"(?:邮 *政 *编 *码|邮 *编) *[:|为]? *(\d{6})(?!\d)")

_Found = tuple[ChannelKind, str, int, int]


def _addresses(own: str, shown: str) -> list[_Found]:
    labelled = [(_address_kind(own, found), found) for found in _ADDRESS.finditer(own)]
    found = [(kind, *_cut(shown, own, place)) for kind, place in labelled if kind is not None]
    found = [(kind, value, *at) for kind, value, *at in found if _STREET.search(value)]
    found += _places(own, shown)
    return [*_desks(own, found), *_letters(own, found)]
