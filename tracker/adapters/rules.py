"""Rules of the legal clock from data/rules/*.toml."""

import functools
from pathlib import Path

from tracker.adapters.files import find_file, read_toml, sha256_of
from tracker.domain.deadlines import Rules
from tracker.domain.terms import RequestKind
from tracker.errors import UserError
from tracker.i18n import _


@functools.cache
def load_rules(name: str, workspace: Path | None = None) -> Rules:
    """The rules called `name`; raises `UserError` naming the file and the missing or bad entry."""
    path = find_file(f"data/rules/{name}.toml", workspace)
    entries = read_toml(path)
    try:
        return Rules(
            name=name,
            kind=RequestKind(entries["kind"]),
            reply_days=_days(entries["reply"]["working_days"]),
            extension_days=entries.get("extension", {}).get("working_days", 0),
            source=entries["reply"]["source"],
            veto_months=entries.get("veto", {}).get("months", 0),
            version=sha256_of(path),
        )
    except (KeyError, ValueError) as fault:
        raise UserError(
            _("{path}: the rules lack a valid entry {entry}: compare with the shipped file.").format(
                path=path, entry=fault
            )
        ) from None


def _days(value: int) -> int:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"working_days = {value}")
    return value
