"""What a mail system says of a letter it could not deliver, where no machine-readable part says it (RFC 3464)."""

import re
from email.message import Message as Part

from flufl.bounce import all_failures

from tracker.domain.message import DeliveryReport, is_mail_system

_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.ASCII)
_RETURNED = re.compile(
    r"退信|被退回|退回(?:通知|原因)|投递失败|发送失败|无法(?:投递|送达|传递)|未(?:能)?(?:送达|传递)|传递失败|系统退信"
    r"|undeliver|returned mail|delivery (?:status notification|fail)|mail delivery failed|failure notice"
    r"|could not be delivered",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"returned mail|deliver(?:y|ed)|non-?delivery|undeliver|failure notice|mail (?:error|warning)|退信|投递",
    re.IGNORECASE,
)
_STILL_TRYING = re.compile(
    r"(?<!不)(?<!不会)(?<!不再)(?:继续|再次|仍在|自动)[^。\n]{0,8}(?:尝试|重试|投递)|投递延[迟误]|投递的邮件已?延迟|[内会将]重试投递|延迟(?:传递|投递)|暂(?:时)?(?:未|无法)[^。\n]{0,6}(?:送达|投递)"
    r"|will (?:continue|keep) (?:to )?(?:try|retry)|will be retried|still being retried|delayed|retrying|still in queue|will be attempted|not (?:yet )?been (?:accepted|delivered)|暂时拒收",
    re.IGNORECASE,
)
_WARNS = re.compile(
    r"\(delay(?:ed)?\)|警告邮件|无需重(?:新|复)发送|不需要(?:您)?重新发送|warning (?:message )?only|will be (?:retried|attempted)|action: delayed",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"(?:重试|尝试|投递)[^。\n]{0,8}失败[^。\n]{0,6}退回|已(?:经)?(?:被)?退回|放弃投递|不再(?:重试|尝试)|gave up|giving up",
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])|(?<!\d)([45])\d\d(?=[ -])")
_NAMED_MACHINE = re.compile(
    r"系统退信|退信|邮件系统|投递系统|投递状态|邮箱(?:管理员|团队)?$|mail delivery", re.IGNORECASE
)


def report_in(tree: Part, sender: str, sender_name: str, subject: str, text: str) -> DeliveryReport | None:
    """The report that a mail system wrote in words; None for what a person or an automatic answer wrote.

    `recipient` is the address that failed, `status` what stands there (x.y.z, or empty).
    """
    is_machine = is_mail_system(sender) or (
        _NAMED_MACHINE.search(sender_name) and (_RETURNED.search(subject) or _STILL_TRYING.search(subject))
    )
    if not is_machine and not _SUBJECT.search(subject):
        return None
    temporary, permanent = all_failures(tree)
    failed = sorted(address.decode("ascii", "replace").lower() for address in permanent or temporary)
    said = f"{subject}\n{text}"
    is_delay = _STILL_TRYING.search(said) is not None and not _GIVEN_UP.search(said)
    if failed:
        is_final = bool(permanent) and not (is_delay and _WARNS.search(said))
        return DeliveryReport("failed" if is_final else "delayed", _status(text), failed[0])
    if not is_machine:
        return None
    if not is_delay and not _RETURNED.search(said):
        return None
    return DeliveryReport("delayed" if is_delay else "failed", _status(text), _recipient(text, sender))


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[1] or f"{found[2]}.0.0" if found else ""


def _recipient(text: str, sender: str) -> str:
    addresses = (address.lower() for address in _ADDRESS.findall(text))
    return next((address for address in addresses if address != sender), "")
