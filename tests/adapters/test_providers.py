"""A mailbox at a known provider gets its servers and its manners from the table."""

import re

import pytest

from tracker.adapters.providers import OTHER, PROVIDERS, provider_of


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("qq.com", "qq"), ("QQ.com", "qq"), ("foxmail.com", "qq"), ("163.com", "163"), ("126.com", "126"),
        ("yeah.net", "yeah"), ("aliyun.com", "aliyun"), ("outlook.com", "outlook"), ("citizens.test", "other"),
        ("notqq.com", "other"),
    ],
)  # fmt: skip
def test_a_mailbox_is_known_by_its_domain(domain: str, name: str) -> None:
    assert provider_of(f"chen@{domain}").name == name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("imap.exmail.qq.com", "exmail"), ("hwimap.exmail.qq.com", "exmail"), ("imap.qq.com", "qq"),
        ("imap.qiye.163.com", "163"), ("imap.mxhichina.com", "aliyun"), ("outlook.office365.com", "outlook"),
        ("imap.notqq.com", "other"), ("127.0.0.1", "other"),
    ],
)  # fmt: skip
def test_a_domain_of_ones_own_is_known_by_its_host_and_the_host_weighs_more(host: str, name: str) -> None:
    assert provider_of("chen@city.test", host).name == name
    assert provider_of("chen@" + "qq.com", host).name == name


def test_the_setting_weighs_most() -> None:
    assert provider_of("chen@city.test", "127.0.0.1", "qq").shortest_poll_seconds == 120
    assert provider_of("chen@" + "qq.com", "", "other") is OTHER


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_a_provider_is_found_by_each_of_its_own_names(provider) -> None:
    assert all(provider_of(f"chen@{domain}") is provider for domain in provider.domains)
    for host in (provider.imap_host, provider.smtp_host):
        assert bool(host) is (provider is not OTHER)
        assert not host or provider_of("chen@city.test", host) is provider
        assert not host or re.fullmatch(r"[a-z0-9.-]+", host)
