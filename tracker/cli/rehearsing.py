"""`tracker rehearse`: what a new user runs first, and a lead before a real round."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.show import print_line, print_table, say
from tracker.errors import UserError
from tracker.i18n import _


def rehearse(
    folder: Annotated[Path, typer.Argument(help=_("Folder for the rehearsal's workspace."))] = Path(
        "rehearsal"
    ),
) -> None:
    from tracker.rehearsal.run import run_rehearsal
    from tracker.services.overview import verdict_rows

    say("演练 / REHEARSAL: " + _("62 simulated units, 124 requests, on this machine only."))
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
        f"  tracker --workspace {folder} status --all",
        f"  tracker --workspace {folder} explain {reference}",
        f"  {folder / 'export' / 'results.xlsx'}",
        _("A round of your own: `tracker init my-round`, then README."),
    ]
