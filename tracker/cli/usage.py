"""Help pages and usage errors in the user's language: the library's own words are English, most of them fixed."""

import re
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from tracker.i18n import _


class _Spoken:
    """What a command and a group say alike. `Any`: the library keeps these types to itself."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        pieces: list[str] = super().collect_usage_pieces(ctx)  # type: ignore[misc]
        words = {"[OPTIONS]": _("[OPTIONS]"), "COMMAND [ARGS]...": _("COMMAND [ARGS]...")}
        return [words.get(piece, piece) for piece in pieces]

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=_("Usage:") + " ")

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        option.help = _("Show this message and exit.")
        return option


class Command(_Spoken, TyperCommand):
    pass


class Group(_Spoken, TyperGroup):
    pass


def library_words() -> list[str]:
    """The few words that the library asks gettext for, so that they stand in our catalogue."""
    return [_("Arguments"), _("Options"), _("Commands"), _("required"), _("default: {default}")]


def usage_error(fault: typer.TyperException) -> str:
    """What to print for wrong usage: the usage line, where to look, and what was wrong."""
    context, message = getattr(fault, "ctx", None), fault.format_message()
    said = _("Error: {message}").format(message=spoken(message))
    if context is None:
        return said
    usage = context.get_usage()
    if message.startswith(usage):  # no arguments at all: the message is the help page
        return message
    hint = _("Try `{command} {option}` for help.").format(
        command=context.command_path, option=context.help_option_names[0]
    )
    return f"{usage}\n{hint}\n\n{said}"


def spoken(message: str) -> str:
    """The library's error message as our own sentence; one that we do not know stays as it is."""
    for pattern, sentence in _sentences().items():
        match = re.fullmatch(pattern, message, re.DOTALL)
        if match:
            parts = {name: " ".join(part.split()) for name, part in match.groupdict().items()}
            return sentence.format(**parts)
    return message


def _sentences() -> dict[str, str]:
    invalid = r"Invalid value for (?P<name>.+?): "
    return {
        r"Missing command\.": _("a command is missing."),
        r"No such command (?P<name>'.+?')\.": _("there is no command {name}."),
        r"No such command (?P<name>'.+?')\. Did you mean (?P<choices>.+)\?": _(
            "there is no command {name}. Did you mean {choices}?"
        ),
        r"No such option: (?P<name>\S+)": _("there is no option {name}."),
        r"No such option: (?P<name>\S+) \(Possible options: (?P<choices>.+)\)": _(
            "there is no option {name}. Did you mean {choices}?"
        ),
        r"Missing argument (?P<name>'.+?')\.": _("the argument {name} is missing."),
        r"Missing option (?P<name>'.+?')\.": _("the option {name} is missing."),
        r"Missing option (?P<name>'.+?')\. Choose from:\s*(?P<choices>.+)": _(
            "the option {name} is missing: choose one of {choices}."
        ),
        r"Option (?P<name>'.+?') requires an argument\.": _("the option {name} needs a value."),
        r"Option (?P<name>'.+?') does not take a value\.": _("the option {name} takes no value."),
        r"Got unexpected extra argument\(s\) \((?P<words>.*)\)": _("too many arguments: {words}"),
        invalid + r"(?:Value error, )?(?P<value>'.*') is not one of (?P<choices>.+)\.": _(
            "{name}: {value} is not one of {choices}."
        ),
        invalid + r"Input should be a valid integer.*": _("{name}: write a whole number."),
        invalid + r"(?P<reason>.+)": _("{name}: {reason}"),
    }
