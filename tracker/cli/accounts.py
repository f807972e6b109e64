"""`tracker account`: who may use the desk. Passwords are asked for, or come on stdin; never on the line."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from tracker.cli.opening import open_here
from tracker.cli.show import JsonOption, Settled, local, print_json, print_table, say
from tracker.cli.usage import Command, Group
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.accounts import (
    Role,
    accounts,
    add_account,
    change_password,
    close_account,
    link_account,
)
from tracker.store.database import reading

app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
NameArgument = Annotated[str, typer.Argument(help=_("Name of the account."))]


@app.command("add", cls=Command, help=_("Make an account; the password is asked for."))
def add(
    context: typer.Context,
    name: NameArgument,
    role: Annotated[Role, typer.Option("--role", help=_("lead, reviewer or observer."))],
    subject: Annotated[
        str | None,
        typer.Option(
            "--subject", help=_("Instead of a password: issuer and subject at the identity provider.")
        ),
    ] = None,
) -> None:
    settled: Settled = context.obj
    password = None if subject else _password()
    add_account(open_here(settled), name, role, password, settled.now, subject)
    say(_("{name}: may use the desk as {role}.").format(name=name, role=role))


@app.command("list", cls=Command, help=_("Every account."))
def show(context: typer.Context, as_json: JsonOption = False) -> None:
    settled: Settled = context.obj
    with reading(open_here(settled).engine) as session:
        found = accounts(session)
    if as_json:
        print_json([row.model_dump(include={"name", "role", "created_at", "closed_at"}) for row in found])
        return
    print_table(
        [_("account"), _("role"), _("since"), _("closed")],
        [(row.name, row.role, local(row.created_at), local(row.closed_at)) for row in found],
    )


@app.command("password", cls=Command, help=_("Set a new password; whoever is logged in is logged out."))
def password(context: typer.Context, name: NameArgument) -> None:
    settled: Settled = context.obj
    change_password(open_here(settled), name, _password(), settled.now)
    say(_("{name}: the password is changed.").format(name=name))


@app.command("link", cls=Command, help=_("Let an account be opened by the identity provider too."))
def link(
    context: typer.Context,
    name: NameArgument,
    subject: Annotated[
        str, typer.Argument(help=_("Issuer and subject, as the desk's login page shows them."))
    ],
) -> None:
    settled: Settled = context.obj
    link_account(open_here(settled), name, subject, settled.now)
    say(_("{name}: is {subject} at the identity provider.").format(name=name, subject=subject))


@app.command("close", cls=Command, help=_("Nobody may log in by it any more; what it decided stays."))
def close(context: typer.Context, name: NameArgument) -> None:
    settled: Settled = context.obj
    close_account(open_here(settled), name, settled.now)
    say(_("{name}: closed.").format(name=name))


def _password() -> str:
    """Asked twice at a terminal; a single line where it comes from another program."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass(_("Password: "))
    if first != getpass(_("Once more: ")):
        raise UserError(_("The two passwords differ."))
    return first
