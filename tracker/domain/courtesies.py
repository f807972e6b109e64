"""To whom a letter speaks, who says to write it, and what it says only in passing."""

import re

_HEADING = 400  # characters at either end of a letter, in which it says to whom it is and from whom
_NOTE = 80  # characters of a note above what is passed on
_SIGNATURE = 24  # characters of a line that is no more than a name
_PASSED_ON = re.compile(
    r"托我|代(?:为)?(?:转|发)|转(?:给|交|发)(?:给)?(?:您|你)|误(?:送|发|寄)|原样转|他们的原话"
)
_UNDER_ANOTHER = re.compile(
    r"就在(?:这里|这儿|这封|您这封|你这封)[^。\n]{0,10}(?:说|回|答)|在(?:您|你)?这封(?:信|邮件)?(?:下面|里)[^。\n]{0,6}(?:说|回|答)"
    r"|(?:借|借用|顺着)(?:您|你)?(?:的)?(?:[这前上]一?封)(?:信|邮件)?[^。，\n]{0,6}(?:回|复|答|说)"
)
_RECALLED = re.compile(r"(?:发错|误发|错发)[^。\n]{0,16}(?:删除|忽略)|请[^。\n]{0,6}删除[^。\n]{0,8}外传")
_ASIDE = re.compile(
    r"(?<![您你我])(?:至于|另外|此外|顺带|顺便)[^。；\n]{2,80}(?:另行|不在本|那是|不归|[由归][^，。；\n]{2,16}负责|无关|两回事)[^。；\n]*"
)
_CLOSING = re.compile(r"[^，。；！？\n]{3,30}$", re.MULTILINE)  # a name, an office, a telephone number
_PRESENTED = re.compile(
    r"(?:我们?(?:是|这里是)?|这(?:里|边)是|本人是?|受|代|(?:承办|主办|答复|办理)单位[:：]?)([^，。,;；\n]{2,24})"
)
# A clause that is nothing but an office: 老板你好，市城管局市容科，…
_OF_OFFICE = re.compile(
    r"(?:^|[，。；：:！\n])\s*([^，。；：:\n转向由请找问给交送报到询联为是归属在和与]{1,12}(?:局|委|办|科|股|所|站|中心|街道|镇|乡))的?(?=[，。；\n]|$)"
)
_OPENING = re.compile(r"^\s*([^，。：:；\n]{2,16})[。：:]")
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "巫屈闵席娄童颜梅盛林刁徐骆卜葛祁桂柯兰宁甘聂焦欧饶阮蒙庄翟柳耿蓝岳辛涂裴柴鲁"
    "邝冼麦黎莫甄符游岑伍柏窦鲍纪舒祝危樊霍虞昝裘缪郁杭崔嵇邢裴荣翁荀芮靳糜仲伊仇栾厉詹束郜薄蒲邰鄂卓蔺屠胥闻莘翟贡姬冉桑濮牛冀浦晏瞿慕茹艾戈暨耿匡寇阙蔚隆聂晁敖訾阚饶鞠巢荆竺桓"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_FORMS_OF_ADDRESS = ("先生", "女士", "同志", "师傅", "大姐", "大哥", "小姐", "大妈", "大爷", "阿姨")
_TITLE = re.compile(r"(?:先生|女士|同志|小姐|同学|老师|师傅|大姐|大哥|阿姨|叔叔|主任|书记)$")
_SALUTATION = re.compile(
    r"^\s*(?:尊敬的|申请人)?(?:([\u4e00-\u9fff](?:某{1,2}|[\u4e00-\u9fff]{0,3}(?:先生|女士|同志|小姐))(?=\s*[:：,，]))"
    rf"|([{_SURNAMES}][\u4e00-\u9fff]{{1,2}})\s*[:：])",
    re.MULTILINE,
)

# In a paper whose lines are lost: 答复书 某公开8号 巫小兰：你申请公开的…
_ADDRESSED = re.compile(rf"(?<![\u4e00-\u9fff])([{_SURNAMES}][\u4e00-\u9fff]{{1,2}})\s*[:：]\s*(?=您|你)")

_SETTLED = re.compile(
    r"[^，。；\n]{2,24}?(?:[那这]一?[件份个封]|的)(?:[上本]个?[月周次回]|昨[天日]|之前|前面|此前)?"
    r"(?:已经?(?:办结|答复|办完|回复|发|寄)|不受影响|照常办?|没问题|不变)[^，。；\n]*(?:[，,]请勿混淆)?"
)
_TO_BE_TOLD = re.compile(r"(?:转告|转交|带给|告诉)([^，。；\n]{2,8})")
# 已收到并登记: of registers (不动产登记) it says nothing; nor does （原国土局、规划局） below a letter of a plan
_FORMULA = re.compile(
    r"(?:已经?|并|均|都|予以|现)(?:于[^，。；\n]{2,8})?(?:收到|收悉|受理|登记)(?:并?(?:予以)?登记)?|登记(?:编号|号|为|在案|回执)|特此告知"
    r"|征求[^，。；\n]{0,8}意见|文件名称|文号|(?:于|在|自)20\d\d年\d{1,2}月(?:\d{1,2}日)?|20\d\d年\d{1,2}月\d{1,2}日|[（(]原[^()（）\n]{2,24}[)）]"
)


def is_passed_on(text: str) -> bool:
    """Whether a note says that what follows is another office's."""
    return _PASSED_ON.search(text[:_NOTE]) is not None


def is_recalled(text: str) -> bool:
    """Whether a letter only asks to forget another that came to the wrong person."""
    return _RECALLED.search(text) is not None


def without_asides(text: str) -> str:
    """Without what is said of another matter only to set it apart."""
    return _ASIDE.sub("", text)


def without_formulas(text: str) -> str:
    """Without what stands in any letter, though its words may be those of a request."""
    return _FORMULA.sub("", text)


def without_settled(text: str) -> str:
    """Without clauses that say that something is settled or goes on as it did: 监测数据那件上月已办结."""
    return _SETTLED.sub("", text)


def to_be_told(text: str) -> str:
    """To whom it is to be told: 请转告陈国柱…"""
    return "".join(_TO_BE_TOLD.findall(text))


def is_under_another_letter(text: str) -> bool:
    """Whether a writer says that he answers below a letter which is not the one he answers."""
    return _UNDER_ANOTHER.search(text) is not None


def persons_addressed(text: str) -> list[str]:
    return [found for pair in _SALUTATION.findall(text[:_HEADING]) for found in pair if found]


def persons_addressed_in(paper: str) -> list[str]:
    """The same in an attached letter, which also names itself and its number first."""
    head = paper[:_HEADING]
    return [*persons_addressed(head), *_ADDRESSED.findall(head)]


def introductions(text: str) -> list[str]:
    """Where a writer says who writes: short lines, the ends of the last ones, 我是…, 承办单位…"""
    lines = [line for line in text.split("\n") if len(line) <= _SIGNATURE]
    return [
        *lines,
        *_OPENING.findall(text),
        *_CLOSING.findall(text[-_HEADING:])[-2:],
        *_PRESENTED.findall(text),
        *_OF_OFFICE.findall(text),
    ]


def is_called(name: str, text: str) -> bool:
    """Whether a text calls somebody by his surname, as offices do: 车师傅, 老车 (but 车老师 is anybody)."""
    return any(f"{name[0]}{form}" in text for form in _FORMS_OF_ADDRESS) or f"老{name[0]}" in text


def calls_another(called: str, name: str) -> bool:
    """Whether somebody else is called: 王女士 for 魏沁兰, 田广胜先生 for 田广生; 明朗先生 is 韦明朗, 老先生 anybody."""
    bare = _TITLE.sub("", called).removeprefix("老").removeprefix("小")
    if not bare or (len(bare) > 1 and name.endswith(bare)):
        return False
    return bare[0] != name[0] or len(bare) >= len(name)
