"""The unit's side of its help desk.

python -m helpdesk_site.desk prepare STAFF EMAIL PASSWORD
python -m helpdesk_site.desk reply STAFF TICKET_ID STATUS < text
"""

import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from helpdesk.models import Queue, Ticket  # noqa: E402
from helpdesk.update_ticket import update_ticket  # noqa: E402


def prepare(staff: str, email: str, password: str) -> None:
    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate.json", verbosity=0)
    get_user_model().objects.create_superuser(staff, email, password)
    Queue.objects.create(
        title="Disclosure office",
        slug="office",
        email_address="office@unit.test",
        allow_public_submission=True,
    )


def reply(staff: str, ticket_id: str, status: str) -> None:
    update_ticket(
        get_user_model().objects.get(username=staff),
        Ticket.objects.get(id=ticket_id),
        comment=sys.stdin.buffer.read().decode(),
        public=True,
        new_status={"open": None, "closed": Ticket.RESOLVED_STATUS}[status],
    )


if __name__ == "__main__":
    {"prepare": prepare, "reply": reply}[sys.argv[1]](*sys.argv[2:])
