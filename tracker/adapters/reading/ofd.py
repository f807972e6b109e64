"""OFD, the government's own page format (GB/T 33190-2016): a zip of XML, text objects placed in millimetres."""

import posixpath
from collections.abc import Iterator
from functools import cached_property
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from tracker.adapters.reading.lines import Span, text_of_spans
from tracker.adapters.reading.packed import local_name, read_part, read_xml
from tracker.adapters.reading.pages import Page, Reading, reading_of_pages, without_unmapped

_MAX_PAGES = 60
_A4 = (0.0, 0.0, 210.0, 297.0)
_UNTURNED = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def read_ofd(packed: ZipFile) -> Reading:
    """Raises `KeyError`, `ValueError` or a parse error if a part is missing or torn."""
    pages = [page.read() for page in _pages(packed)]
    return reading_of_pages(pages, has_seal=bool(_texts(read_xml(packed, "OFD.xml"), "Signatures")))


def pictures_in_ofd(packed: ZipFile) -> Iterator[bytes]:
    """The picture files that its pages show, in their order."""
    for page in _pages(packed):
        yield from page.pictures()


class _Document:
    """One document of the file: its templates and resources by number.

    Programs write names in the wrong case, and name templates and resources that they left out.
    """

    def __init__(self, packed: ZipFile, place: str) -> None:
        self._packed, self._place = packed, place
        self._names = {name.replace("\\", "/").lower(): name for name in packed.namelist()}
        self.root = self.xml(place)
        self.box = _numbers(next(iter(_texts(self.root, "PhysicalBox")), ""), _A4)

    def has(self, place: str) -> bool:
        return place.lower() in self._names

    def xml(self, place: str) -> Element:
        return read_xml(self._packed, self._names[place.lower()])

    def picture(self, place: str) -> bytes:
        return read_part(self._packed, self._names[place.lower()])

    def pages(self) -> Iterator["_OfdPage"]:
        for page in _named(self.root, "Page"):
            yield _OfdPage(self, self._resolve_attribute(page))

    @cached_property
    def templates(self) -> dict[str, Element]:
        places = {
            each.get("ID", ""): self._resolve_attribute(each) for each in _named(self.root, "TemplatePage")
        }
        return {number: self.xml(place) for number, place in places.items() if self.has(place)}

    def media(self, owner: str, root: Element) -> dict[str, str]:
        """Places of picture files by their number, as the resource lists that `root` names have them."""
        found = {}
        lists = [text for name in ("PublicRes", "DocumentRes", "PageRes") for text in _texts(root, name)]
        for place in filter(self.has, (_resolve(owner, text) for text in lists)):
            resources = self.xml(place)
            for media in _named(resources, "MultiMedia"):
                for file in _texts(media, "MediaFile"):
                    folder = resources.get("BaseLoc", "")
                    found[media.get("ID", "")] = _resolve(place, posixpath.join(folder, file))
        return {number: place for number, place in found.items() if self.has(place)}

    @cached_property
    def own_media(self) -> dict[str, str]:
        return self.media(self._place, self.root)

    def _resolve_attribute(self, element: Element) -> str:
        return _resolve(self._place, element.get("BaseLoc", ""))


class _OfdPage:
    def __init__(self, document: _Document, place: str) -> None:
        self._document, self._place = document, place
        self._root = document.xml(place)

    def read(self) -> Page:
        shown = [self._document.templates[number] for number in self._template_numbers()]
        spans = [span for root in (*shown, self._root) for span in _spans(root)]
        area = _area(_numbers(next(iter(_texts(self._root, "PhysicalBox")), ""), self._document.box))
        pictures = sum(_area(_box_of(each)) for each in _named(self._root, "ImageObject"))
        return Page(without_unmapped(text_of_spans(spans)), pictures / max(area, 1))

    def pictures(self) -> Iterator[bytes]:
        media = self._document.own_media | self._document.media(self._place, self._root)
        for each in _named(self._root, "ImageObject"):
            if each.get("ResourceID", "") in media:
                yield self._document.picture(media[each.get("ResourceID", "")])

    def _template_numbers(self) -> list[str]:
        numbers = [each.get("TemplateID", "") for each in _named(self._root, "Template")]
        return [number for number in numbers if number in self._document.templates]


def _pages(packed: ZipFile) -> list[_OfdPage]:
    pages: list[_OfdPage] = []
    for text in _texts(read_xml(packed, "OFD.xml"), "DocRoot"):
        pages += _Document(packed, _resolve("OFD.xml", text)).pages()
    return pages[:_MAX_PAGES]


def _spans(root: Element) -> Iterator[Span]:
    for block in _named(root, "TextObject"):
        left, top, *_ = _box_of(block)
        a, b, c, d, e, f = _numbers(block.get("CTM", ""), _UNTURNED)
        size = float(block.get("Size", 3.5)) * (abs(d) or abs(b) or 1)
        x = y = 0.0
        for code in _named(block, "TextCode"):
            x, y = float(code.get("X", x)), float(code.get("Y", y))
            text = "".join((code.text or "").splitlines())
            yield Span(text, left + a * x + c * y + e, top + b * x + d * y + f, size)


def _named(root: Element, name: str) -> Iterator[Element]:
    return (each for each in root.iter() if local_name(each) == name)


def _texts(root: Element, name: str) -> list[str]:
    return [text for each in _named(root, name) if (text := (each.text or "").strip())]


def _resolve(owner: str, place: str) -> str:
    """A place as another part names it: from the root of the zip if it starts with a slash."""
    folder = "" if place.startswith("/") else posixpath.dirname(owner)
    return posixpath.normpath(posixpath.join(folder, place.replace("\\", "/").lstrip("/")))


def _box_of(block: Element) -> tuple[float, ...]:
    return _numbers(block.get("Boundary", ""), (0.0, 0.0, 0.0, 0.0))


def _area(box: tuple[float, ...]) -> float:
    return box[2] * box[3]


def _numbers(text: str, otherwise: tuple[float, ...]) -> tuple[float, ...]:
    numbers = tuple(float(word) for word in text.split())
    return numbers if len(numbers) == len(otherwise) else otherwise
