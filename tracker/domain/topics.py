"""What a request is about, in words that tell it from the others of its unit."""

import re
from collections.abc import Mapping, Sequence

from tracker.domain.folding import fold

_KIND_OF_LETTER = re.compile(
    r"^\W*(?:关于)?(?:(?:依法?)?申请(?:公开)?(?:政府)?(?:信息)?(?:公开)?|(?:政府|政务)?信息公开(?:申请)?(?:表|书)?"
    r"|政府信息公开申请(?:表|书)?|(?:政务|业务|政策)?咨询|请教|求助|请问|提问|来信)\s*[:：—\-–－|｜ 　]+\W*"
)
# Words of any request; they tell none from another.
_COMMON = re.compile(
    r"能否|如何|怎么样?|怎样|是否|可否|哪些|什么|多少|办理|申请|需要|请问|咨询|您好|你好|政府信息|公开|信息|有关|相关"
    r"|关于|情况|以及|提供|电子|邮件|方式|形式|贵局|贵单位|谢谢|工作日|条例|中华人民共和国"
)
_SHORTEST = 6
_TELLING = 1 / 3  # share of a request's own word pairs that has to stand in a letter about it
_FEWEST = 2  # pairs; one pair comes about by chance
_VOCABULARY = 2


def topic_of(title: str, text: str) -> str:
    """The title without the kind of letter before it; the text where the title names nothing."""
    topic = _KIND_OF_LETTER.sub("", title).strip()
    return topic if len(fold(topic)) >= _SHORTEST else text


def words_of(topic: str, text: str) -> frozenset[str]:
    """The pairs of the topic and of the sentences that ask for it, not of polite and legal formulas."""
    asked = pairs(topic)
    sentences = (pairs(sentence) for sentence in re.split(r"[。;；!！?？\n]", text))
    return asked.union(*(found for found in sentences if len(found & asked) >= _FEWEST))


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters, but for words that stand in any request."""
    found: set[str] = set()
    for segment in re.split(r"\W+", _COMMON.sub(" ", text)):
        folded = fold(segment)
        found.update(folded[start : start + 2] for start in range(len(folded) - 1))
    return frozenset(found)


def spoken_of(own: frozenset[str], topics: Mapping[str, frozenset[str]]) -> list[str]:
    """Which of several topics (reference -> pairs) a letter with the pairs `own` speaks of.

    Only pairs that no other topic has count: of two requests for 2024 and 2025 only the year tells.
    """
    return [reference for reference, share in shares(own, topics).items() if share >= _TELLING]


def shares(own: frozenset[str], topics: Mapping[str, frozenset[str]]) -> dict[str, float]:
    found = {}
    for reference, topic in topics.items():
        telling = topic - _union(topics, reference)
        met = len(telling & own)
        found[reference] = met / len(telling) if met >= _FEWEST else 0.0
    return found


def speaks_of_another(own: frozenset[str], one: str, words: Mapping[str, frozenset[str]]) -> bool:
    """Whether a letter has nothing of one request's words, but several of another's."""
    if own & (words[one] - _union(words, one)):
        return False
    others = (words[other] - _union(words, other) for other in words if other != one)
    return any(len(telling & own) >= _VOCABULARY for telling in others)


def _union(topics: Mapping[str, frozenset[str]], but: str) -> frozenset[str]:
    return frozenset().union(*(topic for reference, topic in topics.items() if reference != but))


_ASKED = re.compile(
    r"(?:申请|要求|咨询|反映|提出|询问)[^。；;\n“《「\"]{0,16}?[“《「\"]([^”》」\"\n]{4,80})[”》」\"]"
)


def quoted_titles(text: str) -> Sequence[str]:
    """What a letter says was asked, in quotation marks: 您申请公开的“…”, 申请获取《…》."""
    return [found for found in _ASKED.findall(text) if "条例" not in found]


def is_foreign(title: str, words: frozenset[str], unit_name: str) -> bool:
    """Whether a quoted title has next to nothing of a request's words, the place apart."""
    own = pairs(title) - pairs(unit_name)
    return len(own) >= 4 and len(own & words) < 0.2 * len(own)
