"""Trac as a unit's site: anybody may write, everybody may read every ticket and the list of them."""

from collections.abc import Sequence
from pathlib import Path

from tests.servers.ports import HOST
from tests.targets.install import PYTHON
from tests.targets.running import INSIDE, STAFF, PythonTarget, Ticket


class Trac(PythonTarget):
    name = "trac"
    database = "env/db/trac.db"
    sources = ("trac_desk.py",)

    form = "/newticket"

    def ticket_count(self) -> int:
        return int(self._rows("SELECT count(*) FROM ticket")[0][0])

    def tickets(self) -> list[Ticket]:
        query = "SELECT id, summary, description, reporter FROM ticket ORDER BY id"
        return [Ticket(*row) for row in self._rows(query)]

    def staff_replies(self, ticket_id: int, text: str, *, closes: bool = False) -> None:
        status = "closed" if closes else "open"
        self._run(PYTHON, INSIDE / "trac_desk.py", "env", STAFF, str(ticket_id), status, text=text)

    def _prepare(self) -> None:
        self._admin("initenv", "Disclosure office", "sqlite:db/trac.db")
        for right in ("TICKET_CREATE", "TICKET_VIEW", "REPORT_VIEW"):
            self._admin("permission", "add", "anonymous", right)
        self._admin("permission", "add", STAFF, "TICKET_ADMIN")

    def _admin(self, *arguments: str) -> None:
        self._run(PYTHON, "-m", "trac.admin.console", "env", *arguments)

    def _command(self) -> Sequence[str | Path]:
        serve = ["-m", "trac.web.standalone", "--single-env", "--hostname", HOST, "--port", str(self.port)]
        return [PYTHON, *serve, "env"]
