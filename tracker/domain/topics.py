"""What a request is about, in the words that tell it from others."""

import re
from collections.abc import Iterable, Mapping

from tracker.domain.folding import fold, fold_lines, runs

_KIND_OF_LETTER = re.compile(
    r"^\W*(?:关于)?(?:(?:依法?)?申请(?:公开)?(?:政府)?(?:信息)?(?:公开)?|(?:政府|政务)?信息公开(?:申请)?(?:表|书)?"
    r"|(?:政务|业务|政策)?咨询|请教|求助|请问|提问|来信)\s*[:：—\-–－|｜ 　]+\W*"
)
_TAIL = re.compile(r"[（(]?的?(?:政府)?(?:信息公开)?(?:申请|咨询|请求)[）)]?$")
# Words of any request; they tell none from another.
_COMMON = re.compile(
    r"能否|如何|怎么样?|怎样|是否|可否|哪些|什么|多少|办理|申请|需要|请问|咨询|您好|你好|政府信息|公开|信息|有关|相关"
    r"|关于|情况|以及|提供|电子|邮件|方式|形式|贵局|贵单位|谢谢|工作日|条例|中华人民共和国|下列|本人|答复|回复|附件|扫描件?|复印件?|电子[版档表文]\w?|发到|查收|希望|邮箱|即可|身份证明|材料|资料|我们|你们|办事处|管委会|居委会|村委会|[的了吗呢吧呀啊嘛]"
)
_LINE_BREAK_IN_WORD = re.compile(r"(?<=[\u4e00-\u9fff])\s*\n\s*(?=[\u4e00-\u9fff])")
_LISTED_YEAR = re.compile(r"(20\d\d)(?=[、和及与,，]\s*20\d\d年)")
_SEPARATOR = re.compile(r"\W+")
_NUMBER = re.compile(r"[^\d\n]\d+[^\d\n]")  # 第7号 is no part of 第17号
# Of a subject or a file: not the year of a document number, nor of a date.
_YEAR = re.compile(r"(?<![\d〔\[(（【])(20\d\d)(?!\d|[A-Za-z]+\d|年?\d{1,2}月|[-./]\d|年?[〕\])）】])")
_SENTENCE = re.compile(r"[。;；!！?？\n]")
_CLAUSE = re.compile(r"[。;；!！?？\n，,]")
_FORMULA = re.compile(
    r"条例|依法|根据|请(?:以|用|发|将|通过|按|把)|方式|形式|电子|邮[件箱]|扫描|复印|遮|隐|谢|此致|敬礼|联系|电话|申请人|身份证|证明"
    r"|盼|期待|为盼|想?(?:向|跟)?[^，。]{0,4}咨询|了解|问题|[您你]好|本人|我[叫是]|附[件后]|麻烦|请问"
)
_SALUTATION = re.compile(r"^\s*[^，。：:\n]{2,24}[：:]")
_SHORTEST = 6
_TELLING = 1 / 3  # share of a request's own word pairs that has to stand in a letter about it
_FEWEST = 2  # pairs; one pair comes about by chance
CLEARLY_MORE = 3  # times as many as of any rival

Words = frozenset[str]
_NONE: Words = frozenset()


def topic_of(title: str, text: str) -> str:
    """The title without the kind of letter around it; the text where the title names nothing."""
    topic = _TAIL.sub("", _KIND_OF_LETTER.sub("", title).strip())
    topic = topic.removeprefix("关于") if topic != title else topic
    return topic if len(fold(topic)) >= _SHORTEST else _without_formulas(text) or text


def _without_formulas(text: str) -> str:
    clauses = _CLAUSE.split(_SALUTATION.sub("", text))
    return "，".join(each for each in clauses if not _FORMULA.search(each))


def words_of(topic: str, text: str) -> Words:
    """The pairs of the topic and of the sentences that ask for it, not of polite and legal formulas."""
    asked = pairs(topic)
    sentences = (pairs(sentence) for sentence in _SENTENCE.split(_SALUTATION.sub("", text)))
    return asked.union(*(found for found in sentences if len(found & asked) >= _FEWEST))


def words_around(text: str) -> Words:
    """The pairs of all that an applicant tells beside, as far as it is no formula."""
    return pairs(_without_formulas(text))


def pairs(text: str) -> Words:
    """The pairs of neighbouring characters, but for words that stand in any request."""
    whole = _LISTED_YEAR.sub(r"\1年", _LINE_BREAK_IN_WORD.sub("", text))
    segments = fold_lines(_SEPARATOR.sub("\n", _COMMON.sub("\n", whole)))
    found = {pair for pair in runs(segments, 2) if "\n" not in pair}
    return frozenset(found.union(_NUMBER.findall(segments)))


def spoken_of(own: Words, topics: Mapping[str, Words], *, is_loosely: bool = False) -> list[str]:
    """Which of several topics (reference -> pairs) a letter with the pairs `own` speaks of.

    Only pairs that no other topic has count: of two requests for 2024 and 2025 only the year tells.
    Loosely, a few of them are enough: for a letter that says itself that it answers several.
    """
    telling = {reference: _telling(topics, reference) for reference in topics}
    share = 0 if is_loosely else _TELLING
    return [
        reference
        for reference, words in telling.items()
        if len(words & own) >= max(_FEWEST, share * len(words))
        and (is_loosely or _is_more_than_a_year(words, own))
    ]


def in_order(text: str, references: Iterable[str], topics: Mapping[str, Words]) -> list[str]:
    """As a text speaks of them: by the first of the words that tell each from the others."""
    folded = fold(text)
    first = {
        reference: min(
            (folded.find(word) for word in _telling(topics, reference) if word in folded), default=0
        )
        for reference in references
    }
    return sorted(first, key=lambda reference: first[reference])


def _is_more_than_a_year(words: Words, own: Words) -> bool:
    """Whether a word is met too, where words and not only numbers tell the request from the others."""
    said = without_numbers(words)
    return not said or bool(said & own)


def leans_to(own: Words, words: Mapping[str, Words], fewest: int = _FEWEST) -> str | None:
    """The one request whose own words a letter uses clearly more than those of any rival."""
    met = {reference: _met(_telling(words, reference), own) for reference in words}
    best = max(met, key=lambda reference: met[reference])
    others = max((count for reference, count in met.items() if reference != best), default=0)
    return best if met[best] >= max(fewest, CLEARLY_MORE * others) else None


def without_numbers(words: Words) -> Words:
    return frozenset(word for word in words if not _DIGIT.search(word))


def _met(telling: Words, own: Words) -> int:
    """How many of the words that tell are met; numbers only where nothing else tells (25 is any day)."""
    return len(own & (without_numbers(telling) or telling))


def speaks_of_another(own: Words, one: str, words: Mapping[str, Words]) -> bool:
    """Whether a letter has nothing of one request's own words, but several of another's."""
    return not own & _telling(words, one) and leans_to(own, words) is not None


def _telling(words: Mapping[str, Words], one: str) -> Words:
    others = (found for reference, found in words.items() if reference != one and found != words[one])
    return words[one] - _NONE.union(*others)


_DIGIT = re.compile(r"\d")
_QUOTED_TITLE = re.compile(
    r"(?:申请|要求|咨询|反映|提出|询问)[^。；;\n“《「\"]{0,16}?[“《「\"]([^”》」\"\n]{4,80})[”》」\"]"
)
_ASKED = re.compile(
    r"(?:您|你|申请人)[^。；;\n]{0,12}?(?:申请|要求|咨询|索要)(?:公开|获取|查询|提供)?的?([^，。,;；\n]{4,60})"
)


_WANTED = re.compile(
    r"(?:您|你)(?:所|想|上次|上回|之前|前面|昨天)?(?:要|问|问到|投诉|举报|来访反映)的(?!是|事|情况|问题|内容|这|那)([^，。,;；\n]{2,30}?)(?=[，。,;；\n]|涉及|是|我们?|已|在|由|需|都|没|上[回次]|前面|$)"
)


_MATTER = re.compile(
    r"(?:您|你)(?:(?:提出|提交|反映)?的?关于|(?:来信)?(?:反映|咨询)的?)([^，。,;；\n]{3,30}?)(?:的|相关)?(?:咨询|申请|来信|问题|提问|诉求)"
)


def quoted_titles(text: str) -> list[str]:
    """What a letter says was asked, in quotation marks: 您申请公开的“…”, 申请获取《…》."""
    return [found for found in _QUOTED_TITLE.findall(text) if "条例" not in found]


def asked_phrases(text: str) -> list[str]:
    """The same without marks, as far as the clause goes; it may hold more than a title."""
    return _ASKED.findall(text)


def wanted_phrases(text: str) -> list[str]:
    """What a clerk calls the thing itself: 您要的…, which is hardly more than a title."""
    return _WANTED.findall(text)


def matters_named(text: str) -> list[str]:
    """What a letter calls that which was asked: 您关于…的咨询."""
    return _MATTER.findall(text)


def is_foreign(title: str, words: Words, place: str) -> bool:
    """Whether a title has next to nothing of a request's words, the place apart."""
    own = without_numbers(pairs(title) - pairs(place))
    return len(own) >= 4 and len(own & words) < 0.2 * len(own)


def is_of_another_year(titles: Iterable[str], topic: str) -> bool:
    """Whether a letter names what was asked with a year that the request does not have."""
    asked = set(_YEAR.findall(topic))
    named = {year for title in titles for year in _YEAR.findall(title)}
    return bool(asked and named) and not asked & named


def is_of_another_number(text: str, topic: str) -> bool:
    """Whether a letter speaks of line 5, lot 5, building 5, where line 3 was asked for, and of that nowhere."""
    asked, named = _numbered_things(topic), _numbered_things(text)
    return any(things in named and not named[things] & numbers for things, numbers in asked.items())


def _numbered_things(text: str) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for before, number, after in _NUMBERED_THING.findall(text):
        found.setdefault((before, after), set()).add(number)
    return found


_NUMBERED_THING = re.compile(r"([\u4e00-\u9fff])(\d{1,4})(路|号线|号楼|号地|标段|期|栋|组|号泊)")
