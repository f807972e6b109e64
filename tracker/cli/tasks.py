"""`tracker task`: what waits for a person, what to paste, and how it ended."""

import tempfile
import time
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
    parse_pair,
    person,
    print_json,
    print_line,
    print_table,
    say,
)
from tracker.cli.usage import Command, Group
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.asks import answer_ask, call_forms, open_asks
from tracker.services.contacts import (
    Receipt,
    record_closed_channel,
    record_correction,
    record_look,
    record_submission,
)
from tracker.services.task_kinds import Task, TaskKind, task_word
from tracker.services.tasks import find_task, open_tasks, submission_fields
from tracker.settings import Workspace
from tracker.store.database import reading

app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
TaskArgument = Annotated[str, typer.Argument(help=_("Id of the task, as `task list` shows it."))]


@app.command("list", cls=Command, help=_("Everything that waits for a person, oldest first."))
def list_tasks(context: typer.Context, as_json: JsonOption = False) -> None:
    settled: Settled = context.obj
    workspace = open_here(settled)
    with reading(workspace.engine) as session:
        found = open_tasks(session, workspace, settled.now)
    if as_json:
        print_json([_as_json(task) for task in found])
        return
    if not found:
        say(_("Nothing waits for a person."))
    print_table(
        [_("task"), _("what to do"), _("unit"), _("since")],
        [(task.task_id, task_word(task.kind), task.unit, local(task.since)) for task in found],
    )


@app.command("show", cls=Command, help=_("The text to paste, field by field, and where it goes."))
def show(context: typer.Context, task_id: TaskArgument, as_json: JsonOption = False) -> None:
    settled: Settled = context.obj
    workspace = open_here(settled)
    with reading(workspace.engine) as session:
        task = find_task(session, workspace, task_id, settled.now)
        fields = submission_fields(session, workspace, task.subject) if task.kind is TaskKind.SUBMIT else {}
    if as_json:
        print_json(_as_json(task) | {"fields": fields})
        return
    print_line(f"{task_word(task.kind)}  {task.unit}")
    for name, value in [*task.detail.items(), *fields.items()]:
        print_line(f"{name}: {value}")


@app.command("done", cls=Command, help=_("Note how a task ended: date, receipt, proof."))
def done(
    context: typer.Context,
    task_id: TaskArgument,
    at: Annotated[
        str | None, typer.Option("--at", help=_("When it was done (Shanghai time); default: now."))
    ] = None,
    received: Annotated[
        str | None, typer.Option("--received", help=_("Day the unit signed for it or took it."))
    ] = None,
    receipt_no: Annotated[str, typer.Option("--receipt-no", help=_("Receipt number the site gave."))] = "",
    query_code: Annotated[str, typer.Option("--query-code", help=_("Query code the site gave."))] = "",
    password: Annotated[str, typer.Option("--query-password", help=_("Query password you chose."))] = "",
    receipt: Annotated[
        list[str] | None, typer.Option("--receipt", help=_("NAME=VALUE: whatever else the site gave."))
    ] = None,
    proof: Annotated[Path | None, typer.Option("--proof", help=_("Screenshot, slip or photo."))] = None,
    channel_failed: Annotated[
        str, typer.Option("--channel-failed", help=_("It could not be handed in: say what went wrong."))
    ] = "",
) -> None:
    settled: Settled = context.obj
    workspace, now = open_here(settled), settled.now
    moment = parse_moment(at, now)
    with reading(workspace.engine) as session:
        task = find_task(session, workspace, task_id, now)
    if task.kind is TaskKind.LOOK_UP:
        record_look(workspace, task.subject, moment, person(), now, proof)
    elif task.kind is TaskKind.ANSWER_UNIT:
        record_correction(workspace, task.subject, moment, person(), now, proof)
    elif task.kind is not TaskKind.SUBMIT:
        raise UserError(_other_command(task))
    elif channel_failed:
        record_closed_channel(workspace, task.subject, moment, channel_failed, person(), now, proof)
    else:
        record_submission(
            workspace,
            task.subject,
            moment,
            person(),
            now,
            received_on=parse_date(received) if received else None,
            receipt=Receipt(receipt_no, query_code, password, dict(map(parse_pair, receipt or ()))),
            proof=proof,
        )
    say(_("{task}: done.").format(task=task_id))


@app.command("answer", cls=Command, help=_("Read a captcha or a code for a form that waits."))
def answer(
    context: typer.Context,
    task_id: Annotated[
        str | None, typer.Argument(help=_("Id of the task; without it, one after the other as they come."))
    ] = None,
    text: Annotated[
        str | None, typer.Option("--answer", help=_("What you read; without it you are asked."))
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help=_("Write the picture to this file."))
    ] = None,
    seconds: Annotated[
        int, typer.Option("--wait", help=_("How long to wait for the next one, in seconds."))
    ] = 20,
) -> None:
    settled: Settled = context.obj
    workspace = open_here(settled)
    if task_id:
        reference = task_id.removeprefix(f"{TaskKind.ASK}:")
        if not _answer_one(workspace, reference, text, picture, settled):
            raise UserError(_("{task}: no form waits for this (any more).").format(task=task_id))
        return
    call_forms(workspace, settled.now)
    done, waited = 0, 0
    while waited < seconds:
        with reading(workspace.engine) as session:
            waiting = [one.request for one in open_asks(session, settled.now)]
        for reference in waiting:
            done += _answer_one(workspace, reference, None, picture, settled)
        waited = 0 if waiting else waited + 1
        time.sleep(1)
    say(_("{count} answered; no form waits.").format(count=done))


def _answer_one(
    workspace: Workspace, reference: str, text: str | None, picture: Path | None, settled: Settled
) -> bool:
    with reading(workspace.engine) as session:
        asked = next((one for one in open_asks(session, settled.now) if one.request == reference), None)
    if asked is None:
        return False
    if text is None:
        text = ask_person(f"{reference}: {asked.prompt}", asked.picture, picture)
    return answer_ask(workspace, reference, text, person(), settled.now)


def ask_person(prompt: str, picture: bytes, file: Path | None) -> str:
    """Show a picture by writing it to a file, and read one line. An empty line leaves it for later."""
    if picture:
        suffix = ".png" if picture.startswith(b"\x89PNG") else ".jpg"
        place = file or Path(tempfile.gettempdir()) / f"tracker-captcha{suffix}"
        place.write_bytes(picture)
        say(_("Picture: {file}").format(file=place))
    found: str = typer.prompt(prompt, err=True)
    return found


def _other_command(task: Task) -> str:
    command = {
        TaskKind.SETTLE: "tracker settle REF --sent|--not-sent",
        TaskKind.REVIEW: "tracker review confirm REF MESSAGE --kind ...",
        TaskKind.ASSIGN: "tracker review assign MESSAGE REF...",
        TaskKind.SCAN: "tracker review confirm REF MESSAGE --kind ...",
        TaskKind.SIGNATURE: "tracker record REF --signed-on DATE",
        TaskKind.SECOND_CHANNEL: "tracker record REF --by phone --kind acknowledgement",
        TaskKind.ASK: "tracker task answer TASK",
        TaskKind.RECIPE: "tracker recipe release PLATFORM",
    }[task.kind]
    return _("{task}: this one ends with `{command}`.").format(task=task.task_id, command=command)


def _as_json(task: Task) -> dict[str, object]:
    return {
        "task": task.task_id,
        "kind": task.kind,
        "subject": task.subject,
        "unit": task.unit,
        "since": task.since,
        **task.detail,
    }
