"""Reads documents strangers sent: a line of JSON and the bytes in, a line of JSON out, until stdin ends."""

import io
import json
import logging
import sys
import zipfile
from typing import BinaryIO
from xml.etree import ElementTree

from tracker.letters.charsets import decode_text
from tracker.letters.markup import charset_in_markup, text_of_markup

_MAX_MEMORY = 1 << 30  # bytes of address space
_MAX_TEXT = 200_000  # characters
_MAX_PAGES = 60
_MAX_XML = 30_000_000  # bytes unpacked
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def main() -> None:
    _limit_memory()
    logging.disable()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := requests.readline():
        request = json.loads(line)
        text = _read(request["form"], _exactly(requests, request["size"]))
        answers.write(json.dumps({"text": text}).encode() + b"\n")
        answers.flush()


def _exactly(stream: BinaryIO, size: int) -> bytes:
    raw = stream.read(size)
    if len(raw) < size:
        sys.exit(1)
    return raw


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))


def _read(form: str, raw: bytes) -> str | None:
    try:
        text = _READERS[form](raw)[:_MAX_TEXT].strip()
    except Exception:  # broken or hostile in a way nobody foresaw: unreadable is an answer
        return None
    return text or None


def _read_pdf(raw: bytes) -> str:
    from pdfminer.high_level import extract_text  # slow to import, and most mails carry no PDF

    return extract_text(io.BytesIO(raw), maxpages=_MAX_PAGES)


def _read_docx(raw: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open("word/document.xml") as document:
        xml = document.read(_MAX_XML + 1)
    if len(xml) > _MAX_XML:
        raise ValueError("unpacks to more than a letter holds")
    body = ElementTree.fromstring(xml)
    return "\n".join(_paragraph(each) for each in body.iter(f"{_WORD}p"))


def _paragraph(paragraph: ElementTree.Element) -> str:
    spaces = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n"}
    runs = (
        each.text or "" if each.tag == f"{_WORD}t" else spaces.get(each.tag, "") for each in paragraph.iter()
    )
    return "".join(runs)


def _read_html(raw: bytes) -> str:
    return text_of_markup(decode_text(raw, charset_in_markup(raw))[0])


def _read_plain(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    return decode_text(raw.removeprefix(b"\xef\xbb\xbf"), None)[0]


_READERS = {"pdf": _read_pdf, "docx": _read_docx, "html": _read_html, "text": _read_plain}

if __name__ == "__main__":
    main()
