"""`calendar`: which notice covers which days, whether the table is right, and a new notice."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tracker.adapters.calendars import load_calendar
from tracker.adapters.country_holidays import compare_with_holidays
from tracker.cli.law import KnownOption
from tracker.cli.opening import open_here, root_here
from tracker.cli.show import JsonOption, Settled, parse_date, person, print_json, print_line, print_table, say
from tracker.cli.usage import Command, Group
from tracker.domain.calendar import DayReason, WorkingCalendar
from tracker.errors import UserError
from tracker.i18n import _
from tracker.words import day_word

app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
NameOption = Annotated[
    str, typer.Option("--calendar", help=_("Name of the calendar, such as cn or holidays:GB-ENG."))
]


@app.command("show", cls=Command, help=_("Which notice covers which days; with --year the days themselves."))
def show(
    context: typer.Context,
    year: Annotated[int | None, typer.Option("--year", help=_("The days of this year."))] = None,
    name: NameOption = "cn",
    known_on: KnownOption = None,
    as_json: JsonOption = False,
) -> None:
    known = parse_date(known_on) if known_on else None
    calendar = load_calendar(name, workspace=root_here(context.obj), guess=True, known_on=known)
    if as_json:
        print_json(_calendar_json(calendar, year))
        return
    print_line(
        _("{name}: {first} to {last}, version {version}").format(
            name=calendar.name, first=calendar.first, last=calendar.last, version=calendar.version[:12]
        )
    )
    if calendar.guessed_from:
        print_line(_("From {day} on it is a marked guess: no notice yet.").format(day=calendar.guessed_from))
    if year is None:
        print_table(
            [_("year"), _("notice"), _("issued on"), _("title")],
            [
                (covered, n.number + ("" if n.is_verified else " (?)"), n.issued_on, n.title)
                for covered, notices in calendar.notices.items()
                for n in notices
            ],
        )
        return
    print_table(
        [_("day"), _("kind"), _("name"), _("notice")],
        [
            (day, day_word(reason), day_name, number or _("[guess]"))
            for day, reason, day_name, number in _days_of(calendar, year)
        ],
    )


def _days_of(calendar: WorkingCalendar, year: int) -> list[tuple[str, DayReason, str, str]]:
    days = sorted(day for day in (*calendar.days_off, *calendar.makeup_days) if day.year == year)
    found = []
    for day in days:
        notice = calendar.notice_of(day)
        found.append((str(day), calendar.reason(day), calendar.name_of(day), notice.number if notice else ""))
    return found


def _calendar_json(calendar: WorkingCalendar, year: int | None) -> dict[str, object]:
    shown: dict[str, object] = {
        "name": calendar.name,
        "version": calendar.version,
        "first": calendar.first,
        "last": calendar.last,
        "guessed_from": calendar.guessed_from,
        "notices": [
            {
                "year": covered,
                "number": n.number,
                "title": n.title,
                "issued_on": n.issued_on,
                "verified": n.is_verified,
            }
            for covered, notices in calendar.notices.items()
            for n in notices
        ],
    }
    if year is not None:
        shown["days"] = [
            {"day": day, "reason": reason, "name": day_name, "notice": number}
            for day, reason, day_name, number in _days_of(calendar, year)
        ]
    return shown


@app.command("check", cls=Command, help=_("Compare every covered day with the package `holidays`."))
def check(context: typer.Context, name: NameOption = "cn", as_json: JsonOption = False) -> None:
    calendar = load_calendar(name, workspace=root_here(context.obj))
    found = compare_with_holidays(calendar)
    if as_json:
        print_json([{"day": each.day, "working_day": each.is_working_day} for each in found])
    if found:
        raise UserError("\n".join(map(str, found)))
    say(
        _("{name}: every day from {first} to {last} agrees with the package `holidays`.").format(
            name=name, first=calendar.first, last=calendar.last
        )
    )


@app.command("add", cls=Command, help=_("Add a holiday notice from a small TOML file to this workspace."))
def add(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(help=_("number, title, issued_on, year, [days_off], [makeup_days], ordinary_days.")),
    ],
    name: NameOption = "cn",
    as_json: JsonOption = False,
) -> None:
    from tracker.services.calendars import add_notice

    settled: Settled = context.obj
    report = add_notice(open_here(settled), name, file, person(), settled.now)
    if as_json:
        print_json(asdict(report))
        return
    print_table(
        [_("day"), _("before"), _("now"), _("name")],
        [
            (
                d.day,
                day_word(d.before) + (" " + _("[guess]") if d.was_guess else ""),
                day_word(d.after),
                d.name,
            )
            for d in report.days
        ],
    )
    print_table(
        [_("reference"), _("due before"), _("due now"), ""],
        [
            (d.reference, d.before, d.after, _("(provisional)") if d.is_provisional else "")
            for d in report.due_dates
        ],
    )
    say(
        _("{number} added: {days} days and {count} due dates changed; notices cover days to {last}.").format(
            number=report.number, days=len(report.days), count=len(report.due_dates), last=report.last
        )
    )
