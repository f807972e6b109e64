"""The roster: units.csv, channels.csv, applicants.csv, questions.csv, schedule.csv.

All faults of a file are reported at once. No message holds a name, number or address of an applicant.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tracker.adapters.cells import (
    BadCell,
    accepted,
    add_repeats,
    build_records,
    date_of,
    filled,
    is_mail_address,
    is_yes,
    priority_of,
    word_of,
)
from tracker.adapters.files import CsvRow, Faults, read_csv
from tracker.adapters.round_file import read_round, roster_paths
from tracker.domain.rounds import Applicant, Pin, Roster
from tracker.domain.terms import SHANGHAI, Channel, ChannelKind, Question, RequestKind, Unit
from tracker.i18n import _

__all__ = [
    "read_applicants",
    "read_channels",
    "read_questions",
    "read_roster",
    "read_round",
    "read_schedule",
    "read_units",
    "roster_files",
]


def read_roster(round_file: Path) -> Roster:
    """The files that round.toml names, each checked against the units."""
    paths = roster_paths(round_file)
    units = read_units(paths["units"])
    return Roster(
        units=tuple(units),
        channels=tuple(read_channels(paths["channels"], units)),
        applicants=tuple(read_applicants(paths["applicants"])),
        questions=tuple(read_questions(paths["questions"], units)),
        pins=read_schedule(paths["schedule"]) if "schedule" in paths else {},
    )


def roster_files(round_file: Path) -> list[Path]:
    """Every file a round is planned from, round.toml first."""
    return [round_file, *roster_paths(round_file).values()]


# --- one reader a file -----------------------------------------------------------------------------


def read_units(path: Path) -> list[Unit]:
    rows = read_csv(path, ("unit_id", "unit_code", "name"), ("group", "predecessors", "joined_on", "left_on"))
    faults = Faults(path.name)
    units = build_records(faults, rows, _unit)
    add_repeats(faults, "unit_id", ((line, unit.unit_id) for line, unit in units))
    add_repeats(faults, "unit_code", ((line, unit.unit_code) for line, unit in units))
    return accepted(faults, units)


def _unit(row: CsvRow) -> Unit:
    code = row["unit_code"]
    if not row["name"]:
        raise BadCell(_('unit "{unit}" has no name: enter it.').format(unit=code))
    unit = Unit(
        unit_id=filled(row, "unit_id"),
        unit_code=filled(row, "unit_code"),
        name=row["name"],
        group=row["group"],
        predecessors=tuple(word.strip() for word in row["predecessors"].split(";") if word.strip()),
        joined_on=date_of(row, "joined_on"),
        left_on=date_of(row, "left_on"),
    )
    if unit.joined_on and unit.left_on and unit.left_on < unit.joined_on:
        raise BadCell(
            _('unit "{unit}" left on {left}, before it joined on {joined}: correct one of the dates.').format(
                unit=code, left=unit.left_on, joined=unit.joined_on
            )
        )
    return unit


def read_channels(path: Path, units: Iterable[Unit]) -> list[Channel]:
    """A unit without any channel is no fault here: the plan makes it a finding."""
    rows = read_csv(
        path, ("unit_id", "kind", "channel", "announced"), ("address", "platform", "priority", "parameters")
    )
    faults, known = Faults(path.name), {unit.unit_id for unit in units}

    def channel_of(row: CsvRow) -> Channel:
        _check_unit(row, known)
        return _channel(row)

    channels = build_records(faults, rows, channel_of)
    keys = (
        (line, f"{channel.unit_id} {channel.kind} {channel.channel} {channel.address}".strip())
        for line, channel in channels
    )
    add_repeats(faults, "channel", keys)
    return accepted(faults, channels)


def _channel(row: CsvRow) -> Channel:
    channel = Channel(
        unit_id=row["unit_id"],
        kind=word_of(row, "kind", RequestKind),
        channel=word_of(row, "channel", ChannelKind),
        announced=is_yes(row, "announced"),
        address=row["address"],
        platform=row["platform"],
        priority=priority_of(row),
        parameters=row["parameters"],
    )
    _check_parameters(channel)
    if channel.channel is ChannelKind.EMAIL:
        _check_channel_address(channel)
    if channel.channel is ChannelKind.WEB_FORM and not re.match(r"https?://|$", channel.address):
        raise BadCell(
            _('unit "{unit}": "{address}" is no web address: start it with http:// or https://.').format(
                unit=channel.unit_id, address=channel.address
            )
        )
    return channel


def _check_parameters(channel: Channel) -> None:
    for part in filter(None, channel.parameters.split(";")):
        if not re.fullmatch(r"\s*[a-z][a-z0-9_]*\s*=.*", part):
            raise BadCell(
                _('unit "{unit}": parameters "{text}": write them as name=value;name=value.').format(
                    unit=channel.unit_id, text=channel.parameters
                )
            )


def _check_channel_address(channel: Channel) -> None:
    if not channel.address and channel.announced:
        raise BadCell(
            _(
                'unit "{unit}" has no e-mail address but its channel is email: '
                "enter the address, or write no under announced."
            ).format(unit=channel.unit_id)
        )
    if channel.address and not is_mail_address(channel.address):
        raise BadCell(
            _('unit "{unit}": "{address}" is no e-mail address: enter one, as in xxgk@city.example.').format(
                unit=channel.unit_id, address=channel.address
            )
        )


def read_applicants(path: Path) -> list[Applicant]:
    rows = read_csv(
        path, ("applicant", "name", "mailbox", "identity"), ("phone", "postal_address", "postcode")
    )
    faults = Faults(path.name)
    applicants = build_records(faults, rows, _applicant)
    add_repeats(faults, "applicant", ((line, applicant.code) for line, applicant in applicants))
    mailboxes = build_records(faults, rows, lambda row: row["mailbox"].lower())
    add_repeats(faults, "mailbox", mailboxes, is_secret=True)
    return accepted(faults, applicants)


def _applicant(row: CsvRow) -> Applicant:
    if not is_mail_address(row["mailbox"]):
        raise BadCell(
            _('applicant "{applicant}": the mailbox is no e-mail address: correct it.').format(
                applicant=row["applicant"]
            )
        )
    return Applicant(
        code=filled(row, "applicant"),
        mailbox=row["mailbox"].lower(),
        name=filled(row, "name"),
        id_number=filled(row, "identity"),
        phone=row["phone"],
        address=row["postal_address"],
        postcode=row["postcode"],
    )


def read_questions(path: Path, units: Iterable[Unit] | None = None) -> list[Question]:
    """Checked against `units` where they are given: a question for nobody would never be asked."""
    rows = read_csv(path, ("question_id", "kind", "title", "text"), ("unit_id", "group"))
    faults = Faults(path.name)
    listed = None if units is None else list(units)

    def question_of(row: CsvRow) -> Question:
        if listed is not None and row["unit_id"]:
            _check_unit(row, {unit.unit_id for unit in listed})
        if listed is not None and row["group"]:
            _check_group(row, {unit.group for unit in listed})
        texts = {name: filled(row, name) for name in ("question_id", "title", "text")}
        kind = word_of(row, "kind", RequestKind)
        return Question(kind=kind, unit_id=row["unit_id"], group=row["group"], **texts)

    questions = build_records(faults, rows, question_of)
    add_repeats(faults, "question_id", ((line, question.question_id) for line, question in questions))
    return accepted(faults, questions)


def read_schedule(path: Path) -> dict[tuple[str, RequestKind], Pin]:
    """Pinned requests. `planned_at` is wall time in Asia/Shanghai unless it names its offset."""
    rows = read_csv(path, ("unit_id", "kind", "applicant", "planned_at"))
    faults = Faults(path.name)
    pins = build_records(faults, rows, _pin)
    add_repeats(faults, "request", ((line, " ".join(key)) for line, (key, _pinned) in pins))
    return dict(accepted(faults, pins))


def _pin(row: CsvRow) -> tuple[tuple[str, RequestKind], Pin]:
    try:
        moment = datetime.fromisoformat(row["planned_at"])
    except ValueError:
        raise BadCell(
            _('"{moment}" is no time: write it as 2026-09-08T09:30.').format(moment=row["planned_at"])
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
    key = (filled(row, "unit_id"), word_of(row, "kind", RequestKind))
    return key, Pin(filled(row, "applicant"), moment.astimezone(UTC))


def _check_group(row: CsvRow, known: set[str]) -> None:
    if row["group"] not in known:
        raise BadCell(
            _('no unit is of the group "{group}": correct it, or leave it empty to ask every unit.').format(
                group=row["group"]
            )
        )


def _check_unit(row: CsvRow, known: set[str]) -> None:
    if row["unit_id"] not in known:
        raise BadCell(
            _('there is no unit "{unit}" in the list of units: correct it, or add the unit there.').format(
                unit=row["unit_id"]
            )
        )
