"""`deadline` and `explain`: how a due date was counted, in words one can send to a unit."""

from typing import Annotated, Any

import typer

from tracker.adapters.calendars import load_calendar
from tracker.adapters.rules import load_rules
from tracker.cli.opening import open_here
from tracker.cli.show import JsonOption, Settled, local, parse_date, print_json, print_line
from tracker.domain.calendar import CalendarGap
from tracker.domain.deadlines import Deadline, LedgerLine, LineReason, Rules, deadline
from tracker.domain.measure import Measurement
from tracker.domain.terms import RequestKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.words import basis_word, event_word, reason_word, verdict_word


def show_deadline(
    kind: Annotated[
        RequestKind, typer.Option("--kind", help=_("disclosure (20 working days) or consultation (5)."))
    ],
    received: Annotated[
        str, typer.Option("--received", help=_("Date of receipt, 2026-11-24; it is not counted."))
    ],
    as_json: JsonOption = False,
) -> None:
    received_on, rules = parse_date(received), load_rules(f"cn-{kind}")
    try:
        result = deadline(received_on, rules, load_calendar("cn", guess=True))
    except CalendarGap as gap:
        raise UserError(
            _("{day} is outside the calendar, which covers {first} to {last}.").format(
                day=gap.day, first=gap.first, last=gap.last
            )
        ) from None
    if as_json:
        print_json(deadline_json(result))
        return
    for line in deadline_lines(result, rules):
        print_line(line)


def deadline_json(result: Deadline) -> dict[str, Any]:
    return {
        "received_on": result.received_on,
        "due_on": result.due_on,
        "working_days": result.working_days,
        "provisional": result.is_provisional,
        "ledger": [_line_json(line) for line in result.ledger],
    }


def _line_json(line: LedgerLine) -> dict[str, Any]:
    return {
        "day": line.day,
        "reason": line.reason,
        "count": line.count,
        "counted": line.is_counted,
        "name": line.name,
        "provisional": line.is_guess,
    }


def deadline_lines(result: Deadline, rules: Rules) -> list[str]:
    """The ledger as lines of text, with the source of law."""
    head = _("Received on {received}; {days} working days; due on {due}.").format(
        received=result.received_on, days=result.working_days, due=result.due_on
    )
    lines = [head, _("Under: {source}").format(source=rules.source)]
    if result.is_provisional:
        lines.append(_("PROVISIONAL: no holiday notice covers all of these days yet."))
    return lines + [_ledger_line(line) for line in result.ledger]


def _ledger_line(line: LedgerLine) -> str:
    words = {
        LineReason.RECEIPT: _("day of receipt, not counted"),
        LineReason.RESTART: _("corrected application received, counted anew"),
        LineReason.PAUSED: _("excluded (third-party opinion, or the unit waited for us)"),
        LineReason.WORKING_DAY: _("working day"),
        LineReason.MAKEUP_DAY: _("make-up working day"),
        LineReason.WEEKEND: _("weekend"),
        LineReason.DAY_OFF: _("day off"),
    }[line.reason]
    weekday = _("Mon Tue Wed Thu Fri Sat Sun").split()[line.day.weekday()]
    number = f"{line.count:>3}" if line.is_counted else "  -"
    name = f" ({line.name})" if line.name else ""
    guess = " " + _("[guess]") if line.is_guess else ""
    return f"{line.day} {weekday} {number}  {words}{name}{guess}"


def explain(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(help=_("Reference of the request."))],
    as_json: JsonOption = False,
) -> None:
    from tracker.services.explaining import explain_request

    settled: Settled = context.obj
    explained = explain_request(open_here(settled), reference, settled.now)
    row, rules = explained.measured.measurement, explained.measured.rules
    if as_json:
        print_json(
            {
                "reference": reference,
                "verdict": row.verdict,
                "reason": row.reason,
                "receipt_basis": row.receipt_basis,
                "replied_at": row.reply.at if row.reply else None,
                "response_days": row.response_days,
                "events": [[e.happened_at, e.kind, e.actor] for e in explained.events],
                "deadline": deadline_json(row.deadline) if row.deadline else None,
            }
        )
        return
    print_line(f"{reference}  {explained.measured.unit.name}")
    for event in explained.events:
        print_line(f"  {local(event.happened_at)}  {event_word(event.kind)}  {event.actor}")
    for line in _conclusion(row) + (deadline_lines(row.deadline, rules) if row.deadline else []):
        print_line(line)


def _conclusion(row: Measurement) -> list[str]:
    lines = [
        _("Verdict: {verdict} ({reason})").format(
            verdict=verdict_word(row.verdict), reason=reason_word(row.reason)
        )
    ]
    if row.receipt_basis:
        lines.append(_("Date of receipt rests on: {basis}").format(basis=basis_word(row.receipt_basis)))
    if row.reply:
        lines.append(
            _("Replied at {at} after {days} working days.").format(
                at=local(row.reply.at), days=row.response_days
            )
        )
    return lines
