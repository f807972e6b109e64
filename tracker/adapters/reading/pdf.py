"""PDF: its text layer."""

import io
from collections.abc import Iterator

from tracker.adapters.reading.pages import Page, Reading, reading_of_pages, without_unmapped

_MAX_PAGES = 60


def read_pdf(raw: bytes) -> Reading:
    """Raises what pdfminer raises if it is torn or opens with a password only."""
    from pdfminer.high_level import extract_pages  # slow to import, and most mails carry no PDF
    from pdfminer.layout import LAParams

    layouts = extract_pages(io.BytesIO(raw), maxpages=_MAX_PAGES, laparams=LAParams(all_texts=True))
    # a signature states the range of bytes that it covers
    return reading_of_pages([_page(layout) for layout in layouts], has_seal=b"/ByteRange" in raw)


def _page(layout: object) -> Page:
    from pdfminer.layout import LTImage, LTPage, LTTextContainer

    assert isinstance(layout, LTPage)
    parts = list(_walk(layout))
    text = "\n".join(part.get_text() for part in parts if isinstance(part, LTTextContainer))
    pictures = sum(part.width * part.height for part in parts if isinstance(part, LTImage))
    return Page(without_unmapped(text), pictures / max(layout.width * layout.height, 1))


def _walk(container: object) -> Iterator[object]:
    from pdfminer.layout import LTFigure, LTPage

    assert isinstance(container, LTPage | LTFigure)
    for part in container:
        if isinstance(part, LTFigure):
            yield from _walk(part)
        else:
            yield part
