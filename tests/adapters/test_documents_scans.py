"""Scans are read by OCR in a process of their own, which keeps nobody waiting and dies alone."""

import io
import struct
import zlib

import pytest
from PIL import Image

from tests.adapters.made_documents import attached, kept, ofd, ofd_picture, packed, pdf
from tracker.adapters import documents
from tracker.adapters.documents import has_ocr, is_scan, read_scan, read_text

# one process takes a gigabyte: two tests at once would measure the machine
pytestmark = pytest.mark.xdist_group("ocr")

SCAN = kept("scan.png").raw
LETTER = (
    "延川市自然资源局\n政府信息公开申请答复书\n延自然资公开〔2026〕第15号\n"
    "本机关于2026年9月7日收到您的申请，\n现答复如下：同意公开。"
)


def image(form: str, picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, form)
    return out.getvalue()


def drawn() -> Image.Image:
    return Image.open(io.BytesIO(SCAN)).convert("L")


def on_glass() -> Image.Image:
    """Black letters on nothing: a transparent picture, as programs paste signatures."""
    glass = Image.new("RGBA", drawn().size, (0, 0, 0, 0))
    glass.putalpha(drawn().point(lambda level: 255 - level))
    return glass


SCANS = {
    "PNG": SCAN,
    "transparent PNG": image("PNG", on_glass()),
    "PDF": pdf(picture=SCAN),
    "PDF as large as a field": pdf(picture=SCAN, size=(500_000, 500_000)),
    "OFD": ofd(ofd_picture(), picture=SCAN),
    "zip": packed({"a.txt": "", "扫描.png": SCAN}),
}


@pytest.mark.parametrize("raw", SCANS.values(), ids=SCANS.keys())
def test_a_scan_is_read(raw: bytes) -> None:
    assert has_ocr()
    assert read_scan(attached("附件", raw)) == LETTER


def test_a_photograph_taken_sideways_is_turned_as_the_camera_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    drawn().rotate(90, expand=True).save(out, "JPEG", exif=exif, quality=90)
    text = read_scan(attached("照片.jpg", out.getvalue()))
    assert text is not None
    assert text.startswith("延川市自然资源局\n政府信息公开申请答复书\n")


def test_ten_pages_of_a_fax_are_read_and_no_more() -> None:
    blank, page = Image.new("1", drawn().size, 1), drawn().convert("1")
    out = io.BytesIO()
    blank.save(out, "TIFF", save_all=True, append_images=[*[blank] * 8, page, page])
    assert read_scan(attached("传真.tif", out.getvalue())) == LETTER


def test_an_empty_page_has_no_text() -> None:
    assert read_scan(attached("白.png", image("PNG", Image.new("L", (400, 300), 255)))) is None


def bomb() -> bytes:
    """A PNG that says it is 60,000 pixels high and wide."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">2I5B", 60_000, 60_000, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(10_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "raw", [bomb(), SCAN[:2000], b"", b"%PDF-1.4 torn"], ids=["bomb", "torn", "empty", "PDF"]
)
def test_what_is_no_picture_has_no_text(raw: bytes) -> None:
    assert read_scan(attached("附件", raw)) is None


def test_a_scan_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "SECONDS_PER_SCAN", 0.05)
    assert read_scan(attached("a.png", SCAN)) is None


def test_reading_a_scan_waits_for_no_document_and_makes_none_wait() -> None:
    read_text(attached("a.txt", b"warm"))
    reader = documents._worker._process
    with documents._lock:
        assert read_scan(attached("a.png", SCAN)) == LETTER
    with documents._ocr_lock:
        assert read_text(attached("a.txt", "正文".encode())) == "正文"
        assert is_scan(attached("a.pdf", pdf()))
    assert documents._worker._process is reader


def test_without_the_extra_no_scan_is_read_and_each_is_still_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "find_spec", lambda name: None if name == "rapidocr" else object())
    monkeypatch.setattr(documents, "_Worker", None)
    assert not has_ocr()
    assert read_scan(attached("a.png", SCAN)) is None
    assert is_scan(attached("a.png", SCAN))
