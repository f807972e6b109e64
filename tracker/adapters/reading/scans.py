"""Scans to text: pages as pictures, and what stands on them. Needs the packages of the extra `ocr`."""

import io
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import pypdfium2
from PIL import Image, ImageOps, ImageSequence
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

from tracker.adapters.reading.documents import scans_in
from tracker.adapters.reading.forms import Form, form_of
from tracker.adapters.reading.lines import Span, text_of_spans

_MAX_PAGES = 10
_MAX_PIXELS = 80_000_000  # A4 at 900 dots an inch
_LONGEST_SIDE = 2000  # pixels; the models see no more
_THREADS = 2
_ENOUGH_SECONDS = 80


def read_scans(raw: bytes) -> str:
    """The text of the first ten pages, of fewer if they take long. Raises what Pillow and PDFium raise if it is torn or a bomb."""
    reader = RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            # unlike the default, which blows the short side of a thin strip up to 736 pixels
            "Det.limit_type": "max",
            "Det.limit_side_len": _LONGEST_SIDE,
        }
    )
    pictures = (picture for scan in scans_in(raw) for picture in _pictures(scan))
    texts, end = [], time.monotonic() + _ENOUGH_SECONDS
    for picture in islice(pictures, _MAX_PAGES):
        texts.append(_read_picture(reader, picture))
        if time.monotonic() > end:  # the first pages are worth more than being ended with nothing
            break
    return "\f".join(texts)


def _read_picture(reader: RapidOCR, picture: Image.Image) -> str:
    found = reader(picture)
    assert isinstance(found, RapidOCROutput)
    if found.boxes is None or found.txts is None:
        return ""
    return text_of_spans(
        Span(text, float(box[:, 0].min()), float(box[:, 1].max()), float(box[3, 1] - box[0, 1]))
        for text, box in zip(found.txts, found.boxes, strict=True)
    )


def _pictures(scan: bytes) -> Iterator[Image.Image]:
    if form_of(scan) is Form.PDF:
        yield from _pdf_pages(scan)
        return
    with suppress(OSError), Image.open(io.BytesIO(scan)) as picture:  # torn, or JBIG2 in an OFD
        if picture.width * picture.height > _MAX_PIXELS:
            raise ValueError("more pixels than a page has")
        picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # a JPEG is then unpacked small
        for frame in ImageSequence.Iterator(picture):
            yield _on_white(frame)


def _pdf_pages(raw: bytes) -> Iterator[Image.Image]:
    with pypdfium2.PdfDocument(raw) as document:
        for number in range(len(document)):
            page = document[number]
            scale = _LONGEST_SIDE / max(*page.get_size(), 1)
            yield page.render(scale=scale).to_pil().convert("RGB")


def _on_white(frame: Image.Image) -> Image.Image:
    """The frame upright, no larger than the models see, with paper where it is transparent."""
    upright = ImageOps.exif_transpose(frame)
    upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    drawn = upright.convert("RGBA")
    paper = Image.new("RGBA", drawn.size, "white")
    return Image.alpha_composite(paper, drawn).convert("RGB")
