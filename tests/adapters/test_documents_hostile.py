"""What strangers send to break a reader ends one document, and the next one is read."""

import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.adapters.made_documents import attached, docx, kept, ofd, ofd_text, packed, pdf
from tracker.adapters import documents
from tracker.adapters.documents import is_scan, read_text


def assert_unreadable(raw: bytes) -> None:
    assert read_text(attached("附件", raw)) is None
    assert read_text(attached("a.txt", "下一个".encode())) == "下一个"


def xlsx(sheet: str) -> bytes:
    """A workbook whose only sheet is this XML."""
    import io

    book, out = openpyxl.Workbook(), io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    namespace = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts["xl/worksheets/sheet1.xml"] = f"<worksheet {namespace}>{sheet}</worksheet>"
    return packed(parts)


def cell(place: str, value: str) -> str:
    return f'<row r="{place[-1]}"><c r="{place}"><v>{value}</v></c></row>'


def with_flag(raw: bytes, flag: int) -> bytes:
    """A DOC with a flag of its file information block set."""
    marked = bytearray(raw)
    at = marked.index(b"\xec\xa5") + 10
    marked[at : at + 2] = (int.from_bytes(marked[at : at + 2], "little") | flag).to_bytes(2, "little")
    return bytes(marked)


ENTITIES = "<!DOCTYPE d [" + '<!ENTITY a "xxxxxxxxxx">' + "]>"
BIG = "零" * 3_000_000


@pytest.mark.parametrize(
    "raw",
    [
        docx("&a;", prefix=ENTITIES),
        ofd(ofd_text("&a;", 20, 20), dtd=ENTITIES),
        docx("x", prefix='<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>'),
    ],
    ids=["DOCX", "OFD", "a file of ours"],
)
def test_entities_of_their_own_are_refused(raw: bytes) -> None:
    assert_unreadable(raw)


@pytest.mark.parametrize(
    "raw",
    [
        packed({"a.txt": BIG}),
        packed({f"{n}.txt": b"\x41" * 900_000 for n in range(120)}),
        packed({f"{n}": b"" for n in range(5_001)}),
        xlsx(f"<sheetData>{' ' * 40_000_000}</sheetData>"),
        ofd(ofd_text(BIG, 20, 20)),
    ],
    ids=["ratio", "sum", "count", "XLSX", "OFD"],
)
def test_bombs_are_not_unpacked(raw: bytes) -> None:
    assert_unreadable(raw)


def test_a_size_that_is_a_lie_is_found_out() -> None:
    raw = packed({"a.txt": b"\x41" * 2_000_000})
    assert_unreadable(raw.replace((2_000_000).to_bytes(4, "little"), (900).to_bytes(4, "little")))


def test_a_sheet_as_large_as_excel_allows_takes_no_memory_from_us() -> None:
    corners = cell("A1", "1") + '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    assert_unreadable(xlsx(f"<sheetData>{corners}</sheetData>"))


@pytest.mark.parametrize(
    "raw",
    [
        pdf("同意", password="secret"),
        kept("encrypted.docx").raw,
        with_flag(kept("letter.doc").raw, 0x0100),
    ],
    ids=["PDF", "DOCX", "DOC"],
)
def test_encrypted_documents_have_no_text(raw: bytes) -> None:
    assert_unreadable(raw)


def test_a_doc_that_is_not_encrypted_has_one_flag_less() -> None:
    assert read_text(attached("a.doc", with_flag(kept("letter.doc").raw, 0))) is not None


WHOLE = {
    "PDF": pdf("同意"),
    "DOCX": docx("同意"),
    "XLSX": xlsx(f"<sheetData>{cell('A1', '1')}</sheetData>"),
    "OFD": ofd(ofd_text("同意", 20, 20)),
    "DOC": kept("letter.doc").raw,
    "XLS": kept("table.xls").raw,
    "zip": packed({"a.txt": "同意"}),
}


@pytest.mark.parametrize("raw", WHOLE.values(), ids=WHOLE.keys())
def test_torn_files_have_no_text(raw: bytes) -> None:
    assert read_text(attached("附件", raw)) is not None
    for share in (0.1, 0.3, 0.6):
        assert_unreadable(raw[: int(share * len(raw))])


@pytest.mark.parametrize(
    "raw", [b"", b"\0", b"PK\x03\x04", b"%PDF-", b"{\\rtf", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_next_to_nothing_has_no_text_and_is_no_scan(raw: bytes) -> None:
    assert_unreadable(raw)
    assert not is_scan(attached("附件", raw))


def test_xml_nested_without_end_has_no_text() -> None:
    assert_unreadable(docx(body="<w:sdt>" * 200_000 + "</w:sdt>" * 200_000))


def test_a_page_as_large_as_a_field_is_read() -> None:
    assert read_text(attached("a.pdf", pdf("同意", size=(5_000_000, 5_000_000)))) == "同意"


def test_a_text_is_cut_where_no_letter_is_so_long() -> None:
    text = read_text(attached("a.txt", ("零😀" * 200_000).encode()))
    assert text is not None
    assert len(text) == 200_000
    assert text.startswith("零😀零")


def test_a_file_larger_than_mail_carries_is_not_opened() -> None:
    assert read_text(attached("a.txt", b"x" * (documents.MAX_BYTES + 1))) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_worker_is_limited_before_it_opens_anything() -> None:
    read_text(attached("a.txt", b"warm"))
    process = documents._worker._process
    assert process is not None
    lines = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
    limits = {line[:26].strip(): line[26:].split()[0] for line in lines}
    assert limits["Max address space"] == str(1 << 30)
    assert limits["Max file size"] == "0"
    assert int(limits["Max cpu time"]) <= 60
