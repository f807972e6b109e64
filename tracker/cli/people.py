"""Commands by which people enter what machines cannot know: contacts, settlements, reviews."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.opening import open_here
from tracker.cli.show import (
    JsonOption,
    Settled,
    local,
    parse_date,
    parse_moment,
    person,
    print_json,
    print_line,
    print_table,
    say,
)
from tracker.cli.usage import Command, Group
from tracker.domain.notices import NoticeTerms
from tracker.domain.terms import MessageKind, Outcome
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services import settle as settle_service
from tracker.services.contacts import MEDIA, record_contact, record_signature
from tracker.services.review import assign as assign_message
from tracker.services.review import confirm as confirm_reading
from tracker.services.review import find_message, message_of, review_tasks
from tracker.store.database import reading
from tracker.words import label_word

review_app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
Reference = Annotated[str, typer.Argument(help=_("Reference of the request."))]
MessageArgument = Annotated[str, typer.Argument(help=_("The message: the beginning of its SHA-256."))]
KindOption = Annotated[MessageKind, typer.Option("--kind", help=_("What it is."))]
OutcomeOption = Annotated[Outcome | None, typer.Option("--outcome", help=_("What a reply decides."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=_("Why; kept on record."))]
DaysOption = Annotated[
    int | None, typer.Option("--days", min=0, help=_("Working days an extension or correction notice names."))
]
EndedOption = Annotated[
    str | None,
    typer.Option("--ended-on", help=_("Day on which a third-party pause ended, as the unit states it.")),
]
DisputedOption = Annotated[
    bool, typer.Option("--disputed", help=_("The correction notice is a pretext: its restart is disputed."))
]


def _terms(days: int | None, ended_on: str | None, disputed: bool) -> NoticeTerms:
    return NoticeTerms(days, parse_date(ended_on) if ended_on else None, disputed)


def record(
    context: typer.Context,
    reference: Reference,
    medium: Annotated[str, typer.Option("--by", help=_("How: ") + ", ".join(MEDIA))] = "",
    kind: Annotated[MessageKind | None, typer.Option("--kind", help=_("What it is."))] = None,
    outcome: OutcomeOption = None,
    at: Annotated[
        str | None, typer.Option("--at", help=_("When it happened (Shanghai time); default: now."))
    ] = None,
    note: Annotated[str, typer.Option("--note", help=_("What was said."))] = "",
    days: DaysOption = None,
    ended_on: EndedOption = None,
    disputed: DisputedOption = False,
    signed_on: Annotated[
        str | None, typer.Option("--signed-on", help=_("Day on which the unit signed for a posted letter."))
    ] = None,
    proof: Annotated[Path | None, typer.Option("--proof", help=_("Photo, recording or scan."))] = None,
) -> None:
    settled: Settled = context.obj
    now = settled.now
    if signed_on:
        record_signature(open_here(settled), reference, parse_date(signed_on), person(), now, proof)
    elif medium not in MEDIA or kind is None:
        raise UserError(
            _("Say how and what: --by {media} --kind ..., or --signed-on DATE.").format(media="|".join(MEDIA))
        )
    else:
        at_moment = parse_moment(at, now)
        record_contact(
            open_here(settled), reference, medium, kind, outcome, at_moment, person(), now,
            note=note, terms=_terms(days, ended_on, disputed), proof=proof,
        )  # fmt: skip
    say(_("{reference}: recorded.").format(reference=reference))


def settle(
    context: typer.Context,
    reference: Reference,
    sent: Annotated[bool, typer.Option("--sent/--not-sent", help=_("Did the letter go out?"))],
    reason: ReasonOption = "",
) -> None:
    settled: Settled = context.obj
    settle_service.settle(open_here(settled), reference, sent, reason, person(), settled.now)
    say(_("{reference}: settled. It is not sent again.").format(reference=reference))


@review_app.command("list", cls=Command, help=_("Readings a person has to confirm or correct."))
def list_reviews(context: typer.Context, as_json: JsonOption = False) -> None:
    settled: Settled = context.obj
    workspace = open_here(settled)
    with reading(workspace.engine) as session:
        found = review_tasks(session)
    if as_json:
        print_json([{name: getattr(task, name) for name in task.__dataclass_fields__} for task in found])
        return
    if not found:
        say(_("No reading waits for a person."))
    print_table(
        [_("reference"), _("message"), _("machine's reading"), _("confidence"), _("arrived")],
        [
            (
                t.request,
                t.message[:12],
                label_word(t.outcome or t.kind),
                f"{t.confidence:.2f}",
                local(t.arrived_at),
            )
            for t in found
        ],
    )


@review_app.command("show", cls=Command, help=_("A message as text, without loading anything from outside."))
def show(context: typer.Context, message: MessageArgument) -> None:
    settled: Settled = context.obj
    workspace = open_here(settled)
    with reading(workspace.engine) as session:
        arrival = find_message(session, message)
    letter = message_of(workspace, arrival)
    for name, value in (
        (_("from"), f"{letter.sender_name} <{letter.sender}>"),
        (_("subject"), letter.subject),
        (_("arrived"), local(arrival.arrived_at)),
    ):
        print_line(f"{name}: {value}")
    print_line("")
    print_line(letter.reply_text)
    for attachment in letter.attachments:
        print_line(f"--- {attachment.name} ({attachment.media_type})")
        print_line(attachment.text or _("(no text could be read)"))


@review_app.command(
    "confirm", cls=Command, help=_("Record your reading of a message; it wins over the machine's.")
)
def confirm(
    context: typer.Context,
    reference: Reference,
    message: MessageArgument,
    kind: KindOption,
    outcome: OutcomeOption = None,
    days: DaysOption = None,
    ended_on: EndedOption = None,
    disputed: DisputedOption = False,
    reason: ReasonOption = "",
) -> None:
    settled: Settled = context.obj
    confirm_reading(
        open_here(settled),
        reference,
        message,
        kind,
        outcome,
        person(),
        settled.now,
        reason=reason,
        terms=_terms(days, ended_on, disputed),
    )
    say(_("{reference}: recorded.").format(reference=reference))


@review_app.command(
    "assign", cls=Command, help=_("Say which requests a held message answers; none: not ours.")
)
def assign(
    context: typer.Context,
    message: MessageArgument,
    references: Annotated[list[str] | None, typer.Argument(help=_("References; leave out for none."))] = None,
    reason: ReasonOption = "",
) -> None:
    settled: Settled = context.obj
    assign_message(open_here(settled), message, references or [], person(), settled.now, reason)
    say(_("{message}: assigned.").format(message=message))
