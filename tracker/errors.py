"""The one exception a user is meant to read."""


class UserError(Exception):
    """What is wrong, where, and what to do about it, in one line. Commands print it and exit 1."""
