"""Files that a person names as mail: whether they are any, and the messages in them."""

import mailbox as mailboxes
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tracker.errors import UserError
from tracker.i18n import _
from tracker.letters.headers import read_date
from tracker.services.raw_headers import date_header, field_values

_SIGNS = {b"from": "@", b"received": r"\b(?:from|by|with|for)\b", b"message-id": "<.+>", b"subject": r"\S"}
_MBOX = b"From "


def messages_in(path: Path) -> Iterator[bytes]:
    """The raw messages of an .eml file, an mbox file, a Maildir or a folder of .eml files."""
    if path.is_dir():
        is_maildir = (path / "cur").is_dir() and (path / "new").is_dir()
        if is_maildir:
            files = [*(path / "new").iterdir(), *(path / "cur").iterdir()]
        else:
            files = [file for file in path.rglob("*") if file.suffix.lower() == ".eml"]
        yield from (file.read_bytes() for file in sorted(files) if file.is_file())
    elif _is_mbox(path):
        box = mailboxes.mbox(path, create=False)
        yield from (box.get_bytes(key) for key in box.keys())  # noqa: SIM118  (a mailbox iterates over values)
    else:
        yield path.read_bytes()


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).lstrip(b"\r\n").startswith(_MBOX)


def refuse_what_is_no_mail(paths: Iterable[Path]) -> None:
    """Raise a `UserError` that names the files without any mail. What lies in a folder came from a mailbox."""
    strangers = [str(path) for path in paths if path.is_file() and not any(map(is_mail, messages_in(path)))]
    if strangers:
        raise UserError(
            _(
                "{paths}: no mail: no From, Date, Subject, Received or Message-ID can be read there. "
                "Nothing was taken in: leave it out, or save the mail as .eml or mbox."
            ).format(paths=", ".join(strangers))
        )


def is_mail(raw: bytes) -> bool:
    """Whether it may be a mail, however damaged: one of the fields that mails have can be read."""
    beginning = re.split(rb"[:\n]", raw.lstrip(), maxsplit=1)[0]
    if b"\0" in beginning:  # archives and Outlook's .msg hold whole headers further down
        return False
    signs = (re.search(sign, value) for name, sign in _SIGNS.items() for value in field_values(raw, name))
    return any(signs) or read_date(date_header(raw), []) is not None
