"""What is known of the big mail providers: where they are, how often they may be asked, what to distrust.

A profile is chosen by name (`provider` in tracker.toml), else by the IMAP host, else by the mailbox's
domain. Folder names come on top of the usual ones for junk.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Provider:
    """`is_idle_worth_it`: whether its IDLE brings news sooner than polling does.

    `trusts_dates`: whether SEARCH by date finds what it should. `hosts`: ends of names of its servers.
    """

    name: str
    domains: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()
    imap_host: str = ""
    smtp_host: str = ""
    smtp_security: Literal["tls", "starttls"] = "tls"
    shortest_poll_seconds: int = 1
    is_idle_worth_it: bool = True
    junk_names: tuple[str, ...] = ()
    trusts_dates: bool = True


OTHER = Provider("other")
_QQ_FOLDERS = ("QQ邮件订阅",)
_NETEASE_FOLDERS = ("病毒文件夹", "病毒邮件")

PROVIDERS = (
    Provider(
        "exmail",  # before qq: its hosts end alike
        frozenset({"exmail.qq.com"}),
        ("exmail.qq.com",),
        "imap.exmail.qq.com",
        "smtp.exmail.qq.com",
        shortest_poll_seconds=120,
        is_idle_worth_it=False,
        trusts_dates=False,
    ),
    Provider(
        "qq",
        frozenset({"qq.com", "vip.qq.com", "foxmail.com"}),
        ("qq.com",),
        "imap.qq.com",
        "smtp.qq.com",
        shortest_poll_seconds=120,
        is_idle_worth_it=False,
        junk_names=_QQ_FOLDERS,
        trusts_dates=False,
    ),
    *(
        Provider(
            domain.partition(".")[0],
            frozenset({domain}),
            (domain,),
            f"imap.{domain}",
            f"smtp.{domain}",
            shortest_poll_seconds=60,
            is_idle_worth_it=False,
            junk_names=_NETEASE_FOLDERS,
            trusts_dates=False,
        )
        for domain in ("163.com", "126.com", "yeah.net")
    ),
    Provider(
        "aliyun",
        frozenset({"aliyun.com"}),
        ("aliyun.com", "mxhichina.com"),
        "imap.aliyun.com",
        "smtp.aliyun.com",
        shortest_poll_seconds=60,
        trusts_dates=False,
    ),
    Provider(
        "outlook",
        frozenset({"outlook.com", "hotmail.com", "live.com", "live.cn", "msn.com"}),
        ("outlook.com", "office365.com", "partner.outlook.cn"),
        "outlook.office365.com",
        "smtp.office365.com",
        smtp_security="starttls",
        shortest_poll_seconds=60,
        junk_names=("Clutter", "待筛选邮件"),
    ),
    OTHER,
)
NAMES = tuple(provider.name for provider in PROVIDERS)


def provider_of(mailbox: str, imap_host: str = "", name: str = "") -> Provider:
    """The profile of a mailbox; `OTHER` where nothing is known. `name` is one of `NAMES` or empty."""
    if name:
        return next(provider for provider in PROVIDERS if provider.name == name)
    if imap_host:
        known = (provider for provider in PROVIDERS if _ends_with(imap_host.lower(), provider.hosts))
    else:
        domain = mailbox.rpartition("@")[2].lower()
        known = (provider for provider in PROVIDERS if domain in provider.domains)
    return next(known, OTHER)


def _ends_with(host: str, names: Collection[str]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)
