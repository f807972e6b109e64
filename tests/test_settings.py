"""tracker.toml says how each mailbox is reached; what it leaves out the provider's profile fills in."""

from pathlib import Path

import pytest

from tracker.errors import UserError
from tracker.settings import Account, read_settings


def account_of(folder: Path, text: str) -> Account:
    (folder / "tracker.toml").write_text("[[account]]\n" + text)
    (account,) = (read_settings(folder).accounts or {}).values()
    return account


def test_a_mailbox_at_a_known_provider_needs_no_servers_named(tmp_path: Path) -> None:
    account = account_of(tmp_path, 'mailbox = "chen@{}"'.format("qq.com"))
    assert (account.imap.host, account.imap.port, account.imap.security) == ("imap.qq.com", 993, "tls")
    assert (account.smtp.host, account.smtp.port, account.smtp.security) == ("smtp.qq.com", 465, "tls")
    assert (account.imap.idle, account.imap.trusts_dates) == (False, False)
    assert account.provider.shortest_poll_seconds == 120


def test_outlook_submits_with_starttls(tmp_path: Path) -> None:
    account = account_of(tmp_path, 'mailbox = "chen@city.test"\nprovider = "outlook"')
    assert (account.smtp.host, account.smtp.port) == ("smtp.office365.com", 587)
    assert account.smtp.security == "starttls"


def test_what_is_written_weighs_more_than_the_profile(tmp_path: Path) -> None:
    text = (
        'mailbox = "chen@city.test"\nprovider = "qq"\nimap_host = "127.0.0.1"\nsmtp_host = "127.0.0.1"\n'
        'idle = true\nfolders = ["INBOX"]\nalso_watch = ["单位回复"]'
    )
    account = account_of(tmp_path, text)
    assert (account.imap.host, account.smtp.host, account.imap.idle) == ("127.0.0.1", "127.0.0.1", True)
    assert (account.imap.folders, account.imap.also_watch) == (("INBOX",), ("单位回复",))
    assert account.provider.name == "qq"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (
            'provider = "gmail"',
            'provider = "gmail" is not one of exmail, qq, 163, 126, yeah, aliyun, outlook, other',
        ),
        ('provider = "other"', "missing imap_host, smtp_host"),
        ('folders = "INBOX"', "folders = INBOX: write a list of names"),
        ("also_watch = [1]", r"also_watch = \[1\]: write a list of names"),
    ],
)
def test_a_mistake_in_an_account_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    hosts = "" if "provider" in line else 'imap_host = "h"\nsmtp_host = "h"\n'
    with pytest.raises(UserError, match=complaint):
        account_of(tmp_path, f'mailbox = "chen@city.test"\n{hosts}{line}')
