"""Commands of the lead: from an empty folder to an approved round, and its end."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.opening import open_here
from tracker.cli.show import (
    JsonOption,
    RoundOption,
    Settled,
    local,
    person,
    print_json,
    print_line,
    print_table,
    say,
)
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services import rounds as round_service
from tracker.services.check import check_workspace
from tracker.services.finish import finish
from tracker.services.plan import plan_round
from tracker.services.workspaces import make_workspace
from tracker.words import channel_word, kind_word


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help=_("Folder of the workspace."))] = Path(),
) -> None:
    settled: Settled = context.obj
    make_workspace(folder, settled.now)
    say(
        _("Workspace made in {folder}. Next: edit tracker.toml and round.toml, then `tracker check`.").format(
            folder=folder
        )
    )


def check(context: typer.Context, as_json: JsonOption = False) -> None:
    settled: Settled = context.obj
    findings = check_workspace(open_here(settled), settled.now)
    if as_json:
        print_json([{"subject": f.subject, "result": f.result, "detail": f.detail} for f in findings])
    else:
        print_table(
            [_("what"), _("result"), _("detail")], [(f.subject, f.result_word, f.detail) for f in findings]
        )
    if any(f.result == "failed" for f in findings):
        raise UserError(_("Some checks failed: mend what the table says, then run `tracker check` again."))


def plan(
    context: typer.Context,
    round_file: Annotated[Path, typer.Argument(help=_("The round's file."))] = Path("round.toml"),
    as_json: JsonOption = False,
) -> None:
    settled: Settled = context.obj
    workspace = open_here(settled)
    path = round_file if round_file.exists() else workspace.root / round_file
    report = plan_round(workspace, path, person(), settled.now)
    if as_json:
        print_json(
            {
                "round": report.round,
                "seed": report.seed,
                "requests": [vars_of(r) for r in report.requests],
                "withdrawn": report.withdrawn,
            }
        )
        return
    print_table(
        [_("reference"), _("unit"), _("kind"), _("channel"), _("applicant"), _("planned for")],
        [
            (
                r.reference,
                r.unit_id,
                kind_word(r.kind),
                channel_word(r.channel) if r.channel else _("none: a finding"),
                r.applicant,
                local(r.planned_at),
            )
            for r in report.requests
        ],
    )
    if report.withdrawn:
        say(
            _("{round}: drafted before and withdrawn: {references}.").format(
                round=report.round, references=", ".join(report.withdrawn)
            )
        )
    say(
        _("{round}: {count} requests planned (seed {seed}), {without} units without a usable channel. "
          "Next: `tracker approve`.").format(
            round=report.round, count=len(report.requests), seed=report.seed, without=len(report.without_channel)
        )
    )  # fmt: skip


def vars_of(request: object) -> dict[str, object]:
    return {name: getattr(request, name) for name in request.__dataclass_fields__}  # type: ignore[attr-defined]


def approve(
    context: typer.Context,
    round_name: RoundOption = None,
    authorisation: Annotated[
        str, typer.Option("--authorisation", help=_("Number of the written authorisation (live rounds)."))
    ] = "",
) -> None:
    settled: Settled = context.obj
    workspace = open_here(settled)
    name = round_service.only_round(workspace, round_name)
    count = round_service.approve_round(workspace, name, person(), settled.now, authorisation)
    say(_("{round}: {count} requests approved. Next: `tracker daemon`.").format(round=name, count=count))


def hold(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help=_("Why; kept on record."))] = "",
    release: Annotated[bool, typer.Option("--release", help=_("Let sending go on."))] = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help=_("This copy is the workspace from now on: it may send."))
    ] = False,
) -> None:
    settled: Settled = context.obj
    workspace = open_here(settled)
    if adopt:
        round_service.adopt(workspace, person(), settled.now)
        say(_("Adopted: this workspace sends from now on. Make sure that the other copy never does."))
    elif release:
        round_service.release(workspace, person(), settled.now)
        say(_("Released: sending goes on."))
    else:
        round_service.hold(workspace, reason, person(), settled.now)
        say(_("On hold: nothing is sent until `tracker hold --release`."))


def close(
    context: typer.Context,
    round_name: RoundOption = None,
    final: Annotated[bool, typer.Option("--final", help=_("Make the closed round final."))] = False,
    not_sent: Annotated[
        bool,
        typer.Option(
            "--not-sent", help=_("Close even though approved requests are not sent: they never will be.")
        ),
    ] = False,
) -> None:
    settled: Settled = context.obj
    workspace = open_here(settled)
    name = round_service.only_round(workspace, round_name)
    if final:
        finish(workspace, name, person(), settled.now)
        print_line(_("{round}: final.").format(round=name))
    else:
        round_service.close_round(workspace, name, person(), settled.now, leaves_unsent=not_sent)
        print_line(
            _("{round}: closed. Settle what is open, then `tracker close --final`.").format(round=name)
        )
