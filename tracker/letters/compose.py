"""A template and the facts of one request to the final bytes of one letter."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import UndefinedError

from tracker.domain.terms import SHANGHAI, RequestKind

_SUBJECT_LINE = re.compile(r"Subject:\s*(\S.*)")
_ENVIRONMENT = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


class TemplateError(Exception):
    """A template that cannot become a letter. `variable` is set where an unknown one is the reason."""

    def __init__(self, line: int, *, variable: str = "", reason: str = "") -> None:
        super().__init__(f"line {line}: {reason or variable}")
        self.line = line
        self.variable = variable
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter may speak of: each field but `kind` is a template variable of that name.

    `letter_date` is one more, made from the date of the letter: 2026年11月24日.
    """

    kind: RequestKind
    unit_name: str
    question_title: str
    question_text: str
    applicant_name: str
    identity_number: str = ""
    phone: str = ""
    postal_address: str = ""
    email: str = ""


VARIABLES = frozenset(Letter.__dataclass_fields__) - {"kind"} | {"letter_date"}


def compose(template_text: str, letter: Letter, *, recipient: str, message_id: str, date: datetime) -> bytes:
    """The final bytes of a letter from the applicant's own address (`letter.email`) to one recipient.

    Raises `TemplateError` if the template knows no such variable. The bytes name neither this
    program nor its host.
    """
    subject, body = render(template_text, letter, date)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(letter.applicant_name, addr_spec=letter.email)
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(date.astimezone(SHANGHAI))
    message["Message-ID"] = message_id
    message.set_content(body, charset="utf-8", cte="base64")
    return message.as_bytes()


def render(template_text: str, letter: Letter, date: datetime) -> tuple[str, str]:
    """`(subject, body)` of a letter written on `date`, an aware moment."""
    check_template(template_text)
    local = date.astimezone(SHANGHAI)
    values = {**asdict(letter), "letter_date": f"{local.year}年{local.month}月{local.day}日"}
    subject, body = _halves(template_text)
    try:
        written = (_ENVIRONMENT.from_string(half).render(values) for half in (subject, body))
        return " ".join(next(written).split()), next(written).strip() + "\n"
    except UndefinedError as fault:  # an attribute of a known variable
        raise TemplateError(1, reason=str(fault)) from None


def variables_of(template_text: str) -> dict[str, int]:
    """The variables a template speaks of, each with the line it first stands on."""
    try:
        tree = _ENVIRONMENT.parse(template_text)
    except TemplateSyntaxError as fault:
        raise TemplateError(fault.lineno, reason=fault.message or "syntax") from None
    names = list(tree.find_all(nodes.Name))
    own = {name.name for name in names if name.ctx != "load"}  # set by the template itself
    found: dict[str, int] = {}
    for name in sorted(names, key=lambda each: each.lineno):
        if name.name not in own:
            found.setdefault(name.name, name.lineno)
    return found


def check_template(template_text: str) -> None:
    """Raise `TemplateError` for a missing subject line, a syntax fault or an unknown variable."""
    _halves(template_text)
    for name, line in variables_of(template_text).items():
        if name not in VARIABLES:
            raise TemplateError(line, variable=name)
    try:
        _ENVIRONMENT.from_string(template_text)
    except TemplateSyntaxError as fault:  # an unknown filter or test shows only here
        raise TemplateError(fault.lineno, reason=fault.message or "syntax") from None


def compose_fields(letter: Letter) -> dict[str, str]:
    """The same texts for a web form or a counter, label -> text in a form's usual order, none empty."""
    fields = _disclosure_fields if letter.kind is RequestKind.DISCLOSURE else _consultation_fields
    return {label: text for label, text in fields(letter).items() if text}


def _disclosure_fields(letter: Letter) -> dict[str, str]:
    return {
        "受理单位": letter.unit_name,
        "申请人类别": "公民",
        "申请人姓名": letter.applicant_name,
        "证件名称": "居民身份证" if letter.identity_number else "",
        "证件号码": letter.identity_number,
        "联系电话": letter.phone,
        "通信地址": letter.postal_address,
        "电子邮箱": letter.email,
        "所需信息的名称": letter.question_title,
        "所需信息的内容描述": letter.question_text,
        "提供信息的载体形式": "电子文件",
        "获取信息的方式": "电子邮件",
    }


def _consultation_fields(letter: Letter) -> dict[str, str]:
    return {
        "受理单位": letter.unit_name,
        "姓名": letter.applicant_name,
        "联系电话": letter.phone,
        "电子邮箱": letter.email,
        "标题": letter.question_title,
        "内容": letter.question_text,
    }


def _halves(template_text: str) -> tuple[str, str]:
    head, separator, body = template_text.replace("\r\n", "\n").partition("\n\n")
    subject = _SUBJECT_LINE.fullmatch(head)
    if subject is None or not separator:
        raise TemplateError(1, reason="the first line must be `Subject: ...`, then a blank line")
    return subject[1], body
