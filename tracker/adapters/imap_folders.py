"""Which folders of a mailbox a reply may lie in: by flag, by name, by setting."""

from collections.abc import Collection, Iterable, Sequence

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
