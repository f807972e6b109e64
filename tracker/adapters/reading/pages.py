"""What reading a file gives, and when a page counts as a picture of text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# A scanned page may carry a page number or the advertisement of the app that scanned it.
_FEWEST_CHARACTERS = 30
_PICTURE_SHARE = 0.5
# Glyphs whose font does not say which character they show: pdfminer's mark for them, and private use.
_UNMAPPED = re.compile(r"\(cid:\d+\)|[\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` is None if there is none to be had without OCR; `is_scan` says that OCR may have it."""

    text: str | None
    is_scan: bool = False
    has_seal: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page's text, and the share of its area that pictures cover (0 to 1; more if they overlap)."""

    text: str
    picture_share: float

    @property
    def is_picture(self) -> bool:
        """Whether what the page says must be in its pictures, or is drawn as curves."""
        count = len("".join(self.text.split()))
        return count == 0 or (count < _FEWEST_CHARACTERS and self.picture_share >= _PICTURE_SHARE)


def without_unmapped(text: str) -> str:
    """The text less what no reader of it could make out."""
    return _UNMAPPED.sub("", text)


def reading_of_pages(pages: Sequence[Page], *, has_seal: bool) -> Reading:
    """The pages as one text, unless most of them are pictures: then the text layer is not the document."""
    if 2 * sum(page.is_picture for page in pages) > len(pages):
        return Reading(None, is_scan=True, has_seal=has_seal)
    return Reading("\f".join(page.text for page in pages), has_seal=has_seal)
