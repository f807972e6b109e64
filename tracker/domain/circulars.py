"""What is written for everybody, and not to one who asked: circulars, newsletters, advertising."""

import re

from tracker.domain.courtesies import is_called

_TO_MANY = re.compile(
    r"\s*(?:各[^\n:：]{1,30}|(?:广大|全体)[^\n:：]{1,16}|[^\n:：，。]{0,12}(?:居民|市民|群众|用户|业主|朋友|乡亲|家长|商户)们?)\s*[:：]"
    r"|\s*亲爱的[^\n:：，,。]{0,6}[：:，,]|\s*各位[^\n:：，,。]{0,16}(?:居民|市民|群众|用户|业主|朋友|家长)们?\s*[，,]|\s*面向[^，。\n]{2,40}"
    r"|\s*[^\n:：，。]{2,20}(?:学校|小学|中学|公司|幼儿园|医院|企业|协会|合作社|村委会|居委会|社区|商户)\s*[:：]"
)
_ISSUE = re.compile(
    r"要闻|简报|周报|快讯|快报|第\s*\d+\s*期|newsletter|(?:公告|提醒|(?<!系统)(?<!受理)(?<!登记)提示)\s*[:：]|(?:出行|温馨|安全|天气)提示$|报名(?:开始|通知|啦|了)*$",
    re.IGNORECASE,
)
_UNSUBSCRIBE = re.compile(r"退订|回复\s*TD|不想再收到|(?:查看|阅读)全文|unsubscribe", re.IGNORECASE)
_CIRCULAR = re.compile(
    r"公告|公示|通告|倡议|宣传|邀请|邀您|活动|讲座|直播|招聘|开放日|欢迎(?:参|使用|关注)|即日起|扫码|报名|转告|敬请|绕行|封闭施工|停水|停电|放假|暂停服务|公开征求|现公开|现公布|已公告"
    r"|知识|健康|防范|注意|谨防|高发|切勿|温馨|乡亲|家长|市民|居民朋友|广大"
)
_INVITATION = re.compile(
    r"诚邀|邀请(?:您|你|$)|欢迎参[观加与]|报名请|问卷|满意度调查(?!报告|结果|得分|情况)|面向(?:所有|全体|广大)",
    re.MULTILINE,
)
_TO_SOMEBODY = re.compile(
    r"(?:您|你)们?(?:好|的|所|提|问|申请|要|反映|来|发|询|说|咨询|寄|写|那|这)|来信|来函|来件|来电"
    r"|(?:的|该|此|本|件|份|号|两)申请|申请(?:人|书|已|收|件|的)|申请公开|的咨询|咨询(?:件|已)|答复|回复|告知书|收悉|收到|已登记|已受理|受理号|更正|补发|补充"
    r"|延长|延期|出差|外出|休假"
)


def many_addressed(text: str) -> str:
    """The words by which a circular addresses its readers (各单位：), "" where it is none."""
    called = _TO_MANY.match(text)
    return called[0] if called else ""


def is_issue(subject: str) -> bool:
    """Whether a subject is that of a newsletter."""
    return _ISSUE.search(subject) is not None


def can_be_cancelled(text: str) -> bool:
    """Whether it offers to be sent no more, as what nobody asked for does."""
    return _UNSUBSCRIBE.search(text) is not None


def is_to_somebody(text: str, folded: str, name: str) -> bool:
    """Whether it speaks to one who wrote, best by his `name` (folded, as `folded` is the text)."""
    is_named = bool(name) and (name in folded or is_called(name, folded))
    return is_named or _TO_SOMEBODY.search(text) is not None


def invites(text: str) -> bool:
    """Whether it asks its readers to come, or to fill in a questionnaire."""
    return _INVITATION.search(text) is not None


def announces(text: str) -> bool:
    """Whether it has words of announcements."""
    return _CIRCULAR.search(text) is not None
