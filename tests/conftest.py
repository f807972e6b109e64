"""Tests say `@pytest.mark.needs("dovecot")`; a machine without it is told so by name, never silently."""

import os
import shutil

import pytest
from hypothesis import settings

from tracker.i18n import use_language

DEBIAN_PACKAGES = {
    "chromium": "chromium fonts-noto-cjk",
    "node": "nodejs npm",
    "dovecot": "dovecot-imapd dovecot-lmtpd",
    "tesseract": "tesseract-ocr tesseract-ocr-chi-sim",
}
_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"  # where servers live, off an ordinary user's PATH
_MISSING = "missing system package"

# examples share two cores with mail servers: their time says nothing
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def spoken_language() -> None:
    """Each test begins in the language of the source, whatever the one before it spoke."""
    use_language("en")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The whole rehearsals come first: a worker that began them last would keep the other one waiting."""
    items.sort(key=lambda one: not any("rehearsal" in mark.args for mark in one.iter_markers("xdist_group")))


def pytest_runtest_setup(item: pytest.Item) -> None:
    programs = [program for marker in item.iter_markers("needs") for program in marker.args]
    missing = [program for program in programs if not _is_installed(program)]
    if not missing:
        return
    packages = " ".join(DEBIAN_PACKAGES.get(program, program) for program in missing)
    item.user_properties.append((_MISSING, packages))
    reason = f"{', '.join(missing)} is not installed: apt-get install {packages}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _is_installed(program: str) -> bool:
    path = os.environ.get("PATH", os.defpath)
    return shutil.which(program, path=f"{path}:{_SYSTEM_FOLDERS}") is not None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List each missing package with what was not tested for want of it (under xdist too)."""
    untested: dict[str, list[str]] = {}
    for report in [*terminalreporter.getreports("skipped"), *terminalreporter.getreports("error")]:
        for name, packages in getattr(report, "user_properties", ()):
            if name == _MISSING:
                untested.setdefault(packages, []).append(report.nodeid)
    if not untested:
        return
    terminalreporter.section("missing system packages")
    for packages, nodeids in sorted(untested.items()):
        terminalreporter.write_line(f"apt-get install {packages}    # {len(nodeids)} not tested:")
        for nodeid in sorted(set(nodeids)):
            terminalreporter.write_line(f"    {nodeid}")
