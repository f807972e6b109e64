"""`tracker recipe`: how a platform's forms are filled in and looked up - recorded, checked, tried, released."""

from collections.abc import Generator
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker.cli.opening import open_here
from tracker.cli.show import JsonOption, Settled, parse_pair, print_json, print_line, print_table, say
from tracker.cli.usage import Command, Group
from tracker.domain.recipes import Executor, FlowName
from tracker.errors import UserError
from tracker.i18n import _

app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
FlowOption = Annotated[FlowName, typer.Option("--flow", help=_("Which flow of the recipe."))]
RequestArgument = Annotated[str, typer.Argument(help=_("Reference of a request by web form."))]
ExecutorOption = Annotated[
    Executor | None, typer.Option("--executor", help=_("Who plays it: person, http or browser."))
]


@app.command("new", cls=Command, help=_("Make a recording of Chrome's Recorder a flow of a recipe."))
def new(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help=_("The recording, exported as JSON."))],
    platform: Annotated[str, typer.Option("--platform", help=_("Name of the platform, as in channels.csv."))],
    flow: FlowOption = FlowName.SUBMIT,
    executor: ExecutorOption = None,
    title: Annotated[str, typer.Option("--title", help=_("What people call the platform."))] = "",
    request: Annotated[
        str | None,
        typer.Option("--request", help=_("The request it was recorded with: its values become variables.")),
    ] = None,
    marks: Annotated[
        list[str] | None,
        typer.Option("--mark", help=_("VALUE=VARIABLE: a typed value that differs from case to case.")),
    ] = None,
    extracts: Annotated[
        list[str] | None,
        typer.Option("--extract", help=_("VARIABLE=CSS or VARIABLE=/REGEX/: what to read at the end.")),
    ] = None,
) -> None:
    from tracker.services.recipes import import_recording

    settled: Settled = context.obj
    imported = import_recording(
        open_here(settled),
        file,
        platform,
        flow,
        executor=executor,
        title=title,
        reference=request,
        marks=dict(parse_pair(text, from_right=True) for text in marks or ()),
        extracts=dict(parse_pair(text) for text in extracts or ()),
    )
    print_table([_("recorded value"), _("variable")], list(imported.marked.items()))
    if imported.literal:
        say(_("Typed the same for everybody: {values}").format(values=", ".join(imported.literal)))
    print_line(str(imported.path))


@app.command("check", cls=Command, help=_("Read every recipe and compare it with the roster."))
def check(
    context: typer.Context,
    platform: Annotated[str | None, typer.Argument(help=_("Only this platform."))] = None,
    as_json: JsonOption = False,
) -> None:
    from tracker.services.recipes import check_recipes

    settled: Settled = context.obj
    found = check_recipes(open_here(settled), platform)
    rows: list[dict[str, Any]] = [
        {
            "platform": one.recipe.platform,
            "title": one.recipe.title,
            "executor": one.recipe.executor,
            "flows": list(one.recipe.flows),
            "needs_person": one.recipe.needs_person,
            "channels": one.channels,
            "lacking": list(one.lacking),
            "verified_on": one.recipe.verified_on,
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
    elif not rows:
        say(_("There is no recipe yet: `tracker recipe new` makes one of a recording."))
    else:
        print_table(
            [_("platform"), _("title"), _("executor"), _("flows"), _("channels"), _("verified")],
            [
                (
                    r["platform"],
                    r["title"],
                    r["executor"],
                    " ".join(r["flows"]),
                    r["channels"],
                    r["verified_on"],
                )
                for r in rows
            ],
        )
    lacking = [f"{one.recipe.platform}: {text}" for one in found for text in one.lacking]
    if lacking:
        raise UserError(
            _("channels.csv, parameters: missing for {units}: add them as name=value.").format(
                units="; ".join(lacking[:10])
            )
        )


@app.command("show", cls=Command, help=_("The steps as they would be played for a request."))
def show(
    context: typer.Context,
    reference: RequestArgument,
    flow: FlowOption = FlowName.SUBMIT,
    as_json: JsonOption = False,
) -> None:
    from tracker.services.recipes import filled_flow, recording_of

    settled: Settled = context.obj
    filled = filled_flow(open_here(settled), reference, flow)
    if as_json:  # for any other player of recordings
        print_json(recording_of(filled))
        return
    rows = [(number, step.kind, _aim(step.fields)) for number, step in enumerate(filled.steps, 1)]
    print_table(["", _("step"), _("where and what")], rows)


def _aim(fields: Any) -> str:
    first = fields["selectors"][0] if fields.get("selectors") else ""
    aim = first if isinstance(first, str) else " ".join(first)
    named = [str(fields[name]) for name in ("url", "value", "key", "as", "prompt", "file") if name in fields]
    return " ".join(filter(None, [aim, *named]))


@app.command("try", cls=Command, help=_("Play a flow for a request and send nothing."))
def try_recipe(
    context: typer.Context,
    reference: RequestArgument,
    flow: FlowOption = FlowName.SUBMIT,
    executor: ExecutorOption = None,
    as_json: JsonOption = False,
) -> None:
    from tracker.adapters.portals.faults import PortalFault, Refused
    from tracker.services.recipes import try_flow

    settled: Settled = context.obj
    playing = try_flow(open_here(settled), reference, flow, settled.clock, executor)
    try:
        tried = _play(playing)
    except (PortalFault, Refused) as fault:
        raise UserError(
            _("{reference}: {fault}. Look at the page, and correct the recipe.").format(
                reference=reference, fault=fault
            )
        ) from None
    if as_json:
        print_json({"would_send": tried.would_send, "read": tried.read, "rows": tried.rows})
        return
    print_table([_("field"), _("would be sent")], tried.would_send)
    print_table([_("variable"), _("read")], list(tried.read.items()))
    for name, entries in tried.rows.items():
        print_line(f"{name}: {len(entries)}")
        for entry in entries:
            print_line("  " + "  ".join(f"{key}={text}" for key, text in entry.items()))


def _play(playing: "Generator[Any, str, Any]") -> Any:
    from tracker.cli.tasks import ask_person

    try:
        question = next(playing)
        while True:
            question = playing.send(ask_person(question.prompt, question.picture, None))
    except StopIteration as end:
        return end.value


@app.command(
    "release", cls=Command, help=_("Let machines use a platform's recipe again after it was mended.")
)
def release(
    context: typer.Context, platform: Annotated[str, typer.Argument(help=_("Name of the platform."))]
) -> None:
    from tracker.services.platforms import release_fuse
    from tracker.store.database import writing

    settled: Settled = context.obj
    workspace = open_here(settled)
    with writing(workspace.engine) as session:
        release_fuse(session, platform)
    say(_("{platform}: machines use it again.").format(platform=platform))


@app.command("login", cls=Command, help=_("Keep an applicant's account on a platform, encrypted."))
def login(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help=_("Name of the platform."))],
    applicant: Annotated[str, typer.Option("--applicant", help=_("Code of the applicant."))],
    user: Annotated[str, typer.Option("--user", help=_("Name of the account."))],
) -> None:
    from tracker.services.platforms import keep_login
    from tracker.store.database import writing

    settled: Settled = context.obj
    workspace = open_here(settled)
    password = typer.prompt(_("Password"), hide_input=True, err=True)
    with writing(workspace.engine) as session:
        keep_login(session, workspace, applicant, platform, user, password, settled.now)
    say(_("{platform}: account of {applicant} kept.").format(platform=platform, applicant=applicant))
