"""DOCX: paragraphs, tables and text boxes in reading order, headers before and footers after them."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from tracker.adapters.reading.packed import local_name, read_xml

_PARTS = [re.compile(rf"word/{name}\d*\.xml") for name in ("header", "document", "footnotes", "footer")]
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def read_docx(packed: ZipFile) -> str:
    return "\n".join(line for pattern in _PARTS for line in _part_lines(packed, pattern))


def _part_lines(packed: ZipFile, pattern: re.Pattern[str]) -> list[str]:
    names = sorted(name for name in packed.namelist() if pattern.fullmatch(name))
    texts = ("\n".join(_lines(read_xml(packed, name))) for name in names)
    # first, even and odd pages have each their header, mostly the same one
    return [text for text in dict.fromkeys(texts) if text or "document" in pattern.pattern]


def _lines(element: Element) -> Iterator[str]:
    for child in element:
        name = local_name(child)
        if name == "p":
            yield from _paragraph(child)
        elif name == "tr":
            yield from _row(child)
        elif name == "AlternateContent":
            yield from _lines(_chosen(child))
        else:
            yield from _lines(child)


def _row(row: Element) -> list[str]:
    cells = [list(_lines(cell)) for cell in row if local_name(cell) in ("tc", "sdt")]
    if len(cells) == 1:  # a frame round text, not a table
        return cells[0]
    return ["\t".join(" ".join(cell) for cell in cells)]


def _paragraph(paragraph: Element) -> list[str]:
    boxes: list[str] = []
    text = "".join(_runs(paragraph, boxes))
    return boxes if boxes and not text else [text, *boxes]


def _runs(element: Element, boxes: list[str]) -> Iterator[str]:
    """The words of a paragraph; those in boxes anchored to it go to `boxes`."""
    for child in element:
        name = local_name(child)
        if name == "t":
            yield child.text or ""
        elif name == "txbxContent":
            boxes += _lines(child)
        elif name in _SPACES:
            yield _SPACES[name]
        else:
            yield from _runs(_chosen(child) if name == "AlternateContent" else child, boxes)


def _chosen(alternatives: Element) -> Element:
    """The first of several drawings of one thing: reading all would say it twice."""
    return next(iter(alternatives), alternatives)
