"""The command line: parse, call one service, show."""

import logging
import os
import sys
from collections.abc import Sequence

from tracker.clock import Clock, system_clock
from tracker.errors import UserError
from tracker.i18n import DEFAULT_LANGUAGE, LANGUAGES, _, use_language

_INTERRUPTED = 130  # what shells say of a program that Ctrl-C ended, and typer too
LANGUAGE_VARIABLE = "TRACKER_LANG"
# What commands have to tell they tell themselves; only the daemon writes a log.
logging.getLogger("tracker").addHandler(logging.NullHandler())


def main(argv: Sequence[str] | None = None, clock: Clock = system_clock) -> int:
    """Run one command. Returns 0 when done, 1 when the user must act, 2 for wrong usage, 130 after Ctrl-C."""
    words = list(sys.argv[1:] if argv is None else argv)
    language = _take_language(words)
    use_language(language if language in LANGUAGES else DEFAULT_LANGUAGE)
    if language not in (None, *LANGUAGES):
        _complain(_("--lang {language}: use zh-CN or en.").format(language=language))
        return 2
    try:
        return _run(words, clock, language)
    except UserError as fault:
        _complain(str(fault))
    except BrokenPipeError:  # whoever read our output, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _interrupted()
    return 1


def entry() -> None:
    """What the `tracker` command calls."""
    sys.exit(main())


def _interrupted() -> int:
    _complain(_("Interrupted."))
    return _INTERRUPTED


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201


def _run(words: list[str], clock: Clock, language: str | None) -> int:
    # the sentences of --help are looked up when the commands are defined: after the language is known
    from sqlalchemy.exc import DatabaseError, OperationalError
    from typer import Abort, TyperException

    from tracker.cli.app import app
    from tracker.cli.show import Settled
    from tracker.cli.usage import usage_error

    settled = Settled(clock, language)
    try:
        code: int = app(args=words, obj=settled, prog_name="tracker", standalone_mode=False) or 0
        sys.stdout.flush()  # here, where a fault of it can still be told
        return _interrupted() if code == _INTERRUPTED else code
    except Abort as fault:  # at a question: the answer did not come
        if not isinstance(fault.__context__, EOFError):
            return _interrupted()
        raise UserError(
            _("The input ended before the answer came: run the command again at a terminal.")
        ) from None
    except TyperException as fault:
        _complain(usage_error(fault))
        return fault.exit_code
    except ModuleNotFoundError as fault:
        if fault.name != "fcntl":
            raise
        raise UserError(_("This command needs Linux or macOS: Windows has no locks of that kind.")) from None
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise UserError(_disk_fault(fault.filename or settled.workspace, fault.strerror or fault)) from None
    except DatabaseError as fault:
        if type(fault) not in (DatabaseError, OperationalError):  # others are faults of ours
            raise
        raise UserError(_disk_fault(settled.workspace, fault.orig)) from None


def _disk_fault(place: object, reason: object) -> str:
    return _(
        "{place}: {reason}. Nothing was lost; free the space or mend the access, then try again."
    ).format(place=place, reason=reason)


def _take_language(words: list[str]) -> str | None:
    """`--lang` is understood anywhere on the line, before the commands are even defined; the last one counts."""
    found = []
    for place in reversed(range(len(words))):
        if words[place].startswith("--lang="):
            found.append(words.pop(place).removeprefix("--lang="))
        elif words[place] == "--lang" and place + 1 < len(words):
            found.append(words.pop(place + 1))
            del words[place]
    return found[0] if found else os.environ.get(LANGUAGE_VARIABLE) or None
