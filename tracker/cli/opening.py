"""Opening the workspace a command works in."""

from pathlib import Path

from tracker.cli.show import Settled
from tracker.errors import UserError
from tracker.i18n import _, use_language
from tracker.settings import SETTINGS_FILE, Workspace, find_workspace, open_workspace


def root_here(settled: Settled) -> Path | None:
    """The folder of the workspace, if there is one: its files are looked up before the shipped ones."""
    if settled.workspace:
        return settled.workspace
    try:
        return find_workspace(Path.cwd())
    except UserError:
        return None


def open_here(settled: Settled) -> Workspace:
    """The workspace named with --workspace, or the nearest one upwards; its language, if none was asked for."""
    named = settled.workspace
    if named and not (named / SETTINGS_FILE).exists():
        raise UserError(
            _(
                "{folder}: no workspace: it holds no tracker.toml. Correct --workspace, or run `tracker init`."
            ).format(folder=named)
        )
    settled.workspace = named or find_workspace(Path.cwd())
    workspace = open_workspace(settled.workspace)
    if settled.language is None:
        use_language(workspace.settings.language)
    return workspace
