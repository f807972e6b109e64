"""Request Tracker as a unit's site: the requester logs in, writes in the self-service pages, reads answers there."""

import base64
import quopri
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.servers.ports import HOST
from tests.targets.install import DEBIAN_PACKAGES
from tests.targets.running import INSIDE, REQUESTER, STAFF_EMAIL, STAFF_PASSWORD, Target, Ticket

PASSWORD = "password-of-the-requester"
QUEUE = 1  # General, as RT's own initial records number it

_SETUP = Path("/usr/sbin/rt-setup-database-5")
_SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
_STARLET = Path("/usr/share/perl5/Plack/Handler/Starlet.pm")
_STAFF = "root"  # RT's name for its first privileged user

_TICKETS = """
SELECT Tickets.id, Tickets.Subject, Attachments.Content, Attachments.ContentEncoding,
  (SELECT Users.EmailAddress
     FROM Groups JOIN GroupMembers ON GroupMembers.GroupId = Groups.id
       JOIN Users ON Users.id = GroupMembers.MemberId
     WHERE Groups.Domain = 'RT::Ticket-Role' AND Groups.Name = 'Requestor' AND Groups.Instance = Tickets.id
     ORDER BY Users.id LIMIT 1)
FROM Tickets LEFT JOIN Attachments ON Attachments.id =
  (SELECT min(Attachments.id)
     FROM Transactions JOIN Attachments ON Attachments.TransactionId = Transactions.id
     WHERE Transactions.ObjectType = 'RT::Ticket' AND Transactions.ObjectId = Tickets.id
       AND Transactions.Type = 'Create' AND Attachments.ContentType LIKE 'text/%')
ORDER BY Tickets.id
"""


class RequestTracker(Target):
    """`form` leads to a login first: `user` REQUESTER, `pass` PASSWORD. A form without its Referer is not taken."""

    name = "request-tracker"
    database = "rt.sqlite3"
    sources = ("rt",)
    home = "/NoAuth/Login.html"

    login = "/NoAuth/Login.html"
    form = f"/SelfService/Create.html?Queue={QUEUE}"

    @classmethod
    def missing(cls) -> str:
        is_there = all(path.exists() for path in (_SETUP, _SERVER, _STARLET))
        return "" if is_there else f"apt-get install {' '.join(DEBIAN_PACKAGES)}"

    def ticket_count(self) -> int:
        return int(self._rows("SELECT count(*) FROM Tickets")[0][0])

    def tickets(self) -> list[Ticket]:
        return [
            Ticket(ticket_id, title, _decoded(content, encoding), email)
            for ticket_id, title, content, encoding, email in self._rows(_TICKETS)
        ]

    def staff_replies(self, ticket_id: int, text: str, *, closes: bool = False) -> None:
        ticket = f"{self.address}/REST/2.0/ticket/{ticket_id}"
        with httpx.Client(auth=(_STAFF, STAFF_PASSWORD), trust_env=False, timeout=30) as staff:
            answer = {"Content": text, "ContentType": "text/plain"}
            staff.post(f"{ticket}/correspond", json=answer).raise_for_status()
            if closes:
                staff.put(ticket, json={"Status": "resolved"}).raise_for_status()

    def _prepare(self) -> None:
        for folder in ("mason", "session", "mail", "conf.d"):
            (self.folder / folder).mkdir()
        self._run(_SETUP, "--action", "init", "--skip-create")
        self._run(_SETUP, "--action", "insert", "--datafile", INSIDE / "rt" / "content.pl")
        self._warm_up()

    def _warm_up(self) -> None:
        """Visit the pages once: what RT compiles of them is kept in the folder."""
        with self, httpx.Client(base_url=self.address, trust_env=False, timeout=60) as visitor:
            visitor.headers["Referer"] = self.address + self.login
            visitor.post(self.login, data={"user": REQUESTER, "pass": PASSWORD})
            for page in (self.form, "/SelfService/", "/SelfService/Display.html?id=1"):
                visitor.get(page, follow_redirects=True)
        self.log.unlink()
        for session in (self.folder / "session").iterdir():
            session.unlink()

    def _command(self) -> Sequence[str | Path]:
        options = ["--server", "Starlet", "--host", HOST, "--port", str(self.port), "--max-workers", "2"]
        return [_SERVER, *options]

    def _environment(self) -> dict[str, str]:
        return {
            **super()._environment(),
            "RT_SITE_CONFIG": str(INSIDE / "rt" / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(self.folder / "conf.d"),
            "TARGET_REQUESTER": REQUESTER,
            "TARGET_PASSWORD": PASSWORD,
            "TARGET_STAFF_EMAIL": STAFF_EMAIL,
            "TARGET_STAFF_PASSWORD": STAFF_PASSWORD,
        }

    def _versions(self) -> str:
        return f"{_SETUP.stat().st_mtime}" if _SETUP.exists() else ""


def _decoded(content: str | bytes | None, encoding: str | None) -> str:
    raw = content if isinstance(content, bytes) else (content or "").encode()
    match encoding:
        case "quoted-printable":
            raw = quopri.decodestring(raw)
        case "base64":
            raw = base64.b64decode(raw)
    return raw.decode()
