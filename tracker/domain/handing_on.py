"""Which office a letter says was asked, and how it came to the one who writes."""

import re

_HANDED_TO_US = re.compile(
    r"转来的(?=[，。；,;\n])|给了?我们?(?:您|你)的?(?:来?信|申请|邮件)|把(?:您|你)的?[^，。；\n]{0,8}交给了?(?:我|咱)|转(?:来|到|给)(?:了|的)?(?:您|你|我|本|镇|乡|村|咱|咨询|问题|申请|来?信|来?件)|把(?:您|你)?[^，。；\n]{0,12}给(?:了)?(?:我们|咱们)|把(?:您|你)[^，。；\n]{0,24}转(?:来|过来|给我)"
)
_TOLD_TO_WRITE = re.compile(
    r"(?:让|叫|请|安排)(?:我们?)?[^，。；\n]{0,6}(?:回|答复?)(?:您|你)|(?:让|叫|请|安排)[^，。；\n]{1,8}给(?:您|你)(?:答|回)|(?:让|叫|请|托|安排|要求|委托)我们?[^，。；\n]{0,4}(?:回|答|发|把|跟|给|联系|说|寄|一并)|给[^，。\n]{1,8}(?:写|发|寄)的(?:信|邮件|申请)"
)
_ASKED_AT = re.compile(
    r"(?<![议请可应])(?:您|你)(?:\d{1,2}月)?(?:\d{1,2}[日号])?(?:去|写信|打电话|发邮件|[^，。；;\n]{2,30}分别)?(?:问|找|致信|寄给|写给|发给|寄往|发往|[提递]交给?)(?:了|过)?([^，。；;\n的]{2,16}(?:局|委|办|厅|政府|街道|镇|乡))(?:旧邮箱)?[的、，]"
)
_TURNED_TO = re.compile(
    r"(?<![议请可应])(?:您|你|申请人)(?:(?![可应请需须再])[^，。；;\n]){0,16}?向[【\[“]?([^，。；;\n]{2,24}?)[】\]”]?(?:提出|提交|申请|咨询|反映|来信)"
)
_HANDED_ON = re.compile(
    r"(?:^|[，。；;：:\n])([^，。；;：:\n]{2,20}?)(?:\d{1,2}月\d{1,2}日)?(?:分别)?(?:把(?:您|你)?[^，。；;\n]{0,24}(?:转|抄|交|报|给)|将(?:您|你)[^，。；;\n]{0,24}(?:转|抄|报)(?:给|到|来|送|至)?我|(?:给我们)?转来(?:了|的)?(?:您|你|申请|来信|信|咨询|问题|来?件)|(?:让|叫|请|安排|委托|要求)(?:我|[补来]?[回答发]|告诉|转告)|(?:打电话(?:来)?)?说(?:您|你))"
)
_OFFICE = re.compile(
    r"[\u4e00-\u9fff](?:局|委|厅|办|处|科|股|所|站|队|院|校|中学|小学|中心|馆|政府|管委会|街道|镇|乡|村|社区)(?:\W|$|[\u4e00-\u9fff]{2,4}$)"
)
_ANY_OFFICE = frozenset({"乡镇", "各乡镇", "镇", "乡", "村", "局", "上级"})
_AND = re.compile("[、和及与]|分别")


def offices_asked(text: str) -> list[str]:
    """As a letter calls those to which the applicant turned, or from which his letter was handed on."""
    found = [*_TURNED_TO.findall(text), *_ASKED_AT.findall(text), *_HANDED_ON.findall(text)]
    return [name for each in found for name in _AND.split(each) if name and name not in _ANY_OFFICE]


def is_handed_on(text: str) -> bool:
    """Whether the writer says that the letter he answers was handed on to him."""
    return _HANDED_TO_US.search(text) is not None


def is_told_to_write(text: str) -> bool:
    """Whether the writer says that his office told him to, or that he saw a letter sent to it."""
    return _TOLD_TO_WRITE.search(text) is not None


def ends_in_office(name: str) -> bool:
    """Whether a name, or a line of a signature, is that of some office: 四井区应急局 黄."""
    return _OFFICE.search(name) is not None
