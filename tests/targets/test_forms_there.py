"""Real ticket systems: submitted by recipe, answered by their staff, noticed, read, measured; and never twice."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.workspaces import CHEN, build, call, change, command, environment, rows
from tests.servers.gate import Gate
from tests.targets.helpdesk import Helpdesk, HelpdeskWithCaptcha
from tests.targets.request_tracker import PASSWORD, RequestTracker
from tests.targets.running import REQUESTER, Target, need
from tests.targets.trac import Trac
from tracker.services.asks import answer_ask, open_asks
from tracker.services.forms import FormReport, FormWorker
from tracker.services.platforms import keep_login
from tracker.services.tick import tick
from tracker.settings import Workspace
from tracker.store.database import reading, writing

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
SITES = {"helpdesk": Helpdesk, "trac": Trac, "request-tracker": RequestTracker}
ANSWER = "经检索，您申请的部门决算公开说明本机关未制作、未保存，该信息不存在。"
RECIPES = Path(__file__).parent / "recipes"


@dataclass
class There:
    """A workspace with one request to a running target, by its recipe."""

    site: Target
    workspace: Workspace
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.worker = FormWorker(self.workspace, lambda: self.now)

    def turn(self, later: timedelta = timedelta()) -> FormReport:
        self.now += later
        report = self.worker.turn()
        tick(self.workspace, self.now, lambda: self.now)
        return report

    @property
    def request(self) -> dict[str, Any]:
        seen = call(self.workspace.root, "status", "--all", "--json", clock=lambda: self.now).json
        (one,) = seen["requests"]
        return one


def workspace_for(folder: Path, platform: str, address: str, form: str) -> Workspace:
    recipe = json.loads((RECIPES / f"{platform}.json").read_text(encoding="utf-8"))
    workspace = build(
        folder, smtp_port=1, imap_port=1, offices=(), forms=[address + form], recipe=recipe,
        planned_at=NOW - timedelta(days=30),
    )  # fmt: skip
    change(folder, "INSERT INTO mailbox_health VALUES (?, '2026-02-01', '2026-03-01 00:00:00', 0, '')", CHEN)
    with writing(workspace.engine) as session:
        keep_login(session, workspace, "A01", "request-tracker", REQUESTER, PASSWORD, NOW)
    return workspace


@contextmanager
def there(folder: Path, platform: str, kind: type[Target]) -> Iterator[There]:
    need(kind)
    with kind(folder / "site") as site:
        place = There(site, workspace_for(folder / "workspace", platform, site.address, site.form))
        with closing(place.worker):
            yield place


def answered_and_read(place: There) -> None:
    (ticket,) = place.site.tickets()
    place.site.staff_replies(ticket.id, ANSWER, closes=True)
    place.turn(timedelta(days=2))
    assert (place.request["state"], place.request["outcome"]) == ("replied", "not_held")
    (payload,) = rows(place.workspace.root, "SELECT payload FROM event WHERE kind = 'read'")
    read = json.loads(payload[0])
    assert read["match"] == ["number"]
    assert place.request["verdict"] == "in_time"
    assert call(place.workspace.root, "verify")


@pytest.mark.parametrize("platform", SITES)
def test_a_request_is_submitted_answered_there_noticed_and_measured(tmp_path: Path, platform: str) -> None:
    with there(tmp_path, platform, SITES[platform]) as place:
        assert place.turn().submitted == 1
        (ticket,) = place.site.tickets()
        assert ticket.title == "部门决算公开说明"
        assert "请公开贵单位上年度部门决算公开说明。" in ticket.body
        assert place.turn(timedelta(days=2)).looked_up == 1
        assert place.request["state"] == "sent"
        answered_and_read(place)
        assert place.site.ticket_count() == 1


def test_a_captcha_there_is_read_by_a_person(tmp_path: Path) -> None:
    with there(tmp_path, "helpdesk-captcha", HelpdeskWithCaptcha) as place:
        assert place.turn().submitted == 0
        assert answer_ask(place.workspace, place.request["reference"], "nonsense", "person:li", place.now)
        place.turn()
        place.turn()
        assert place.site.ticket_count() == 0
        with reading(place.workspace.engine) as session:
            (asked,) = open_asks(session, place.now)
        assert asked.picture.startswith(b"\x89PNG")
        # the person sees the picture; the test knows what it shows from the site's own table
        key = place.site.captcha_keys()[-1]
        text = place.site.captcha_answer(key)
        assert answer_ask(place.workspace, place.request["reference"], text, "person:li", place.now)
        assert place.turn().submitted == 1
        answered_and_read(place)


# --- killed at every step ---------------------------------------------------------------------------------


def ticked(folder: Path) -> None:
    """`tracker tick` as a process; that no mailbox can be reached is not our matter here."""
    subprocess.run(command(folder, "tick"), env=environment(), capture_output=True, timeout=60, check=False)


def killed(folder: Path, gate: Gate, line: str, where: str) -> None:
    gate.hold(line, where)
    running = subprocess.Popen(command(folder, "tick"), env=environment(), stderr=subprocess.DEVNULL)
    assert gate.is_reached.wait(30)
    running.send_signal(signal.SIGKILL)
    running.wait()
    gate.release()


SENDING = {
    "helpdesk": "POST /tickets/submit/",
    "trac": "POST /newticket",
    "request-tracker": "POST /SelfService/Create",
}


@pytest.mark.parametrize(
    ("step", "where", "expected"),
    [
        ("opening", "before", "sent"),
        ("opening", "behind", "sent"),
        ("sending", "before", "unsettled"),
        ("sending", "behind", "unsettled"),
    ],
)
@pytest.mark.parametrize("platform", SITES)
def test_killed_at_any_step_the_sites_own_count_equals_ours(
    tmp_path: Path, platform: str, step: str, where: str, expected: str
) -> None:
    kind = SITES[platform]
    need(kind)
    with kind(tmp_path / "site") as site, Gate(site.address) as gate:
        folder = tmp_path / "workspace"
        workspace_for(folder, platform, gate.address, site.form)
        killed(folder, gate, SENDING[platform] if step == "sending" else "GET", where)
        for _again in range(2):
            ticked(folder)
        ((status,),) = rows(folder, "SELECT status FROM outbox")
        assert (status, site.ticket_count()) == (expected, 1)
        if expected == "unsettled":
            (task,) = call(folder, "task", "list", "--json").json
            found = [{name: one[name] for name in ("receipt_no", "title")} for one in task.get("found", ())]
            # where a site has a list, what stands there with our title is in the task of who settles it
            assert found == (
                [] if platform == "helpdesk" else [{"receipt_no": "1", "title": "部门决算公开说明"}]
            )
