"""Reads over the requests as they stand, for pages: counts, distributions, lists."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from tracker.store.desk_tables import CodingRow, StandingRow
from tracker.store.tables import UnitRow


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; an empty entry narrows nothing."""

    kind: str = ""
    group: str = ""
    verdict: str = ""
    unit_id: str = ""
    words: str = ""
    due_from: date | None = None
    due_until: date | None = None
    is_disputable: bool = False
    verdicts: Sequence[str] = field(default=())

    def clauses(self, round_name: str) -> list[ColumnElement[bool]]:
        found = [col(StandingRow.round) == round_name]
        for column, value in (
            (StandingRow.kind, self.kind),
            (StandingRow.group, self.group),
            (StandingRow.verdict, self.verdict),
            (StandingRow.unit_id, self.unit_id),
        ):
            if value:
                found.append(col(column) == value)
        if self.words:
            found.append(
                or_(
                    col(StandingRow.unit_name).contains(self.words, autoescape=True),
                    col(StandingRow.reference).contains(self.words, autoescape=True),
                )
            )
        if self.due_from:
            found.append(col(StandingRow.due_on) >= self.due_from)
        if self.due_until:
            found.append(col(StandingRow.due_on) <= self.due_until)
        if self.verdicts:
            found.append(col(StandingRow.verdict).in_(self.verdicts))
        if self.is_disputable:
            found.append(col(StandingRow.is_disputable).is_(True))
        return found


def standings(
    session: Session, round_name: str, narrowed: Filter, *, start: int, most: int
) -> tuple[list[StandingRow], int]:
    """A page of requests by reference, and how many all pages have."""
    clauses = narrowed.clauses(round_name)
    count = session.exec(select(func.count()).select_from(StandingRow).where(*clauses)).one()
    by_due = (col(StandingRow.due_on), col(StandingRow.reference))
    order = by_due if narrowed.due_until else by_due[1:]
    # which ones are shown is found in an index; only those rows are read
    shown = select(StandingRow.reference).where(*clauses).order_by(*order).offset(start).limit(most)
    query = select(StandingRow).where(col(StandingRow.reference).in_(shown)).order_by(*order)
    return list(session.exec(query)), count


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests of a round stand alike; `response_days` are working days, None while unanswered."""

    group: str
    kind: str
    verdict: str
    is_provisional: bool
    response_days: int | None
    count: int


def tallies(session: Session, round_name: str) -> list[Tally]:
    """All requests of a round, counted once for all that an overview shows."""
    alike = (
        col(StandingRow.group), col(StandingRow.kind), col(StandingRow.verdict),
        col(StandingRow.is_provisional), col(StandingRow.response_days),
    )  # fmt: skip
    query = sa_select(*alike, func.count()).where(col(StandingRow.round) == round_name).group_by(*alike)
    return [Tally(*row) for row in session.execute(query)]


def count_standings(session: Session, round_name: str, narrowed: Filter) -> int:
    query = select(func.count()).select_from(StandingRow).where(*narrowed.clauses(round_name))
    return session.exec(query).one()


def arrivals_since(
    session: Session, round_name: str, since: datetime, *, start: int, most: int
) -> tuple[list[tuple[CodingRow, UnitRow]], int]:
    """Messages that came in, newest first; what they were read as is not told."""
    wanted = (CodingRow.round == round_name, CodingRow.arrived_at >= since)
    count = session.exec(select(func.count()).select_from(CodingRow).where(*wanted)).one()
    query = (
        select(CodingRow, UnitRow)
        .where(*wanted, UnitRow.round == CodingRow.round, UnitRow.unit_id == CodingRow.unit_id)
        .order_by(col(CodingRow.arrived_at).desc(), col(CodingRow.request))
    )
    return list(session.exec(query.offset(start).limit(most))), count


def groups_of(session: Session, round_name: str) -> list[str]:
    query = select(UnitRow.group).where(UnitRow.round == round_name).distinct().order_by(UnitRow.group)
    return [group for group in session.exec(query) if group]
