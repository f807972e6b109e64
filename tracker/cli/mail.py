"""Mail files on the command line: `read` shows what is understood, `import` brings them in."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.opening import open_here
from tracker.cli.show import JsonOption, Settled, person, print_line, print_table, say
from tracker.cli.usage import Command, Group
from tracker.domain.terms import RequestKind
from tracker.errors import UserError
from tracker.i18n import _

import_app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)


def read(
    files: Annotated[list[Path], typer.Argument(help=_("Mail files (.eml)."))],
    kind: Annotated[
        RequestKind | None,
        typer.Option("--kind", help=_("What was asked, if you know: it narrows the outcomes.")),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    from tracker.services.reading import read_file

    for file in files:
        seen = read_file(file, kind)
        if as_json:
            print_line(seen.json_line())
            continue
        print_table(["", str(file)], seen.rows())


def reread(
    context: typer.Context,
    apply: Annotated[
        bool, typer.Option("--apply", help=_("Record the new readings; without it they are only shown."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    from tracker.services.reread import reread as read_again

    settled: Settled = context.obj
    changes = read_again(open_here(settled), settled.now, apply=apply)
    if as_json:
        for change in changes:
            print_line(json.dumps(change.fields()))
        return
    rows = [
        (c.message[:12], c.request, c.before, c.after, _("a person") if c.is_by_person else "")
        for c in changes
    ]
    print_table([_("message"), _("request"), _("before"), _("now"), _("decided by")], rows)
    if apply:
        say(_("{count} changes recorded; what a person decided stands.").format(count=len(changes)))
    else:
        say(_("{count} changes; nothing was recorded: use --apply.").format(count=len(changes)))


@import_app.command(
    "requests",
    cls=Command,
    help=_("Requests that were sent by other means, from a CSV file."),
    epilog=_(
        "The first row names the columns: reference (your own, each once), kind (disclosure or consultation), "
        "unit (unit_id, unit_code or name as in units.csv; any other becomes a new unit), "
        "applicant (Name <address>), to (address; several with ; between), subject, "
        "message_id (<...@...> of the letter as sent, or empty), "
        "sent_at (2026-11-24T09:30, Shanghai time), body (the letter's text)."
    ),
)
def import_requests(
    context: typer.Context, file: Annotated[Path, typer.Argument(help=_("CSV file."))]
) -> None:
    from tracker.services.sent_elsewhere import import_requests as bring_in

    settled: Settled = context.obj
    report = bring_in(open_here(settled), file, person(), settled.now)
    for name in report.created:
        say(_("new: {name}").format(name=name))
    for sentence in report.differing:
        say(sentence)
    say(_("{count} requests imported.").format(count=report.count))


@import_app.command(
    "mail",
    cls=Command,
    help=_("Mail files, mbox files, Maildirs or folders of .eml, as if they had arrived."),
)
def import_mail(
    context: typer.Context, paths: Annotated[list[Path], typer.Argument(help=_("What to read."))]
) -> None:
    from tracker.services.imports import import_mail as bring_in

    settled: Settled = context.obj
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise UserError(_("{paths}: no such file or folder.").format(paths=", ".join(missing)))
    report = bring_in(open_here(settled), paths, settled.now)
    say(_("{new} messages taken in, {known} known already.").format(new=report.new, known=report.known))
    if report.not_understood:
        raise UserError(
            _("{count} messages are kept but could not be read: import them again, or report this.").format(
                count=report.not_understood
            )
        )
