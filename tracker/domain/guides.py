"""The channels a guide page (政府信息公开指南) announces, and the rating a consultation page offers.

Everything found is a proposal with its snippet: a person confirms it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracker.domain.folding import fold
from tracker.domain.terms import ChannelKind

K = ChannelKind
_Found = tuple[ChannelKind, str, int, int]  # kind, value, and where it stands
_Address = tuple[ChannelKind | None, str, int, int]  # None: good for everything
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
    start = max(0, start - _BEFORE, end - _SNIPPET)
    return re.sub(r"\s+", " ", text[start : start + _SNIPPET]).strip()


# --- what is of others: supervisors, courts, archives, subordinate units, the site's host -----------------

_FOOTER = re.compile(
    r"^ *(?:主办|承办)(?:单位)? *:|版权所有|网站标识码|ICP备|公网安备|技术支持|copyright|(?<=\n)关于我们|网站地图 *\|",
    re.I,
)
_HEADS = (
    re.compile(r" *(?:[一二三四五六七八九十]+ *、|第[一二三四五六七八九十]+[章节部]|[【〖▲■◆●★])"),
    re.compile(r" *(?:\([一二三四五六七八九十]+\)|第[一二三四五六七八九十]+条)"),
    re.compile(r" *\(?\d{1,2}(?:[.、)](?!\d)|\))"),
)
_OTHERS_HEAD = re.compile(
    r"监督|救济|投诉|举报|复议|诉讼|查阅(?:点|场所|室)|档案馆|图书馆|网点"
    r"|(?:所属|下属|局属|下设|直属|二级)[^,。]{0,6}(?:单位|机构|部门)|各(?:乡|镇|街道|单位|部门|科室)"
)
_OWN_HEAD = re.compile(r"咨询|受理|申请|联系(?!.*单位)|工作机构")
_OTHERS = re.compile(
    r"复议|诉讼|法院|信访(?!接待)|投诉|举报|技术支持|查阅(?:点|场所|室)|档案馆|图书馆|监督(?:机构|部门|机关|单位)"
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
    K.WEB_FORM: re.compile(r"网上|在线|线上|互联网|网络|[该此]入口"),
    K.POST: re.compile(r"邮寄|信函|邮政|信件|来信|写信"),
    K.FAX: re.compile(r"传 *真"),
    K.PHONE: re.compile(r"电话|来电"),
    K.IN_PERSON: re.compile(r"当面|现场|上门|来访"),
}
_REFUSED = re.compile(
    r"(?:不|未|没有|停止|取消)(?:再|予|直接|单独|能)?(?:受理|接受|接收|接待|开通|开设|提供|支持|设立|设置|办理)"
    r"|停用|暂停(?:使用|受理|服务)|不作为[^,。]{0,12}渠道"
)
_CONDITIONED = re.compile(
    r"未(?:注明|标注|按|附|签|署|提供)|不(?:符|全|齐|完整|明确)|逾期|到付|匿名|境外|无法"
)
_NOT_REQUESTS = re.compile(r"信访|投诉|举报|夹寄")


def denied_channels(text: str) -> frozenset[ChannelKind]:
    """Channels by which the page says that nobody can apply."""
    denied = {
        kind for clause in _refusals(_folded(text)) for kind, word in _WORDS.items() if word.search(clause)
    }
    return frozenset(denied)


def _refusals(plain: str) -> Iterator[str]:
    for sentence in re.split(r"[。;!\n]", plain):
        for found in _REFUSED.finditer(sentence):
            before = re.split(r"[,()]", sentence[max(0, found.start() - 80) : found.start()])
            after = re.split(r"[,()]", sentence[found.end() : found.end() + 80])[0]
            if _CONDITIONED.search(before[-1] + after) or _NOT_REQUESTS.search(after):
                continue
            named = [part for part in (after, before[-1]) if any(w.search(part) for w in _WORDS.values())]
            spoken_of = [part for part in before[-2:-1] if re.search(r"[该此]|[仅只][用供限]", part)]
            yield from (named or spoken_of)[:1]


# --- numbers and e-mail addresses -------------------------------------------------------------------------

_AREA = r"\(?(?:\+?86[- ]?)?(0\d{2,3})\)?[- ]{0,3}"
_NUMBER = rf"(?:400[- ]?\d{{3,4}}[- ]?\d{{3,4}}|1[3-9]\d{{9}}|(?:{_AREA}[1-9]|[2-9])\d{{6,7}}(?:(?:-|转 ?)\d{{1,5}})?|{_AREA}12\d{{3}})"
_RUN = re.compile(rf"(?<![\d.-])(?:{_NUMBER}(?:[、,/或和 ]{{1,3}}{_NUMBER})*|9\d{{4}})(?!\d)")
_EMAIL = re.compile(
    r"(?<![\w/.-])([a-z0-9][a-z0-9._+-]*) ?(?:[@#*☆★]|[(\[【{](?:at|a|@|#)[)\]】}]| at ) ?"
    r"([a-z0-9-]+(?: ?\. ?[a-z0-9-]+)+)",
    re.I | re.A,
)
_NOBODYS = re.compile(
    r"监督|投诉|举报|技术|运维|维护|值班|报警|火警|报告|预约|急救|信访|复议|网站|求助|抢修|消费|纪检|站长|管理员"
    r"|政策咨询|客服(?!部)"
)
_CALL = re.compile(r"电 *话|热线|联系方式|座机|手机|拨打|致电|tel", re.I)
_SAME_FAX = re.compile(r"传 *真(?:号码|电话)?[: ]*\(?(?:同上|同(?:联系|办公)?电话|与?电话(?:相同|同号)|同号)")
_ALSO_FAX = re.compile(r"[ (,]*(?:[兼同含]传真|(?:电话)?传真:? ?同)")


def _numbers(own: str) -> Iterator[_Found]:
    kinds: tuple[ChannelKind, ...] = ()
    past = 0
    for run in _RUN.finditer(own):
        between, tail = own[past : run.start()], _tail(own, run.start())
        is_listed = not _NOBODYS.search(tail) and re.fullmatch(
            r"(?:\([^)\n]{1,12}\))?[、,;/ ]+[\u4e00-\u9fff]{0,6}[: ]*", between
        )
        kinds = _kinds(tail, own[run.end() : run.end() + 12]) or (kinds if is_listed else ())
        past = run.end()
        if kinds and K.FAX not in kinds and _SAME_FAX.search(own[past : past + 30]):
            kinds = (K.PHONE, K.FAX)
        if len(run[0]) == 5 and own[max(0, run.start() - 4) : run.start()].rstrip()[-1:] not in (":", "|"):
            continue
        yield from ((kind, number, run.start(), run.end()) for kind in kinds for number in _several(run[0]))


def _tail(own: str, start: int) -> str:
    """The words just before a value: its label, or the clause that leads to it."""
    line = own[own.rfind("\n", 0, start) + 1 : start].rstrip(" :|(是为到至")
    return re.split(r"[,;。|]|\d{5,}", line)[-1]


def _kinds(tail: str, after: str) -> tuple[ChannelKind, ...]:
    if _NOBODYS.search(tail):
        return ()
    fax = re.search(r"传 *真|fax", tail, re.I)
    call = _CALL.search(re.sub(r"传 *真 *(?:电话|号码|热线)", "", tail))
    is_both = call and (fax or _ALSO_FAX.match(after))
    return (K.PHONE, K.FAX) if is_both else (K.FAX,) if fax else (K.PHONE,) if call else ()


def _several(run: str) -> Iterator[str]:
    area = ""
    for found in re.finditer(rf"{_NUMBER}|\d{{5}}", run):
        area = found[1] or area
        if re.search(r"(?<!\d)12\d{3}$", found[0]):  # the hotlines 12345, 12333: not of the unit alone
            continue
        bare = re.sub(rf"^{_AREA}", "", found[0]).replace(" ", "").replace("转", "-")
        yield f"{area}-{bare}" if area and re.match(r"[1-9]\d{6}", bare) else bare


def _emails(own: str) -> Iterator[_Found]:
    for found in _EMAIL.finditer(own):
        if not _NOBODYS.search(_tail(own, found.start())):
            yield K.EMAIL, re.sub(" ", "", f"{found[1]}@{found[2]}").lower(), found.start(), found.end()


# --- addresses --------------------------------------------------------------------------------------------

_DESK = r"办公|受理|接待|咨询|现场|当面|窗口|接收|提交|申请|递交"
_MAIL = r"通[信讯]|邮寄|邮政|寄送|收[件信]|信函|投递"
_ADDRESS = re.compile(
    rf"(?P<label>[\u4e00-\u9fff]{{0,6}}(?:地 *址|地 *点|场所|住 *所|受理点|接待点))(?:\([^)\d]{{0,9}}\))? *[:|为在 ] *[:|为在 ]*"
    rf"(?P<value>[^,;。|\n:]{{4,60}}?)(?= *(?:[,;。|\n]|$| +{_LABEL}|邮 *编|邮政编码))"
)
_PLACE = re.compile(
    r"(?<!寄)(?:[到在于往至]|向(?!本))(?P<value>[^,;。|\n:到至在]{3,40}?)"
    r"(?= *(?:当面|现场|[直亲]|提交|提出|申请|办理|领取|递交|[,;。\n(]))"
)
_SENT_TO = re.compile(r"寄(?:送|往)?[到至:]*(?P<value>[^,;。|\n:() ]{4,40})")
_WAY = re.compile(
    r"(?:(?P<desk>面谈|来访|当面|现场|柜台|窗口)|写信|来信|信函|邮寄|书信)[\u4e00-\u9fff]{0,5}[:。](?P<where>[^。;\n]+)"
)
_PIECE = re.compile(r"(?<![^,:。 ])(?P<value>(?:[^,;。|\n:() 到至]|\([^)\n]*\)){4,45})")
_BEFORE_CODE = re.compile(
    r"(?<![^,:;。\n(])(?P<label>)(?P<value>[^,;。|\n:()]{4,45})[,;( ]*(?=邮 *政 *编|邮 *编)"
)
_OF_OFFICE = re.compile(r"受理[^。;\n]{0,20}(?:办公室|[科股室])\((?P<value>[^)\n;:]{4,40})\)")
_SPOKEN = re.compile(r"申请|填写|提交|信封|收件|地[址点]|上述|电话|可以|工作日|\d:\d|邮 *编|邮政编码|^\d+$")
_STREET = re.compile(r"\d|号|路|街(?!道)|巷|大道|村|楼|(?<!公)室|大[厦院]|窗口|政府|院内|中心|镇|乡|园区")
_ROOM = re.compile(
    r"\d+ ?号|\d+ ?室|窗口|大厅|房间|柜台|(?:接待|办公)室旁|服务中心|\d+ ?[楼层]|[一二三四五六七八九十]+[楼层]"
)
_ROAD = re.compile(r"路|街(?!道)|号|巷|大道|\d")
_TO_MAIL = re.compile(r"邮寄|信函|寄送|寄[到至往]|邮局|来信|书信|写信|收件")
_TO_DESK = re.compile(r"当面|现场|窗口|来访|面谈|柜台|设在")
_NO_WAY = re.compile(r"费用|成本|条例》?第|提供便利|请您?提供|注明联系|夹寄")
_UNLABELLED = (
    (_OF_OFFICE, K.IN_PERSON, _ROOM, re.compile("受理")),
    (_PLACE, K.IN_PERSON, _ROOM, _TO_DESK),
    (_SENT_TO, K.POST, _ROAD, re.compile("寄")),
)
_POSTCODE = re.compile(r"(?:邮 *政 *编 *码|邮 *编) *[:|为]? *(\d{6})(?!\d)")


def _addresses(own: str, shown: str) -> Iterator[_Found]:
    known = _known_addresses(own, shown)
    ways = "\n".join(part for part in re.split(r"[。;\n]", own) if not _NO_WAY.search(part))
    desks = [address for address in known if address[0] is not K.POST]
    posts = [address for address in known if address[0] is K.POST]
    if not posts and (_TO_MAIL.search(ways) or _POSTCODE.search(own)):
        posts = _nearest(desks, own)
    if not desks and _TO_DESK.search(ways):
        desks = posts[:1]
    yield from ((K.IN_PERSON, value, start, end) for _, value, start, end in desks)
    for _, value, start, end in posts:
        yield K.POST, f"{value} {_postcode(own, end)}".strip(), start, end


def _known_addresses(own: str, shown: str) -> list[_Address]:
    known: list[_Address] = []
    for found in _ADDRESS.finditer(own):
        place = _cut(own, shown, found)
        needed = _ROAD if found["label"].endswith(("受理点", "接待点")) else _STREET
        if needed.search(place[0]) and not _NOBODYS.search(_tail(own, place[1])):
            known.append((_kind_of(own, found), *place))
    known += _places(own, shown)
    for found in _BEFORE_CODE.finditer(own):
        is_known = any(found.start() < end and start < found.end("value") for *_, start, end in known)
        if _ROAD.search(found["value"]) and not is_known and not _SPOKEN.search(found["value"]):
            known.append((_kind_of(own, found), *_cut(own, shown, found)))
    return known


def _kind_of(own: str, found: re.Match[str]) -> ChannelKind | None:
    """Where the label does not say what an address is for, the sentence does; else None: for everything."""
    start = max(own.rfind(mark, 0, found.start()) for mark in "。;\n") + 1
    before = own[:start].rstrip("\n").rpartition("\n")[2]
    around = own[start : found.end() + 20].split("\n")[0] + ("收件" if "收件人" in before else "")
    for text, mail, desk in ((found["label"], _MAIL, _DESK), (around, _TO_MAIL, _TO_DESK)):
        if re.search(mail, text):
            return K.POST
        if re.search(desk, text):
            return K.IN_PERSON
    return None


def _places(own: str, shown: str) -> Iterator[_Found]:
    """Places that a sentence names without a label: 到政务服务大厅二楼窗口当面提交; 来访：府前街1号."""
    for way in _WAY.finditer(own):
        kind, needed = (K.IN_PERSON, _ROOM) if way["desk"] else (K.POST, _ROAD)
        for found in _PIECE.finditer(own, *way.span("where")):
            if needed.search(found["value"]) and not _SPOKEN.search(found["value"]):
                yield kind, *_cut(own, shown, found)
    for sentence in re.finditer(r"[^。;\n]+", own):
        for pattern, kind, needed, about in _UNLABELLED:
            if about.search(sentence[0]) and not _NO_WAY.search(sentence[0]):
                for found in pattern.finditer(own, *sentence.span()):
                    if needed.search(found["value"]):
                        yield kind, *_cut(own, shown, found)


def _cut(own: str, shown: str, found: re.Match[str]) -> tuple[str, int, int]:
    """The value without what an unpaired bracket begins or ends."""
    start, depth = found.start("value"), 0
    end = found.end("value")
    for place in range(start, end):
        depth += {"(": 1, ")": -1}.get(own[place], 0)
        if depth < 0:
            end = place
            break
    code = re.compile(r"\(\d{6}\)$").search(own, start, end)
    if depth > 0 or code:
        end = own.rindex("(", start, end)
    return _shown(shown[start:end]), start, end


def _nearest(desks: list[_Address], own: str) -> list[_Address]:
    """The address that stands by the postcode."""
    code = _POSTCODE.search(own)
    return sorted(desks, key=lambda a: abs(code.start() - a[3]) if code else 0)[:1]


def _postcode(own: str, past: int) -> str:
    bare = re.compile(r"[,;() ]*(\d{6})(?!\d)").match(own, past)
    found = bare or _POSTCODE.search(own, past) or _POSTCODE.search(own)
    return found[1] if found else ""


# --- forms on the web -------------------------------------------------------------------------------------

_FORM_LINK = re.compile(
    r"(?:在线|网上|线上|网络|我要)(?:申请|提交|填报|填写|受理)|依申请公开(?:系统|平台|入口|申请)|申请(?:公开)?(?:系统|入口)"
)
_BARE_LINK = re.compile(r"(?:请?点击?|由此|立即)(?:此处|此|这里)?(?:进入|申请|打开|链接)?|进入|链接")
_APPLY_ONLINE = re.compile(r"(?:网上|在线|线上|网络|互联网)[^\n]{0,6}申请")
_NO_FORM = re.compile(r"下载|流程|须知|说明|年报|年度报告|指南|目录|申请表$|查询")
_PAPER = re.compile(r"\.(?:docx?|wps|pdf|xlsx?|zip|rar)(?:$|\?)", re.I)
_ONLINE = re.compile(r"网上|在线|线上|互联网|网络|登[录陆]|网站|点击")
_FILLED = re.compile(r"填写|填报|提交|提出|申请(?!表|公开)")
_QUOTED = re.compile(
    r"[“\"「【《]([^”\"」】》\n]{0,16}(?:依申请公开|我要申请|(?:在线|网上)申请|申请公开)[^”\"」】》\n]{0,8})[”\"」】》](?!字样|的字样)"
)
_NAMED = re.compile(r"(依申请公开(?:系统|平台|专栏|栏目)|(?:在线|网上)申请(?:系统|平台|栏目))")
_URL = re.compile(r"(?:https?://|www\.)[\w./?=&%#~:-]+", re.I | re.A)


def _forms(own: str, text: str, links: Sequence[tuple[str, str]]) -> Iterator[_Found]:
    """A link that says so; else what a sentence about applying online names: a URL, a link, a column."""
    usable = [(label, href) for label, href in links if not (_NO_FORM.search(label) or _PAPER.search(href))]
    said = [part for part in re.finditer(r"[^。;\n]+", own) if _is_online(part[0])]
    places = [(_named(_shown(text[slice(*part.span())])), *part.span()) for part in said]
    clear = [(label, href) for label, href in usable if _leads_to_form(label, text)]
    if not clear and any(named for named, *_ in places):
        clear = [(label, href) for label, href in usable if label.strip() == "依申请公开"]
    if not clear or any(_URL.match(named) for named, *_ in places):
        yield from ((K.WEB_FORM, named, start, end) for named, start, end in places if named)
        return
    for label, href in clear:
        start = max(text.find(label), 0)
        value = label.strip() if href.startswith(("javascript", "#")) else href
        yield K.WEB_FORM, value, start, start + len(label)


def _leads_to_form(label: str, text: str) -> bool:
    before = text[: max(text.find(label), 0)][-40:]
    is_led_to = _BARE_LINK.fullmatch(label.strip()) and _APPLY_ONLINE.search(before)
    return bool(_FORM_LINK.search(label) or is_led_to)


def _is_online(sentence: str) -> bool:
    says_so = _ONLINE.search(sentence) and _FILLED.search(sentence)
    return bool(says_so) and not re.search(
        r"条例|信封|^(?:(?!填写|填报|提交).)*下载(?!.*(?:在线|提交))|查阅|邮件|邮箱", sentence
    )


def _named(sentence: str) -> str:
    found = _URL.search(sentence) or _QUOTED.search(sentence) or _NAMED.search(sentence)
    return found[found.lastindex or 0] if found else ""


# --- office hours -----------------------------------------------------------------------------------------

_TIME = r"\d{1,2} ?(?::\d{2}|[时点](?:\d{1,2}分|半)?)"
_RANGE = rf"(?:(?:上午|下午):? ?)?{_TIME} ?[-~至到]+ ?(?:(?:上午|下午) ?)?{_TIME}"
_HOURS = re.compile(
    r"(?:(?:办公|受理|工作|接待|咨询|服务|接收|上班) *时 *间|^ *时 *间)(?:\([^)\d]{0,9}\))? *[:|为是 ] *"
    rf"(?P<value>[^。|\n]{{4,120}}?)(?=[,;、]? *(?:$|[。|\n]|{_LABEL})|;(?! *(?:\d|[上下]午|[夏冬春秋]|周|星期)))",
    re.M,
)
_BARE_HOURS = re.compile(
    rf"(?P<value>(?:(?:法定|正常|教育|每个?)*(?:工作日|周[一二三四五至到周-]+|教学日|天) ?(?:\([^)\n]{{0,12}}\))? ?)?{_RANGE}(?:[、,; ]+{_RANGE})*)"
)


def office_hours(text: str) -> str:
    return _hours(_own(_folded(text)), text)


def _hours(own: str, shown: str) -> str:
    for found in (*_HOURS.finditer(own), *_BARE_HOURS.finditer(own)):
        if re.search(rf"{_TIME}|工作日|周一|星期一", found["value"]):
            return _cut(own, shown, found)[0].rstrip("；，;,")
    return ""


# --- all together -----------------------------------------------------------------------------------------


def announced_channels(text: str, links: Sequence[tuple[str, str]] = ()) -> tuple[Announcement, ...]:
    own = _own(_folded(text))
    hours = _hours(own, text)
    refused = denied_channels(text) - {K.PHONE}  # it still answers questions
    found = [*_addresses(own, text), *_numbers(own), *_emails(own), *_forms(own, text, links)]
    named: dict[tuple[ChannelKind, str], Announcement] = {}
    for kind, value, start, end in found:
        if kind not in refused:
            there = hours if kind in (K.IN_PERSON, K.PHONE) else ""
            named.setdefault(
                (kind, fold(value)), Announcement(kind, value, _snippet(text, start, end), there)
            )
    return tuple(one for key, one in named.items() if not _is_part(key, named))


def _is_part(key: tuple[ChannelKind, str], others: Iterable[tuple[ChannelKind, str]]) -> bool:
    """Whether a fuller form of the same address or number was found."""
    kind, value = key
    if kind in (K.EMAIL, K.WEB_FORM):
        return False
    return any(kind is other and value != fuller and value in fuller for other, fuller in others)


# --- ratings ----------------------------------------------------------------------------------------------

_GRADE = re.compile(
    r"非常不?满意|十分满意|很不?满意|比较满意|基本满意|不太满意|不满意|满意(?!度|率)|\b一般\b|[1-5一二三四五]星"
)
_ASKED = re.compile(
    r"满意度(?:评价|测评|打分)|满意程度|请.{0,16}(?:评价|打分|评分)|我要评价|服务评价|提交评价|办理评价|进行评价"
)
_RATES = re.compile(r"评价|打分|评分|满意|[1-5一二三四五]星|★|☆")
_ASKS = re.compile(r"评价|打分|评分")
_NOT_RATING = re.compile(r"满意[率度](?:统计|调查|达|为|:? ?\d)|好差评|统计|复议|诉讼|网站满意度|问卷")
_OBSTACLE = re.compile(
    r"[^。;,\n]{0,12}(?:登[录陆]后|已评价|评价已(?:过期|关闭|结束|截止)|不能评价|无法评价|无权评价|暂未开放)[^。;,\n]{0,12}"
)


def offered_rating(text: str, controls: Sequence[tuple[str, str]]) -> RatingOffer | None:
    """The rating of an answer that a page offers, looked at and not used; controls are (kind, label)."""
    lines = [line.strip() for line in text.split("\n") if not _NOT_RATING.search(line)]
    asking = (label for kind, label in controls if kind not in ("hidden", "text", "textarea", "password"))
    labels = [label for label in asking if _RATES.search(label) and not _NOT_RATING.search(label)]
    found = [(line, _GRADE.findall(line)) for line in (*lines, *labels)]
    grades = dict.fromkeys(grade for line, all_ in found if len(all_) > 1 or len(line) < 9 for grade in all_)
    asked = next((line for line in lines if _ASKED.search(line)), "")
    if not asked and len(grades) < 2 and not any(_ASKS.search(label) for label in labels):
        return None
    obstacle = _OBSTACLE.search(text)
    snippet = asked or "/".join(grades) or "/".join(labels)
    return RatingOffer(
        tuple(grades), snippet[:_SNIPPET], bool(labels), obstacle[0].strip() if obstacle else ""
    )
