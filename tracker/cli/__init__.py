"""The command line: parse, call one service, show."""

import os
import sys
from collections.abc import Sequence

from tracker.clock import Clock, system_clock
from tracker.errors import UserError
from tracker.i18n import DEFAULT_LANGUAGE, LANGUAGES, _, use_language

LANGUAGE_VARIABLE = "TRACKER_LANG"


def main(argv: Sequence[str] | None = None, clock: Clock = system_clock) -> int:
    """Run one command. Returns 0 when done, 1 when the user must act, 2 for wrong usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    language = _take_language(words)
    use_language(language if language in LANGUAGES else DEFAULT_LANGUAGE)
    try:
        if language not in LANGUAGES:
            raise UserError(_("--lang {language}: use zh-CN or en.").format(language=language))
        return _run(words, clock)
    except UserError as fault:
        print(fault, file=sys.stderr)  # noqa: T201
    except OSError as fault:
        place = fault.filename or ""
        print(  # noqa: T201
            _(
                "{place}: {reason}. Nothing was lost; free the space or mend the access, then try again."
            ).format(place=place, reason=fault.strerror or fault),
            file=sys.stderr,
        )
    except KeyboardInterrupt:
        print(_("Interrupted."), file=sys.stderr)  # noqa: T201
    return 1


def entry() -> None:
    """What the `tracker` command calls."""
    sys.exit(main())


def _run(words: list[str], clock: Clock) -> int:
    # the sentences of --help are looked up when the commands are defined: after the language is known
    from sqlalchemy.exc import OperationalError

    from tracker.cli.app import app

    try:
        app(args=words, obj=clock, prog_name="tracker")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except OperationalError as fault:
        raise UserError(
            _("The database cannot be written: {reason}. Nothing was lost; mend it and try again.").format(
                reason=fault.orig
            )
        ) from None
    return 0


def _take_language(words: list[str]) -> str:
    """`--lang` is understood anywhere on the line, before the commands are even defined."""
    for place, word in enumerate(words):
        if word.startswith("--lang="):
            del words[place]
            return word.removeprefix("--lang=")
        if word == "--lang" and place + 1 < len(words):
            language = words[place + 1]
            del words[place : place + 2]
            return language
    return os.environ.get(LANGUAGE_VARIABLE, DEFAULT_LANGUAGE)
