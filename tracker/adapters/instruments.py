"""Coding instruments: TOML files of questions, checked when they are loaded."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tracker.adapters.files import find_file, read_toml, sha256_of
from tracker.domain.instrument import (
    CODE_KEYS,
    KIND,
    OUTCOME,
    CodeOption,
    CodingQuestion,
    Instrument,
    QuestionType,
)
from tracker.domain.terms import MessageKind, RequestKind
from tracker.errors import UserError
from tracker.i18n import LANGUAGES, _

_ALLOWED = {"id", "kinds", "requests", "text", "help", "codes", "required", "compared"}


def load_instrument(name: str, workspace: Path | None = None) -> Instrument:
    """The instrument `data/instruments/<name>.toml`. Raises `UserError` naming the question that is wrong."""
    path = find_file(f"data/instruments/{name}.toml", workspace)
    return _load(path, sha256_of(path))


@lru_cache(maxsize=4)
def _load(path: Path, sha256: str) -> Instrument:
    content = read_toml(path)
    tables = content.get("question", [])
    questions = tuple(_question(path, place, table) for place, table in enumerate(tables, 1))
    names = [KIND, OUTCOME, *(one.question_id for one in questions)]
    for name in {name for name in names if names.count(name) > 1}:
        raise UserError(_('{path}: question "{name}" stands there twice.').format(path=path, name=name))
    return Instrument(str(content.get("name", path.stem)), sha256, questions)


def _question(path: Path, place: int, table: Mapping[str, Any]) -> CodingQuestion:
    def refuse(reason: str) -> UserError:
        name = table.get("id", place)
        return UserError(_("{path}: question {name}: {reason}.").format(path=path, name=name, reason=reason))

    if unknown := set(table) - _ALLOWED:
        raise refuse(_("unknown entry {names}").format(names=", ".join(sorted(unknown))))
    if missing := [name for name in ("id", "text") if not table.get(name)]:
        raise refuse(_("{names} is missing").format(names=", ".join(missing)))
    options = tuple(_option(one) for one in table.get("codes", []))
    if len(options) > len(CODE_KEYS) or not all(option.code for option in options):
        raise refuse(
            _("each code needs `code`, and there is a key for at most {most} of them").format(
                most=len(CODE_KEYS)
            )
        )
    try:
        kinds = frozenset(map(MessageKind, table.get("kinds", [])))
        requests = frozenset(map(RequestKind, table.get("requests", [])))
    except ValueError as fault:
        raise refuse(str(fault)) from None
    return CodingQuestion(
        question_id=str(table["id"]),
        type=QuestionType.CHOICE if options else QuestionType.REMARK,
        words=_words(table["text"]),
        help=_words(table.get("help", {})),
        options=options,
        kinds=kinds,
        requests=requests,
        is_required=bool(table.get("required", True)),
        is_compared=bool(options) and bool(table.get("compared", True)),
    )


def _option(table: Mapping[str, Any]) -> CodeOption:
    return CodeOption(str(table.get("code", "")), _words(table))


def _words(table: Mapping[str, Any]) -> dict[str, str]:
    """By language; a language that is missing borrows the other's words."""
    found = {language: str(table[language]) for language in LANGUAGES if table.get(language)}
    spare = next(iter(found.values()), "")
    return {language: found.get(language, spare) for language in LANGUAGES}
