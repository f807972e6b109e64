"""What may be committed: known places, invented addresses, nothing of the machine it was written on."""

import re
from pathlib import Path

import pytest

from tests.checkout import ROOT, TOP_LEVEL, kept_files, name_of, text_of


def test_the_top_level_holds_only_what_it_should():
    entries = {path.relative_to(ROOT).parts[0] for path in kept_files()}
    assert {entry for entry in entries if not entry.startswith(".")} <= TOP_LEVEL


# written so that they do not match themselves
MACHINE_PATHS = re.compile(
    r"(?<![\w.])/(?:[w]ork|[r]oot|(?:[h]ome|[U]sers)/\w+)/|[A-Z]:\\+[U]sers\\|\.[p]yenv"
)
REGISTRIES = re.compile(
    r"\b[p]ypi\.org|[p]ythonhosted\.org|[d]ebian\.org|[n]pmjs\.org|\b[p]ypi\.\w+\.|[i]ndex-url|file:///[o]pt"
)


@pytest.mark.parametrize("places", [MACHINE_PATHS, REGISTRIES], ids=["paths of a machine", "registries"])
def test_no_committed_file_names(places):
    found = [
        f"{name_of(path)}: {match[0]}" for path in kept_files() for match in places.finditer(text_of(path))
    ]
    assert found == []


ADDRESS = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}", re.I)
HOST = re.compile(r"https?://((?:[\w-]+\.)+[\w-]+)", re.I)
INVENTED = re.compile(r"(.*[@.])?(test|example)|localhost|127\.0\.0\.1", re.I)
# texts of law and of standards that are cited, and names that formats and licences are known by
CITED_HOSTS = {
    "www.gov.cn", "flk.npc.gov.cn", "www.court.gov.cn",
    "keepachangelog.com", "semver.org", "spdx.org", "opensource.org",
    "json-schema.org", "specs.frictionlessdata.io", "datapackage.org", "www.w3.org", "schemas.openxmlformats.org",
    "schemas.microsoft.com", "purl.org", "www.ofdspec.org",
}  # fmt: skip


def unfolded(path: Path) -> str:
    """A mail's lines are cut anywhere, in an address as well."""
    return text_of(path).replace("=\r\n", "") if path.suffix == ".eml" else text_of(path)


def test_every_mail_address_is_an_invented_one():
    found = [
        f"{name_of(path)}: {address}"
        for path in kept_files()
        for address in ADDRESS.findall(unfolded(path))
        if not INVENTED.fullmatch(address)
    ]
    assert found == []


def test_every_web_address_is_invented_or_a_cited_text():
    found = [
        f"{name_of(path)}: {host}"
        for path in kept_files()
        for host in HOST.findall(unfolded(path))
        if not INVENTED.fullmatch(host) and host not in CITED_HOSTS
    ]
    assert found == []
