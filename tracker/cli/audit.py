"""`tracker audit`: which channels units announce on their own pages, and whether an answer can be rated."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.opening import open_here
from tracker.cli.show import JsonOption, Settled, person, print_json, print_table, say
from tracker.cli.usage import Command, Group
from tracker.errors import UserError
from tracker.i18n import _

app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)


@app.command("run", cls=Command, help=_("Read guide and consultation pages and keep what they announce."))
def run(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help=_("CSV with unit_id, kind (guide, consultation), url."))],
) -> None:
    from tracker.services.audit import read_pages, run_audit

    settled: Settled = context.obj
    workspace = open_here(settled)
    pages = read_pages(file)
    done = run_audit(workspace, pages, settled.clock)
    say(_("{done} of {count} pages read.").format(done=done, count=len(pages)))
    if done < len(pages):
        raise UserError(_("Some pages could not be read: `tracker audit list` says why."))


@app.command("list", cls=Command, help=_("What each unit announces, with the words it stands in."))
def list_findings(context: typer.Context, as_json: JsonOption = False) -> None:
    from tracker.services.audit import findings

    settled: Settled = context.obj
    found = findings(open_here(settled))
    if as_json:
        print_json([{name: getattr(one, name) for name in one.__slots__} for one in found])
        return
    said = {True: _("announced"), False: _("not announced"), None: _("unknown")}
    word = {True: _("yes"), False: _("no"), None: ""}
    print_table(
        [_("unit"), _("channel"), _("read"), _("confirmed"), _("value"), _("words")],
        [
            (o.unit_id, o.subject, said[o.is_announced], word[o.confirmed], o.value, o.fault or o.snippet)
            for o in found
        ],
    )


@app.command("confirm", cls=Command, help=_("Say whether a unit announces a channel; your word stands."))
def confirm(
    context: typer.Context,
    unit: Annotated[str, typer.Argument(help=_("unit_id, as in units.csv."))],
    subject: Annotated[str, typer.Argument(help=_("Channel, or rating."))],
    is_announced: Annotated[bool, typer.Option("--yes/--no", help=_("Announced, or not."))],
    reason: Annotated[str, typer.Option("--reason", help=_("Why, where it is not plain."))] = "",
) -> None:
    from tracker.services.audit import confirm_finding

    settled: Settled = context.obj
    confirm_finding(open_here(settled), unit, subject, is_announced, person(), settled.now, reason)
    say(_("{unit} {subject}: noted.").format(unit=unit, subject=subject))


@app.command(
    "rate", cls=Command, help=_("Rate the answer to a consultation of ours, once, to see if it works.")
)
def rate(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(help=_("Reference of an answered consultation by form."))],
    grade: Annotated[
        str, typer.Option("--grade", help=_("The grade, in the site's words."), show_default=False)
    ] = "满意",
) -> None:
    from tracker.services.rating import rate_answer

    settled: Settled = context.obj
    words = rate_answer(open_here(settled), reference, grade, person(), settled.clock)
    say(_("{reference}: rated. The site said: {words}").format(reference=reference, words=words or "-"))
