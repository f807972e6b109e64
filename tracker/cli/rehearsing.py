"""`tracker rehearse`: what a new user runs first, and a lead before a real round."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.show import print_line, print_table, say
from tracker.errors import UserError
from tracker.i18n import _


def rehearse(
    folder: Annotated[
        Path,
        typer.Argument(
            help=_("Folder for the rehearsal's workspace; an earlier rehearsal in it is replaced.")
        ),
    ] = Path("rehearsal"),
) -> None:
    from tracker.rehearsal.run import is_rehearsal, run_rehearsal
    from tracker.services.overview import verdict_rows

    say("演练 / REHEARSAL: " + _("62 simulated units, 124 requests, on this machine only."))
    if is_rehearsal(folder):
        say(
            _(
                "{folder}: the earlier rehearsal there is replaced, with its desk's accounts and all that was "
                "entered. To keep one, name another folder: {command}"
            ).format(folder=folder, command=command_to_copy("rehearse", f"{folder}-2"))
        )
    result = run_rehearsal(folder)
    print_table(
        [_("verdict"), _("disclosure"), _("consultation")],
        verdict_rows(result.rows),
        title="演练 / REHEARSAL",
    )
    print_table([_("what was read"), _("count")], result.reading_rows(), title="演练 / REHEARSAL")
    for line in result.differences:
        print_line(line)
    if result.differences:
        raise UserError(
            _("{count} of the measurements differ from what the city did.").format(
                count=len(result.differences)
            )
        )
    print_line(
        _("Measured = what the city did, for all {count} requests, in {seconds:.0f} seconds.").format(
            count=result.requests, seconds=result.seconds
        )
    )
    for line in _next_steps(folder, result.rows[0].request.reference):
        print_line(line)


def _next_steps(folder: Path, reference: str) -> list[str]:
    return [
        _("Look around:"),
        f"  {command_to_copy('--workspace', str(folder), 'status', '--all')}",
        f"  {command_to_copy('--workspace', str(folder), 'explain', reference)}",
        f"  {folder / 'export' / 'results.xlsx'}",
        _("A round of your own: `{command}`, then README.").format(
            command=command_to_copy("init", "my-round")
        ),
    ]


def command_to_copy(*words: str) -> str:
    """A command to copy: this program by the name it was started by, for it need not be on the path."""
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return shlex.join([sys.executable, "-m", "tracker", *words])
    is_on_path = shutil.which(started.name) == str(started)
    return shlex.join([started.name if is_on_path else str(started), *words])
