"""Attached documents are read by a worker, and nothing they hold can hurt its parent."""

import sys
import time
from pathlib import Path

import pytest

from tests.adapters.made_documents import attached, docx, pdf
from tracker.adapters import documents
from tracker.adapters.documents import read_text


def test_a_pdf_with_chinese_cid_fonts_is_read() -> None:
    text = read_text(attached("答复书.pdf", pdf("延司公开〔2020〕第5号", "所申请信息不予公开")))
    assert text is not None
    assert text.split("\n")[0] == "延司公开〔2020〕第5号"
    assert "所申请信息不予公开" in text


def test_a_docx_is_read_paragraph_by_paragraph() -> None:
    assert read_text(attached("a.docx", docx("第一段", "第二段"))) == "第一段\n第二段"


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "utf-16", "utf-8-sig"])
def test_a_text_file_is_read_in_any_charset(charset: str) -> None:
    assert read_text(attached("说明.txt", "朱镕基，现答复如下".encode(charset))) == "朱镕基，现答复如下"


def test_an_html_file_is_read_in_the_charset_it_names() -> None:
    page = "<meta charset=gbk><p>已主动公开</p><script>x</script>".encode("gbk")
    assert read_text(attached("a.htm", page)) == "已主动公开"


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("scan.jpg", b"\xff\xd8\xff\xe0" + bytes(100)),
        ("letter.ofd", b"PK\x03\x04OFD.xml"),
        ("broken.pdf", b"%PDF-1.4\nnothing follows"),
        ("broken.docx", b"PK\x03\x04word/ torn"),
        ("empty.txt", b""),
    ],
)
def test_what_cannot_be_read_has_no_text(name: str, raw: bytes) -> None:
    assert read_text(attached(name, raw)) is None


def test_a_scan_without_a_text_layer_has_no_text() -> None:
    assert read_text(attached("scan.pdf", pdf())) is None


def test_a_packed_bomb_has_no_text_and_the_next_document_is_read() -> None:
    assert read_text(attached("bomb.docx", docx("零" * 40_000_000))) is None
    assert read_text(attached("a.docx", docx("正文"))) == "正文"


def test_entities_that_multiply_have_no_text() -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 20}">' for n in range(1, 9))
    prefix = f'<!DOCTYPE d [<!ENTITY a0 "x">{levels}]>'
    assert read_text(attached("a.docx", docx("&a8;", prefix=prefix))) is None


def test_a_document_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "SECONDS_PER_DOCUMENT", 0.01)
    monkeypatch.setattr(documents, "_worker", documents._Worker())
    assert read_text(attached("slow.pdf", pdf("慢"))) is None
    monkeypatch.undo()
    assert read_text(attached("a.txt", "快".encode())) == "快"


def test_a_dead_worker_is_replaced() -> None:
    assert read_text(attached("a.txt", b"one")) == "one"
    process = documents._worker._process
    assert process is not None
    process.kill()
    process.wait()
    assert read_text(attached("a.txt", b"two")) == "two"


def test_one_worker_serves_many_documents_quickly() -> None:
    read_text(attached("a.txt", b"warm"))
    start = time.perf_counter()
    for number in range(50):
        assert read_text(attached("a.txt", b"%d" % number)) == str(number)
    assert time.perf_counter() - start < 5


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_worker_inherits_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_PASSWORD", "secret")
    monkeypatch.setattr(documents, "_worker", documents._Worker())
    read_text(attached("a.txt", b"warm"))
    process = documents._worker._process
    assert process is not None
    assert b"secret" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    documents._worker._discard(process)
