"""`deadline`, `clock` and `explain`: how dates were counted, in words one can send to a unit."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker.adapters.calendars import load_calendar
from tracker.adapters.files import read_utf8
from tracker.adapters.rules import load_rules
from tracker.cli.opening import open_here, root_here
from tracker.cli.show import JsonOption, Settled, local, parse_date, print_json, print_line
from tracker.domain.calendar import CalendarGap
from tracker.domain.deadlines import Course, count_period, keep_ledger
from tracker.domain.readings import Summary
from tracker.domain.rules import RulesGap
from tracker.domain.terms import RequestKind, local_date
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.statement import Statement, ledger_json, ledger_lines
from tracker.words import event_said, reason_word, verdict_word

KnownOption = Annotated[
    str | None,
    typer.Option("--known-on", help=_("As it was known at the end of this day: later notices are left out.")),
]
EveryOption = Annotated[
    bool, typer.Option("--every", help=_("The ledger of every reading, not only of one."))
]
RulesOption = Annotated[
    str | None,
    typer.Option("--rules", help=_("Name of the rules, such as uk-foi; default: cn- and the kind.")),
]


def show_deadline(
    context: typer.Context,
    received: Annotated[
        str, typer.Option("--received", help=_("Date of receipt, 2026-11-24; it is not counted."))
    ],
    kind: Annotated[
        RequestKind, typer.Option("--kind", help=_("disclosure (20 working days) or consultation (5)."))
    ] = RequestKind.DISCLOSURE,
    rules_name: RulesOption = None,
    known_on: KnownOption = None,
    as_json: JsonOption = False,
) -> None:
    from tracker.services.measuring import gap_sentence

    root = root_here(context.obj)
    book = load_rules(rules_name or f"cn-{kind}", root)
    calendar = load_calendar(book.calendar, workspace=root, guess=True, known_on=_day(known_on))
    course = Course(parse_date(received))
    try:
        rules = book.at(course.received_on)
        result = count_period(course, rules, calendar)
        ledger = keep_ledger(course, rules, calendar)
    except (CalendarGap, RulesGap) as gap:
        raise UserError(gap_sentence(gap)) from None
    is_provisional = any(line.is_guess for line in ledger.lines)
    if as_json:
        print_json(
            {
                "received_on": result.received_on,
                "due_on": result.due_on,
                "working_days": result.working_days,
                "provisional": is_provisional,
                "ledger": ledger_json(ledger.lines, rules, calendar),
            }
        )
        return
    print_line(
        _("Received on {received}; {days} working days; due on {due}.").format(
            received=result.received_on, days=result.working_days, due=result.due_on
        )
    )
    print_line(_("Under: {source}").format(source=rules.source("reply")))
    if is_provisional:
        print_line(_("PROVISIONAL: no holiday notice covers all of these days yet."))
    for line in ledger_lines(ledger, rules, calendar):
        print_line(line)


def clock(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help=_("A case as JSON, or a list of cases."))],
    known_on: KnownOption = None,
    every: EveryOption = False,
    as_json: JsonOption = False,
) -> None:
    from tracker.services.clock import Shelf, state_case

    settled: Settled = context.obj
    cases, shelf = _cases(file), Shelf(root_here(settled), _day(known_on))
    today = local_date(settled.now)
    is_list = isinstance(cases, list)
    statements = [
        state_case(case, f"{file}[{n}]" if is_list else str(file), shelf, today)
        for n, case in enumerate(cases if is_list else [cases])
    ]
    if as_json:
        answers = [statement.json(every) for statement in statements]
        print_json(answers if is_list else answers[0])
        return
    for n, statement in enumerate(statements):
        if is_list:
            print_line(f"{file}[{n}]")
        for line in statement.lines(every):
            print_line(line)


def _cases(file: Path) -> Any:
    try:
        return json.loads(read_utf8(file, str(file)))
    except json.JSONDecodeError as fault:
        raise UserError(
            _("{path}:{line}: not valid JSON ({reason}): correct this line or the one before it.").format(
                path=file, line=fault.lineno, reason=fault.msg
            )
        ) from None


# What is said of a request that has not gone out: nothing can be counted.
NOT_COUNTED: dict[str, Any] = {"readings": [], "summary": Summary.OPEN, "provisional": False, "ledger": []}


def _day(text: str | None) -> date | None:
    return parse_date(text) if text else None


def explain(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(help=_("Reference of the request."))],
    known_on: KnownOption = None,
    every: EveryOption = False,
    as_json: JsonOption = False,
) -> None:
    from tracker.services.explaining import explain_request
    from tracker.services.measuring import standpoint

    settled: Settled = context.obj
    at = standpoint(settled.now, known_on=_day(known_on))
    explained = explain_request(open_here(settled), reference, at)
    row, law = explained.measured.measurement, explained.measured.law
    statement = (
        Statement(row.facts, row.assessment, row.reading, law, explained.as_of)
        if row.facts and row.assessment
        else None
    )
    if statement:  # doubts about silence are not the law's: the whole measurement sums up
        statement = replace(statement, assessment=replace(statement.assessment, summary=row.summary))
    if as_json:
        print_json(
            {
                "reference": reference,
                "as_of": explained.as_of,
                "verdict": row.verdict,
                "reason": row.reason,
                "received_on": row.received_on,
                "receipt_basis": row.receipt_basis,
                "due_on": row.due_on,
                "replied_at": row.reply.at if row.reply else None,
                "response_days": row.response_days,
                "events": [[e.happened_at, e.kind, e.actor] for e in explained.events],
                **(statement.json(every) if statement else NOT_COUNTED),
            }
        )
        return
    print_line(f"{reference}  {explained.measured.unit.name}")
    for event in explained.events:
        print_line(f"  {local(event.happened_at)}  {event_said(event)}  {event.actor}")
    print_line(
        _("Verdict on {day}: {verdict} ({reason})").format(
            day=explained.as_of, verdict=verdict_word(row.verdict), reason=reason_word(row.reason)
        )
    )
    for line in statement.lines(every) if statement else ():
        print_line(line)
