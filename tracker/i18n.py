"""Every sentence a user sees goes through `_`; codes, JSON keys and logs stay English."""

import gettext
import os
from pathlib import Path

DEFAULT_LANGUAGE = "zh-CN"
LANGUAGES = ("zh-CN", "en")
_DOMAIN = "tracker"
_LOCALES = Path(__file__).parent / "locale"
_active: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def use_language(language: str) -> None:
    """Speak `language` ("zh-CN" or "en") from now on. English is what the source is written in."""
    global _active, _language
    _language = language
    code = language.replace("-", "_")
    _active = gettext.translation(_DOMAIN, _LOCALES, [code], fallback=True)
    # the command-line library asks the process's own domain for the headings of its help pages
    os.environ["LANGUAGE"] = code
    gettext.bindtextdomain(_DOMAIN, str(_LOCALES))
    gettext.textdomain(_DOMAIN)


def language_in_use() -> str:
    return _language


def _(sentence: str) -> str:
    return _active.gettext(sentence)
