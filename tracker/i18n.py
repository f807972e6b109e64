"""Every sentence a user sees goes through `_`; codes, JSON keys and logs stay English."""

import gettext
from pathlib import Path

DEFAULT_LANGUAGE = "zh-CN"
LANGUAGES = ("zh-CN", "en")
_LOCALES = Path(__file__).parent / "locale"
_active: gettext.NullTranslations = gettext.NullTranslations()


def use_language(language: str) -> None:
    """Speak `language` ("zh-CN" or "en") from now on. English is what the source is written in."""
    global _active
    code = language.replace("-", "_")
    _active = gettext.translation("tracker", _LOCALES, [code], fallback=True)


def _(sentence: str) -> str:
    return _active.gettext(sentence)
