"""django-helpdesk as a unit's site: a public form, answered with a number, and a page for who knows its key."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.servers.ports import HOST
from tests.targets.install import PYTHON
from tests.targets.running import STAFF, STAFF_EMAIL, STAFF_PASSWORD, PythonTarget, Ticket

_BETWEEN_LETTERS = b"-" * 79 + b"\n"


class Helpdesk(PythonTarget):
    name = "helpdesk"
    database = "helpdesk.sqlite3"
    sources = ("helpdesk_site",)
    home = "/view/"

    has_captcha: ClassVar[bool] = False
    form = "/tickets/submit/"

    def ticket_count(self) -> int:
        return int(self._rows("SELECT count(*) FROM helpdesk_ticket")[0][0])

    def tickets(self) -> list[Ticket]:
        query = "SELECT id, title, description, submitter_email FROM helpdesk_ticket ORDER BY id"
        return [Ticket(*row) for row in self._rows(query)]

    def staff_replies(self, ticket_id: int, text: str, *, closes: bool = False) -> None:
        status = "closed" if closes else "open"
        self._run(PYTHON, "-m", "helpdesk_site.desk", "reply", STAFF, str(ticket_id), status, text=text)

    def letters(self) -> list[bytes]:
        files = [path.read_bytes() for path in sorted((self.folder / "mail").glob("*.log"))]
        return [letter for file in files for letter in file.split(_BETWEEN_LETTERS) if letter]

    def _prepare(self) -> None:
        self._run(PYTHON, "-m", "helpdesk_site.desk", "prepare", STAFF, STAFF_EMAIL, STAFF_PASSWORD)

    def _command(self) -> Sequence[str | Path]:
        place = f"{HOST}:{self.port}"
        return [PYTHON, "-m", "django", "runserver", "--noreload", "--skip-checks", place]

    def _environment(self) -> dict[str, str]:
        return {
            **super()._environment(),
            "DJANGO_SETTINGS_MODULE": "helpdesk_site.settings",
            "TARGET_CAPTCHA": "yes" if self.has_captcha else "no",
        }


class HelpdeskWithCaptcha(Helpdesk):
    """Fields `captcha_0` (the key, hidden) and `captcha_1` (what a person reads in the picture)."""

    has_captcha = True

    def captcha_keys(self) -> list[str]:
        """The keys of the pictures that were shown and not used yet, oldest first."""
        return [key for (key,) in self._rows("SELECT hashkey FROM captcha_captchastore ORDER BY id")]

    def captcha_answer(self, key: str) -> str:
        """What the person in front of the picture would type; gone once it was used."""
        [(answer,)] = self._rows("SELECT response FROM captcha_captchastore WHERE hashkey = ?", key)
        return str(answer)
