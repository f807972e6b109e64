"""The web sites of the simulated city's offices: six platforms with the traps of real ones, here only."""

from .books import Attachment, Books, Entry, Note, Submission
from .captcha import read_picture
from .server import PLATFORMS, Sites
from .units import UNITS, Channels, Unit

__all__ = [
    "PLATFORMS",
    "UNITS",
    "Attachment",
    "Books",
    "Channels",
    "Entry",
    "Note",
    "Sites",
    "Submission",
    "Unit",
    "read_picture",
]
