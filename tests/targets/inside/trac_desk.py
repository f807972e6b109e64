"""The unit's side of its Trac: `python trac_desk.py FOLDER STAFF TICKET_ID STATUS < text`."""

import sys

from trac.env import open_environment
from trac.ticket.model import Ticket


def reply(folder: str, staff: str, ticket_id: str, status: str) -> None:
    ticket = Ticket(open_environment(folder), int(ticket_id))
    if status == "closed":
        ticket["status"], ticket["resolution"] = "closed", "fixed"
    ticket.save_changes(staff, sys.stdin.buffer.read().decode())


if __name__ == "__main__":
    reply(*sys.argv[1:])
