"""Commands of the running round: the daemon, what stands where, what goes out at the end."""

import logging
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.logs import log_to_stderr
from tracker.cli.opening import open_here
from tracker.cli.show import (
    JsonOption,
    RoundOption,
    Settled,
    parse_date,
    print_json,
    print_json_line,
    print_line,
    print_table,
    say,
)
from tracker.errors import UserError
from tracker.i18n import _
from tracker.words import round_state_word


def daemon(
    context: typer.Context,
    verbose: Annotated[bool, typer.Option("--verbose", help=_("Log what is done, to stderr."))] = False,
) -> None:
    from tracker.daemon import run_daemon

    settled: Settled = context.obj
    log_to_stderr(logging.INFO if verbose else logging.WARNING)
    run_daemon(open_here(settled), settled.clock)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", help=_("Address to listen on."))] = None,
    port: Annotated[int | None, typer.Option("--port", help=_("Port to listen on."))] = None,
    cert: Annotated[Path | None, typer.Option("--cert", help=_("Certificate for TLS (PEM)."))] = None,
    key: Annotated[Path | None, typer.Option("--key", help=_("Key of the certificate (PEM)."))] = None,
) -> None:
    from tracker.web.serving import listen, serve_desk, settled_desk

    settled: Settled = context.obj
    log_to_stderr(logging.WARNING)
    workspace = open_here(settled)
    where = settled_desk(workspace, host=host, port=port, cert=cert, key=key)
    listening = listen(where)
    scheme = "https" if where.cert else "http"
    say(
        _("The desk is at {address} ; Ctrl-C ends it.").format(
            address=f"{scheme}://{where.host}:{where.port}/"
        )
    )
    serve_desk(workspace, where, listening, settled.clock)


def tick(context: typer.Context, as_json: JsonOption = False) -> None:
    from tracker.daemon import tick_once
    from tracker.services.watch import mailbox_faults

    settled: Settled = context.obj
    workspace = open_here(settled)
    report = tick_once(workspace, settled.clock)
    if as_json:
        print_json({"sent": report.sent, "taken_in": report.taken_in})
    else:
        print_line(
            _("{sent} letters sent, {count} messages taken in.").format(
                sent=report.sent, count=report.taken_in
            )
        )
    faults = mailbox_faults(workspace)
    if faults:
        raise UserError("\n".join(faults))


def status(
    context: typer.Context,
    round_name: RoundOption = None,
    every: Annotated[bool, typer.Option("--all", help=_("Every request, one a line."))] = False,
    as_json: JsonOption = False,
) -> None:
    from tracker.services.overview import overview_of, verdict_rows

    settled: Settled = context.obj
    workspace = open_here(settled)
    seen = overview_of(workspace, round_name, settled.now)
    if as_json:
        print_json(seen.as_json(every))
        return
    print_line(f"{seen.round}  {round_state_word(seen.state)}  {seen.mode_word}")
    print_table([_("verdict"), _("disclosure"), _("consultation")], verdict_rows(seen.rows))
    print_table([_("mailbox"), _("last good look"), _("fault")], seen.mailbox_rows())
    if every:
        print_table(
            [
                _("reference"),
                _("unit"),
                _("channel"),
                _("state"),
                _("due on"),
                _("replied on"),
                _("working days"),
                _("verdict"),
            ],
            seen.request_rows(),
        )
    for line in seen.warnings():
        say(line)


def health(
    context: typer.Context,
    log: Annotated[
        bool, typer.Option("--log", help=_("The coverage log: gaps, daily proofs, canaries."))
    ] = False,
) -> None:
    from tracker.services.health import coverage_log, health_of

    settled: Settled = context.obj
    workspace = open_here(settled)
    if log:
        for entry in coverage_log(workspace, settled.now):
            print_json_line(entry)
        return
    seen = health_of(workspace, settled.now)
    for mailbox in seen.mailboxes:
        print_json_line(mailbox.as_json())
    if complaints := seen.complaints():
        raise UserError("\n".join(complaints))


def export(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(help=_("Folder to write."))] = Path("export"),
    round_name: RoundOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help=_("Measure as of this day (default: today)."))
    ] = None,
) -> None:
    from tracker.services.export import export_round
    from tracker.services.rounds import only_round

    settled: Settled = context.obj
    workspace = open_here(settled)
    day: date | None = parse_date(as_of) if as_of else None
    report = export_round(workspace, only_round(workspace, round_name), target, settled.now, day)
    say(_("Exported to {target}.").format(target=report.target))


def verify(context: typer.Context) -> None:
    from tracker.services.verify import verify_workspace

    settled: Settled = context.obj
    report = verify_workspace(open_here(settled))
    if report.broken_seals or report.broken_evidence:
        raise UserError(
            _("Seals that do not fit: {seals}. Evidence that is missing or changed: {files}.").format(
                seals=report.broken_seals or "-", files=", ".join(report.broken_evidence) or "-"
            )
        )
    print_line(_("All seals and all evidence are whole."))


def rebuild(context: typer.Context, as_json: JsonOption = False) -> None:
    from tracker.services.rebuild import rebuild as rebuild_states

    settled: Settled = context.obj
    report = rebuild_states(open_here(settled))
    if as_json:
        print_json({"requests": report.requests, "held": report.held, "changed": report.changed})
    else:
        print_line(
            _("{requests} requests and {held} held messages derived anew; {changed} differed.").format(
                requests=report.requests, held=report.held, changed=report.changed
            )
        )


def evidence(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(help=_("Reference of a request."))],
    folder: Annotated[Path, typer.Argument(help=_("A new folder for the files."))],
) -> None:
    from tracker.services.exhibits import write_evidence

    settled: Settled = context.obj
    for path in write_evidence(open_here(settled), reference, folder):
        print_line(str(path))
