"""The root command; every other module of this package adds its commands to `app`."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli import (
    accounts,
    audit,
    calendars,
    law,
    mail,
    people,
    recipes,
    rehearsing,
    rounds,
    running,
    tasks,
)
from tracker.cli.show import print_line
from tracker.cli.usage import Command, Group
from tracker.i18n import _

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=_("Plans, sends and measures simulated disclosure requests and consultations."),
    epilog=_("Every command takes --lang zh-CN|en (or TRACKER_LANG)."),
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        print_line(version("mystery-shopper-tracker"))
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", help=_("Folder of the workspace; default: the nearest upwards.")),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help=_("Show the version."))
    ] = False,
) -> None:
    context.obj.workspace = workspace


def _add(name: str, command: object, help_text: str) -> None:
    app.command(name, cls=Command, help=help_text)(command)  # type: ignore[type-var]


_add("init", rounds.init, _("Make a workspace with sample files."))
_add(
    "check",
    rounds.check,
    _("Try mailboxes, key and calendar; send nothing."),
)
_add("plan", rounds.plan, _("Plan a round, or a supplement to one."))
_add("approve", rounds.approve, _("Approve what is planned: it is then sent."))
_add("hold", rounds.hold, _("Stop all sending, or release the stop."))
_add("close", rounds.close, _("Close a round, or make a closed one final."))
_add("daemon", running.daemon, _("Send, watch and record until stopped."))
_add("serve", running.serve, _("Serve the evaluators' desk until stopped."))
_add("tick", running.tick, _("Do once what the daemon does all the time."))
_add("status", running.status, _("Where the round stands; with --all every request."))
_add("health", running.health, _("One JSON line per mailbox; exits 1 if one is not being read."))
_add("deadline", law.show_deadline, _("Count a due date, with the reason for every day."))
_add("clock", law.clock, _("Count a case from a file in every reading of the law; needs no workspace."))
_add("explain", law.explain, _("Show how a request's verdict came about."))
_add("read", mail.read, _("Show how mail files are understood."))
_add("reread", mail.reread, _("Show what a newer lexicon would change in mail read before."))
_add("record", people.record, _("Log a call, message, letter, fax or visit."))
_add("settle", people.settle, _("Say whether an unsettled letter went out."))
_add("export", running.export, _("Export a round as a Data Package and a workbook."))
_add("evidence", running.evidence, _("Write all evidence of a request as files, to be viewed offline."))
_add("verify", running.verify, _("Check all seals and the hashes of all evidence."))
_add("rebuild", running.rebuild, _("Derive every state anew from the events."))
_add("rehearse", rehearsing.rehearse, _("Run a whole round against a simulated city."))
app.add_typer(tasks.app, name="task", help=_("What waits for a person."))
app.add_typer(recipes.app, name="recipe", help=_("How a platform's forms are filled in and looked up."))
app.add_typer(audit.app, name="audit", help=_("Which channels units announce on their own pages."))
app.add_typer(people.review_app, name="review", help=_("Confirm readings, assign held messages."))
app.add_typer(accounts.app, name="account", help=_("Who may use the evaluators' desk."))
app.add_typer(calendars.app, name="calendar", help=_("Holiday notices: show, check, add."))
app.add_typer(mail.import_app, name="import", help=_("Bring in requests and mail from elsewhere."))
