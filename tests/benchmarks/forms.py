"""The benchmark of forms: `python -m tests.benchmarks.forms [--requests N] [--polls N] [--browser N]`.

The same requests to the same site in one run: submissions and look-ups by the `http` executor, from the queue
to events in the database, beside bare httpx; by a kept browser beside bare Playwright; and the memory of many polls.
"""

import argparse
import json
import resource
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import httpx
from parsel import Selector

from tests.acceptance.workspaces import CHEN, build, change
from tracker.rehearsal.sites import Books, Sites
from tracker.services.forms import FormWorker
from tracker.settings import Workspace

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
CODE, PHONE = "101", "13000000001"
FIELDS = {
    "xm": "陈示例", "zjhm": "SAMPLE-ID-0815", "lxdh": PHONE, "dzyx": CHEN, "txdz": "示例街1号",
    "bt": "部门决算公开说明", "nrms": "请公开贵单位上年度部门决算公开说明。",
}  # fmt: skip
UNSEEN = {
    "sysid": CODE,
    "lx": "ysqgk",
    "sqrlx": "0",
    "zjlx": "0",
    "yzbm": "",
    "gkwh": "",
    "tgfs": "dz",
    "hqfs": "1",
}
_RECIPES = Path(__file__).parents[2] / "data/rehearsals/yanan-2020"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.forms")
    parser.add_argument("--requests", type=int, default=200, help="submissions by http")
    parser.add_argument("--polls", type=int, default=1000, help="look-ups for the memory")
    parser.add_argument("--browser", type=int, default=20, help="submissions by browser; 0 for none")
    chosen = parser.parse_args(arguments)
    _compare_http(chosen.requests, chosen.polls)
    if chosen.browser:
        _compare_browser(chosen.browser)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _compare_http(requests: int, polls: int) -> None:
    with _site() as (sites, books), tempfile.TemporaryDirectory() as folder:
        begin = perf_counter()
        receipts = _submit_bare(sites.address("iframe_gbk"), requests)
        bare = requests / (perf_counter() - begin)
        workspace = _workspace(Path(folder) / "w", sites.address("iframe_gbk"), requests, "http")
        clock = _Clock()
        with closing(FormWorker(workspace, clock)) as worker:
            begin = perf_counter()
            done = worker.turn().submitted
            ours = done / (perf_counter() - begin)
            assert done == requests == len(books.submissions) - requests
            _say(f"submit: {ours:6.1f}/s, bare httpx {bare:6.1f}/s, ratio {ours / bare:.2f}")
            clock.now += timedelta(days=2)
            worker.turn()  # the first look is news; from the second on nothing is, as on most days
            clock.now += timedelta(days=2)
            begin = perf_counter()
            _poll_bare(sites.address("iframe_gbk"), receipts)
            bare = requests / (perf_counter() - begin)
            begin = perf_counter()
            done = worker.turn().looked_up
            ours = done / (perf_counter() - begin)
            _say(f"poll:   {ours:6.1f}/s, bare httpx {bare:6.1f}/s, ratio {ours / bare:.2f}")
            _say(f"memory: {_memory_of_polls(worker, workspace, clock, polls)}")


def _memory_of_polls(worker: FormWorker, workspace: Workspace, clock: "_Clock", polls: int) -> str:
    """Peak memory after each fifth of the polls: flat is what it should be."""
    found, done = [], 0
    while done < polls:
        clock.now += timedelta(days=1)
        change(workspace.root, "UPDATE lookup SET next_at = '2026-01-01 00:00:00'")
        done += worker.turn().looked_up
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    return " ".join(f"{megabytes} MB" for megabytes in found)


def _compare_browser(requests: int) -> None:
    with _site() as (sites, _books), tempfile.TemporaryDirectory() as folder:
        workspace = _workspace(Path(folder) / "w", sites.address("iframe_gbk"), requests, "browser")
        with closing(FormWorker(workspace, _Clock())) as worker:
            begin = perf_counter()
            done = worker.turn().submitted
            ours = (perf_counter() - begin) / done
        bare = _bare_playwright(sites.address("iframe_gbk"), requests)
        _say(f"browser: {ours:.2f} s a submission, bare Playwright {bare:.2f} s, ratio {ours / bare:.2f}")


class _Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def _site() -> Iterator[tuple[Sites, Books]]:
    books = Books("BE", lambda: NOW)
    with Sites({"iframe_gbk": books}) as sites:
        yield sites, books


def _workspace(folder: Path, address: str, requests: int, executor: str) -> Workspace:
    recipe = json.loads((_RECIPES / "data/recipes/iframe-gbk/recipe.json").read_text(encoding="utf-8"))
    workspace = build(
        folder,
        smtp_port=1,
        imap_port=1,
        offices=(),
        forms=[f"{address}/jact/ysqgk/apply.jsp?sysid={CODE}"] * requests,
        recipe={
            **recipe,
            "executor": executor,
            "limits": {"per_applicant_per_day": 99_999, "seconds_between": 0},
        },
        parameters=f"dept={CODE}",
        phone=PHONE,
        caps={"per_account_per_day": 99_999, "per_host_per_hour": 99_999},
        planned_at=NOW - timedelta(days=30),
    )
    change(
        folder,
        "INSERT INTO mailbox_health VALUES (?, '2026-02-01', ?, 0, '')",
        CHEN,
        f"{NOW:%Y-%m-%d %H:%M:%S}",
    )
    return workspace


# --- the peers --------------------------------------------------------------------------------------------


def _submit_bare(address: str, count: int) -> list[tuple[str, str]]:
    """Each in a session of its own, over one context of trusted authorities, as ours. Returns the receipts."""
    tls, receipts = httpx.create_ssl_context(), []
    for _ in range(count):
        with httpx.Client(verify=tls, trust_env=False) as client:
            form = Selector(client.get(f"{address}/jact/ysqgk/apply.jsp?sysid={CODE}").text)
            fields = {**UNSEEN, **FIELDS, "token": form.css("input[name=token]::attr(value)").get("")}
            content = urlencode({name: text.encode("gbk") for name, text in fields.items()})
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            page = client.post(f"{address}/jact/save.jsp", content=content, headers=headers)
            number, code = Selector(page.text).xpath("//td[2]/text()").getall()
            receipts.append((number, code))
    return receipts


def _poll_bare(address: str, receipts: Sequence[tuple[str, str]]) -> None:
    tls = httpx.create_ssl_context()
    for number, code in receipts:
        with httpx.Client(verify=tls, trust_env=False) as client:
            assert Selector(client.get(f"{address}/jact/query.jsp").text).css("form")
            page = client.post(f"{address}/jact/query_result.jsp", data={"bh": number, "cxm": code})
            assert (
                Selector(page.text).xpath("//td[.='处理状态']/following-sibling::td/text()").get() == "未处理"
            )


def _bare_playwright(address: str, count: int) -> float:
    """Seconds a submission in one kept browser, a fresh context each."""
    from playwright.sync_api import sync_playwright

    from tracker.adapters.portals.browser import chromium_options

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options())
        begin = perf_counter()
        for _ in range(count):
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{address}/jact/ysqgk/apply.jsp?sysid={CODE}")
            for name, text in FIELDS.items():
                page.fill(f"[name={name}]", text)
            devtools = context.new_cdp_session(page)
            _keep(page, devtools)
            page.click("input[type=submit]")
            page.frame_locator("iframe").get_by_text("受理编号").wait_for()
            _keep(page, devtools)
            context.close()
        return (perf_counter() - begin) / count


def _keep(page: Any, devtools: Any) -> None:
    """The same evidence as ours: what was filled in, and what came of it."""
    page.screenshot(full_page=True)
    devtools.send("Page.captureSnapshot", {"format": "mhtml"})


if __name__ == "__main__":
    main()
