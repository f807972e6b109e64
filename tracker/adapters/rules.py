"""Rules of the legal clock from data/rules/*.toml, read strictly: a law is never guessed."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.adapters.files import find_file, read_toml, sha256_of
from tracker.domain.rules import Article, RuleBook, Rules
from tracker.domain.terms import ChannelKind, ReceiptBasis, RequestKind
from tracker.errors import UserError
from tracker.i18n import _

# Entries of a version: its number, and the least it may be where the entry stands.
_NUMBERS = {
    "counting": None,
    "reply": "working_days",
    "extension": "working_days",
    "correction": "working_days",
    "third_party": "working_days",
    "receipt": None,
    "transfer": None,
    "veto": "months",
}
_NEEDED = ("counting", "reply", "receipt")
_CHECKS = ("source", "checked_by", "checked_on")
_DATES = ("valid_from", "valid_to")
_SETTINGS = ("kind", "calendar", "zone", "version")
_BASES = (ReceiptBasis.SUBMISSION, ReceiptBasis.CONFIRMATION, ReceiptBasis.SIGNATURE)


def load_rules(name: str, workspace: Path | None = None) -> RuleBook:
    """The rules called `name`; raises `UserError` naming the file, the entry and its source of law."""
    path = find_file(f"data/rules/{name}.toml", workspace)
    return _rule_book(name, path, sha256_of(path))


@functools.lru_cache
def _rule_book(name: str, path: Path, sha256: str) -> RuleBook:
    reader = _Reader(path)
    entries = read_toml(path)
    reader.refuse_unknown("", entries, _SETTINGS)
    kind = reader.choice("kind", entries.get("kind"), RequestKind)
    blocks = entries.get("version")
    if not isinstance(blocks, list) or not blocks:
        reader.refuse(
            "version", None, _("write at least one [[version]] with valid_from and [version.reply]")
        )
    versions = sorted(
        (_version(reader, name, kind, block, sha256) for block in blocks), key=lambda rules: rules.valid_from
    )
    _refuse_gaps(reader, versions)
    return RuleBook(
        name=name,
        kind=kind,
        versions=tuple(versions),
        calendar=reader.text("calendar", entries),
        zone=_zone(reader, reader.text("zone", entries)),
        version=sha256,
    )


def _version(reader: "_Reader", name: str, kind: RequestKind, block: Mapping[str, Any], sha256: str) -> Rules:
    reader.refuse_unknown("version.", block, (*_NUMBERS, *_DATES))
    for entry in _NEEDED:
        if entry not in block:
            reader.refuse(
                f"version.{entry}", None, _("a table is needed: write [version.{entry}]").format(entry=entry)
            )
    numbers = {
        entry: reader.number(entry, unit, block[entry])
        for entry, unit in _NUMBERS.items()
        if unit and entry in block
    }
    receipt = reader.table("receipt", block)
    return Rules(
        name=name,
        kind=kind,
        reply_days=numbers["reply"],
        extension_days=numbers.get("extension", 0),
        correction_notice_days=numbers.get("correction", 0),
        third_party_days=numbers.get("third_party", 0),
        veto_months=numbers.get("veto", 0),
        excludes_transfers=reader.flag("transfer", "excluded", block),
        receipt={channel: reader.bases(channel, receipt) for channel in ChannelKind},
        articles={entry: reader.article(entry, block) for entry in _NUMBERS if entry in block},
        valid_from=reader.day("valid_from", block, None),
        valid_to=reader.day("valid_to", block, date.max),
        version=sha256,
    )


def _refuse_gaps(reader: "_Reader", versions: Sequence[Rules]) -> None:
    for earlier, later in pairwise(versions):
        if later.valid_from - timedelta(days=1) != earlier.valid_to:
            reader.refuse(
                "version.valid_to",
                earlier.valid_to,
                _("the next version is valid from {day}: there may be no gap and no overlap").format(
                    day=later.valid_from
                ),
            )


def _zone(reader: "_Reader", name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        reader.refuse("zone", name, _("a time zone is needed, such as Asia/Shanghai"))


class _Reader:
    """Reads entries of one rules file; every refusal names the file, the entry and its source of law."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def refuse(self, entry: str, value: object, remedy: str, source: str = "") -> NoReturn:
        law = f" ({source})" if source else ""
        raise UserError(
            _("{path}: {entry} = {value}{law}: {remedy}.").format(
                path=self._path, entry=entry, value=value, law=law, remedy=remedy
            )
        )

    def refuse_unknown(self, place: str, entries: Mapping[str, Any], known: Iterable[str]) -> None:
        for entry in entries:
            if entry not in known:
                raise UserError(
                    _("{path}: unknown entry {entry}: remove it, or correct it to one of {known}.").format(
                        path=self._path, entry=place + entry, known=", ".join(known)
                    )
                )

    def choice(self, entry: str, value: object, allowed: type[RequestKind]) -> RequestKind:
        if value not in list(allowed):
            self.refuse(entry, value, _("one of {names} is needed").format(names=", ".join(allowed)))
        return allowed(str(value))

    def text(self, entry: str, entries: Mapping[str, Any]) -> str:
        value = entries.get(entry)
        if not isinstance(value, str) or not value:
            self.refuse(entry, value, _("a text in quotes is needed"))
        return value

    def table(self, entry: str, block: Mapping[str, Any]) -> Mapping[str, Any]:
        value = block[entry]
        if not isinstance(value, dict):
            self.refuse(
                f"version.{entry}", value, _("a table is needed: write [version.{entry}]").format(entry=entry)
            )
        return value

    def number(self, entry: str, unit: str, table: Mapping[str, Any]) -> int:
        value = table.get(unit) if isinstance(table, dict) else table
        if type(value) is not int or value < 1:
            self.refuse(
                f"version.{entry}.{unit}",
                value,
                _("a whole number of at least {least} is needed").format(least=1),
                str(table.get("source", "")) if isinstance(table, dict) else "",
            )
        return value

    def flag(self, entry: str, name: str, block: Mapping[str, Any]) -> bool:
        if entry not in block:
            return False
        value = self.table(entry, block).get(name)
        if not isinstance(value, bool):
            self.refuse(f"version.{entry}.{name}", value, _("true or false is needed"))
        return value

    def bases(self, channel: ChannelKind, receipt: Mapping[str, Any]) -> tuple[ReceiptBasis, ...]:
        value = receipt.get(channel)
        if not isinstance(value, list) or not value or not set(map(str, value)) <= set(_BASES):
            self.refuse(
                f"version.receipt.{channel}",
                value,
                _("a list of {kinds} is needed").format(kinds=", ".join(_BASES)),
                str(receipt.get("source", "")),
            )
        return tuple(map(ReceiptBasis, value))

    def article(self, entry: str, block: Mapping[str, Any]) -> Article:
        table = self.table(entry, block)
        source, checked_by, checked_on = (table.get(name, "") for name in _CHECKS)
        if not isinstance(source, str) or not source:
            self.refuse(f"version.{entry}.source", source or None, _("name the source of law"))
        if isinstance(checked_on, date) and not isinstance(checked_on, datetime):
            return Article(source, str(checked_by), checked_on)
        if checked_on:
            self.refuse(
                f"version.{entry}.checked_on",
                checked_on,
                _("a date is needed, such as 2026-09-07 without quotes"),
            )
        return Article(source, str(checked_by))

    def day(self, entry: str, block: Mapping[str, Any], default: date | None) -> date:
        value = block.get(entry, default)
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse(f"version.{entry}", value, _("a date is needed, such as 2026-09-07 without quotes"))
        return value
