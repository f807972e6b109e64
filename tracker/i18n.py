"""Every sentence a user sees goes through `_`; codes, JSON keys and logs stay English."""

import gettext
import os
from contextvars import ContextVar
from functools import cache
from pathlib import Path

DEFAULT_LANGUAGE = "zh-CN"
LANGUAGES = ("zh-CN", "en")
_DOMAIN = "tracker"
_LOCALES = Path(__file__).parent / "locale"
_active: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"
# Of one request at the desk, where each person chooses; the library that runs it hands it on to its threads.
_spoken: ContextVar[str | None] = ContextVar("language", default=None)


def use_language(language: str) -> None:
    """Speak `language` ("zh-CN" or "en") from now on. English is what the source is written in."""
    global _active, _language
    _language = language
    code = language.replace("-", "_")
    _active = _catalogue(language)
    # the command-line library asks the process's own domain for the headings of its help pages
    os.environ["LANGUAGE"] = code
    gettext.bindtextdomain(_DOMAIN, str(_LOCALES))
    gettext.textdomain(_DOMAIN)


def speak_here(language: str) -> None:
    """Speak `language` in this context only: one request of many at the same time."""
    _spoken.set(language)


def language_in_use() -> str:
    return _spoken.get() or _language


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(_DOMAIN, _LOCALES, [language.replace("-", "_")], fallback=True)


def _(sentence: str) -> str:
    spoken = _spoken.get()
    return (_catalogue(spoken) if spoken else _active).gettext(sentence)
