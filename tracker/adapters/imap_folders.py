"""Which folders of a mailbox a reply may lie in: by flag, by name, by setting."""

from collections.abc import Collection, Iterable, Sequence

from imapclient.imap_utf7 import decode as decode_utf7  # type: ignore[import-untyped]

INBOX = "INBOX"
JUNK_NAMES = frozenset(
    {"junk", "junk email", "junk e-mail", "junk mail", "spam", "bulk mail"}
    | {"垃圾邮件", "垃圾郵件", "垃圾箱", "广告邮件", "订阅邮件"}
)
_CLOSED_TO_US = {b"\\noselect", b"\\nonexistent"}

Listing = Iterable[tuple[tuple[bytes, ...], bytes | None, str]]


def junk_folders(listing: Listing, more_names: Collection[str] = ()) -> tuple[str, ...]:
    """The folders of a LIST answer where a reply may have been put away: by flag, else by name."""
    names = JUNK_NAMES | {name.casefold() for name in more_names}
    return tuple(name for flags, delimiter, name in listing if _is_junk(flags, delimiter, name, names))


def missing_folders(listing: Listing, wanted: Sequence[str]) -> list[str]:
    present = {name for _flags, _delimiter, name in listing}
    return [name for name in wanted if name not in present and name.upper() != INBOX]


def _is_junk(flags: Iterable[bytes], delimiter: bytes | None, name: str, names: Collection[str]) -> bool:
    lowered = {flag.lower() for flag in flags}
    last_part = name.rsplit(delimiter.decode(), 1)[-1] if delimiter else name
    named = b"\\junk" in lowered or last_part.casefold() in names
    return named and not lowered & _CLOSED_TO_US


def readable(wire: bytes | str) -> str:
    """A folder's name: modified UTF-7 as it should be, else the bytes as Chinese servers send them."""
    raw = wire if isinstance(wire, bytes) else wire.encode()
    try:
        name = str(decode_utf7(raw)) if raw.isascii() else raw.decode("utf-8")
    except ValueError:
        name = raw.decode("ascii" if raw.isascii() else "gb18030", "backslashreplace")
    return name.encode("utf-8", "replace").decode()  # half a character cannot be stored
