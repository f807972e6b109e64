"""What counts is when an answer arrived, not when we looked."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.workspaces import CHEN, OFFICES, answer, build, message_ids, status, tick
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import ScriptedSmtp
from tracker.domain.terms import SHANGHAI

pytestmark = pytest.mark.needs("dovecot")

SENT_AT = datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI)
DUE_ON = "2026-03-30"  # twenty working days after 2 March 2026; there is no day off in between
POLLED_AT = datetime(2026, 3, 31, 0, 0, 30, tzinfo=SHANGHAI)
BEFORE_MIDNIGHT = datetime(2026, 3, 30, 23, 59, 30, tzinfo=SHANGHAI)
AFTER_MIDNIGHT = datetime(2026, 3, 31, 0, 0, 10, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("arrived_at", "received", "verdict", "days"),
    [
        (BEFORE_MIDNIGHT, "", "in_time", 20),
        (AFTER_MIDNIGHT, "", "late", 21),
        (AFTER_MIDNIGHT, "Mon, 30 Mar 2026 23:59:50 +0800", "in_time", 20),
        (AFTER_MIDNIGHT, "Mon, 30 Mar 2026 15:59:50 +0000", "in_time", 20),
        (BEFORE_MIDNIGHT, "Tue, 31 Mar 2026 00:00:05 +0800", "in_time", 20),
    ],
    ids=[
        "arrived at 23:59:30",
        "arrived at 00:00:10",
        "its server had it at 23:59:50, the folder at 00:00:10",
        "the same, stamped in UTC",
        "in the folder before a clock that runs fast",
    ],
)
def test_a_reply_polled_after_midnight_counts_by_its_arrival(
    tmp_path: Path, dovecot: Dovecot, arrived_at: datetime, received: str, verdict: str, days: int
) -> None:
    folder, office = tmp_path / "workspace", OFFICES[0]
    with ScriptedSmtp() as server:
        build(
            folder,
            smtp_port=server.port,
            imap_port=dovecot.imap_port,
            offices=[office],
            planned_at=SENT_AT - timedelta(days=40),
        )
        assert tick(folder, lambda: SENT_AT.astimezone(UTC))["sent"] == 1
    dovecot.deliver(CHEN, answer(office, message_ids(folder)[office], received=received), arrived_at)
    assert tick(folder, lambda: POLLED_AT.astimezone(UTC))["taken_in"] == 1
    (request,) = status(folder, lambda: POLLED_AT.astimezone(UTC))["requests"]
    assert (request["due_on"], request["state"]) == (DUE_ON, "replied")
    assert (request["verdict"], request["response_days"]) == (verdict, days)
