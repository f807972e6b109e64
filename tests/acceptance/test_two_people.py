"""Two people at one task: one is recorded whole, the other is told, and nothing of theirs stays behind."""

import subprocess
from pathlib import Path

from tests.acceptance.workspaces import build, command, environment, rows

PAIRS = 4


def test_two_people_who_finish_one_task_at_once_leave_one_record(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=1, imap_port=1, web_forms=PAIRS)
    for (reference,) in rows(folder, "SELECT reference FROM request WHERE channel = 'web_form'"):
        people = [
            subprocess.Popen(
                command(folder, "task", "done", f"submit:{reference}", "--receipt-no", str(number)),
                env=environment(),
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(2)
        ]
        told = [person.communicate()[1] for person in people]
        assert sorted(person.returncode for person in people) == [0, 1], told
        assert "Traceback" not in "".join(told)
    assert rows(folder, "SELECT COUNT(*) FROM event WHERE kind = 'dispatched'") == [(PAIRS,)]
    assert rows(folder, "SELECT COUNT(*) FROM receipt") == [(PAIRS,)]
    assert rows(folder, "SELECT COUNT(*) FROM raw_message WHERE taken_in_at IS NULL") == [(0,)]
