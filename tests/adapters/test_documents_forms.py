"""Every form that units send, read as a reader would read it."""

import datetime
import io

import docx as python_docx
import openpyxl
import pytest
from docx.oxml import parse_xml

from tests.adapters.made_documents import (
    attached,
    docx,
    kept,
    ofd,
    ofd_picture,
    ofd_text,
    packed,
    pdf,
)
from tracker.adapters.documents import has_seal, is_scan, read_text

SCAN = kept("scan.png").raw


def text_of(raw: bytes, name: str = "附件") -> str | None:
    return read_text(attached(name, raw))


# --- Word ------------------------------------------------------------------------------------------------


def saved(document: "python_docx.document.Document") -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_docx_is_read_with_its_header_table_and_footer_in_reading_order() -> None:
    document = python_docx.Document()
    section = document.sections[0]
    section.header.paragraphs[0].text = "延川市自然资源局文件"
    section.footer.paragraphs[0].text = "联系电话：0000-1234567"
    document.add_heading("答复书", 1)
    table = document.add_table(2, 2)
    for cell, text in zip(
        (cell for row in table.rows for cell in row.cells), ["序号", "名称", "1", "验收结果"], strict=True
    ):
        cell.text = text
    document.add_paragraph("以上答复")
    assert text_of(saved(document)) == (
        "延川市自然资源局文件\n答复书\n序号\t名称\n1\t验收结果\n以上答复\n联系电话：0000-1234567"
    )


def test_paragraphs_in_a_frame_of_one_cell_stay_lines() -> None:
    document = python_docx.Document()
    cell = document.add_table(1, 1).cell(0, 0)
    cell.text = "答复书"
    cell.add_paragraph("同意公开")
    assert text_of(saved(document)) == "答复书\n同意公开"


TEXT_BOX = """
<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
     xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
     xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">
  <mc:AlternateContent>
    <mc:Choice Requires="wps"><wps:txbx><w:txbxContent>
      <w:p><w:r><w:t>（此件公开发布）</w:t></w:r></w:p></w:txbxContent></wps:txbx></mc:Choice>
    <mc:Fallback><w:pict><w:txbxContent>
      <w:p><w:r><w:t>（此件公开发布）</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback>
  </mc:AlternateContent>
</w:r>"""


def test_a_text_box_that_is_drawn_twice_is_read_once() -> None:
    document = python_docx.Document()
    document.add_paragraph("日期")._p.append(parse_xml(TEXT_BOX))
    document.add_paragraph("正文")
    assert text_of(saved(document)) == "日期\n（此件公开发布）\n正文"


def test_what_was_deleted_with_changes_tracked_is_not_read() -> None:
    deleted = "<w:p><w:del><w:r><w:delText>不予</w:delText></w:r></w:del><w:r><w:t>公开</w:t></w:r></w:p>"
    assert text_of(docx(body=deleted)) == "公开"


def test_a_doc_is_read_with_table_text_box_header_and_the_value_of_a_field() -> None:
    text = read_text(kept("letter.doc"))
    assert text is not None
    assert text.split("\n") == [
        "政府信息公开申请答复书",
        "延自然资公开〔2026〕第15号",
        "张示例：",
        "本机关于2026年9月7日收到您提交的政府信息公开申请，现答复如下：同意公开，朱镕基。",
        "序号\t名称",
        "1\t验收结果",
        "2026年9月24日",
        "（此件公开发布）",
        "延川市自然资源局文件",
        "",
        "第 1 页",
    ]


def rtf(text: str) -> str:
    return "".join(f"\\'{byte:02x}" for byte in text.encode("gbk"))


def test_an_rtf_is_read_in_the_charset_of_its_code_page() -> None:
    font = rf"{{\fonttbl{{\f0\fnil\fcharset134 {rtf('宋体')};}}}}"
    raw = rf"{{\rtf1\ansi\ansicpg936{font}\f0 {rtf('答复书')}\par {rtf('同意公开')}\par}}".encode("ascii")
    assert text_of(raw, "答复.doc") == "答复书\n同意公开"


# --- tables ----------------------------------------------------------------------------------------------


def test_an_xlsx_is_read_sheet_by_sheet_with_dates_and_numbers_as_people_write_them() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "清单"
    sheet.append(["序号", "日期", "金额", None, "备注"])
    sheet.append([1, datetime.date(2026, 9, 24), 12.5, None, "两行\n一格"])
    book.create_sheet("空白")
    book.create_sheet("附表")["B3"] = True
    out = io.BytesIO()
    book.save(out)
    assert text_of(out.getvalue()) == (
        "清单\n序号\t日期\t金额\t\t备注\n1\t2026-09-24\t12.5\t\t两行 一格\n附表\nTrue"
    )


def test_an_xls_is_read_like_an_xlsx() -> None:
    assert read_text(kept("table.xls")) == "清单\n序号\t名称\t日期\t金额\n1\t验收结果\t2026-09-24\t12.5"


def test_rows_beyond_the_limit_are_left_out() -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("长表")
    for number in range(2_500):
        sheet.append([number])
    out = io.BytesIO()
    book.save(out)
    text = text_of(out.getvalue())
    assert text is not None
    assert text.split("\n")[-1] == "1999"


# --- OFD -------------------------------------------------------------------------------------------------


def test_an_ofd_is_read_from_top_to_bottom_and_from_left_to_right() -> None:
    page = (
        ofd_text("第二行", 20, 60)
        + ofd_text("右", 60, 40.4)
        + ofd_text("左", 20, 40)
        + ofd_text("边", 25, 40)
    )
    assert text_of(ofd(page, ofd_text("第二页", 20, 20))) == "左边 右\n第二行\n第二页".replace(
        "\n第二页", "\x0c第二页"
    )


def test_the_template_of_an_ofd_page_is_read_with_it() -> None:
    raw = ofd(ofd_text("编号：15", 20, 60), template=ofd_text("答复书", 80, 20))
    assert text_of(raw, "答复.ofd") == "答复书\n编号：15"


def test_text_in_an_ofd_stands_where_its_matrix_puts_it() -> None:
    moved = ofd_text("上", 20, 60, CTM="1 0 0 1 0 -50")
    scaled = ofd_text("下", 20, 50, CTM="2 0 0 2 0 0")
    assert text_of(ofd(scaled + moved)) == "上\n下"


def test_text_in_nested_blocks_and_several_codes_of_an_ofd_are_read() -> None:
    codes = '<ofd:TextCode X="0" Y="5">甲</ofd:TextCode><ofd:TextCode X="0" Y="15">乙</ofd:TextCode>'
    block = f'<ofd:TextObject Boundary="0 0 210 297" Size="5">{codes}</ofd:TextObject>'
    assert text_of(ofd(f"<ofd:PageBlock><ofd:PageBlock>{block}</ofd:PageBlock></ofd:PageBlock>")) == "甲\n乙"


@pytest.mark.parametrize("sealed", [True, False])
def test_an_ofd_says_whether_it_is_sealed(sealed: bool) -> None:
    assert has_seal(attached("a.ofd", ofd(ofd_text("正文", 20, 20), sealed=sealed))) is sealed


def test_glyphs_that_no_font_explains_are_no_text() -> None:
    assert text_of(ofd(ofd_text("\ue11e\ue236公开", 20, 20))) == "公开"


# --- text and markup -------------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_text_is_known_by_its_bytes_whatever_it_is_called(charset: str) -> None:
    assert text_of("现答复如下：\n1. 朱镕基".encode(charset), "数据.bin") == "现答复如下：\n1. 朱镕基"


def test_a_short_text_in_gbk_is_not_taken_for_big5() -> None:
    assert text_of("请见附件".encode("gbk")) == "请见附件"


def test_a_text_in_big5_is_read() -> None:
    text = "現答覆如下：同意公開，請見附件。"
    assert text_of(text.encode("big5")) == text


def test_a_page_called_a_word_document_is_read_as_a_page() -> None:
    page = '<?xml version="1.0"?><html><head><meta charset="gbk"></head><body><p>已主动公开</p></body></html>'
    assert text_of(page.encode("gbk"), "答复.doc") == "已主动公开"


def test_a_page_in_utf_16_is_read() -> None:
    assert text_of("<html><p>已主动公开</p></html>".encode("utf-16"), "a.htm") == "已主动公开"


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.rar", b"Rar!\x1a\x07\x01\x00"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00\x04"),
        ("a.txt", b"MZ\x90\x00\x03\x00"),
        ("smime.p7s", b"\x30\x82\x0b\x00\x06\x09"),
    ],
)
def test_what_has_no_text_has_none_whatever_it_is_called(name: str, start: bytes) -> None:
    assert text_of(start + bytes(range(256)), name) is None


# --- bundles ---------------------------------------------------------------------------------------------


def test_the_files_in_a_zip_are_read_each_below_its_name() -> None:
    raw = packed(
        {"答复/说明.txt": "请见表", "答复/": b"", "答复/正文.docx": docx("同意公开"), "a.exe": b"MZ\0"}
    )
    assert text_of(raw, "答复.zip") == "说明.txt\n请见表\n\n正文.docx\n同意公开\n\na.exe"


def test_names_that_chinese_windows_packed_in_gbk_are_read() -> None:
    raw = packed({"XXXX.txt": "同意公开"}).replace(b"XXXX", "答复".encode("gbk"))
    assert text_of(raw) == "答复.txt\n同意公开"


def test_of_a_path_in_a_zip_only_the_file_name_is_told() -> None:
    assert text_of(packed({"答复/正文.txt": "同意"})) == "正文.txt\n同意"
    windows = packed({"答复_正文.txt": "同意"}).replace("答复_".encode(), "答复\\".encode())
    assert text_of(windows) == "正文.txt\n同意"


def test_a_zip_in_a_zip_is_read_but_no_deeper() -> None:
    inner = packed({"内.txt": "里面"})
    assert text_of(packed({"中.zip": inner})) == "中.zip\n内.txt\n里面"
    assert text_of(packed({"外.zip": packed({"中.zip": inner})})) is None


def test_a_torn_file_in_a_zip_takes_nothing_from_the_others() -> None:
    assert text_of(packed({"a.pdf": b"%PDF-1.4 torn", "b.txt": "同意公开"})) == "a.pdf\n\n\nb.txt\n同意公开"


def test_zips_that_no_person_packed_have_no_text() -> None:
    assert text_of(packed({"mimetype": "application/epub+zip", "a.html": "<p>书</p>"})) is None


def with_every_entry_encrypted(raw: bytes) -> bytes:
    marked = bytearray(raw)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        marked[marked.index(signature) + flags] |= 1
    return bytes(marked)


def test_an_encrypted_zip_has_no_text() -> None:
    raw = packed({"a.txt": "同意公开"})
    assert text_of(raw) is not None
    assert text_of(with_every_entry_encrypted(raw)) is None


def test_the_fifty_first_file_of_a_zip_is_left_out() -> None:
    text = text_of(packed({f"{n}.txt": "x" for n in range(60)}))
    assert text is not None
    assert text.endswith("49.txt\nx")


# --- which is a scan -------------------------------------------------------------------------------------

PICTURES = {
    "jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "png": b"\x89PNG\r\n\x1a\n\0",
    "tif": b"II*\0\x08\0",
    "bmp": b"BM\x36\0\0\0\0\0\0\0",
    "webp": b"RIFF\x10\0\0\0WEBPVP8 ",
}


@pytest.mark.parametrize("start", PICTURES.values(), ids=PICTURES.keys())
def test_a_picture_is_a_scan(start: bytes) -> None:
    assert is_scan(attached("答复.pdf", start + bytes(60)))


SCANS = {
    "a PDF of nothing": pdf(),
    "a PDF of a picture": pdf(picture=SCAN, size=(400, 200)),
    "a PDF with the mark of a scanning app": pdf("扫描全能王 创建", picture=SCAN, size=(400, 200)),
    "an OFD of a picture": ofd(ofd_picture(), picture=SCAN),
    "an OFD with a page number": ofd(
        ofd_picture(box="0 0 210 290") + ofd_text("- 1 -", 100, 280), picture=SCAN
    ),
    "a zip of a picture": packed({"扫描.png": SCAN}),
}


@pytest.mark.parametrize("raw", SCANS.values(), ids=SCANS.keys())
def test_pages_that_are_pictures_are_a_scan_and_have_no_text(raw: bytes) -> None:
    attachment = attached("答复", raw)
    assert is_scan(attachment)
    assert read_text(attachment) is None


LONG = "本机关于2026年9月7日收到您提交的政府信息公开申请，现答复如下"
NO_SCANS = {
    "a short PDF": pdf("同意"),
    "a PDF with a seal on text": pdf(LONG, picture=SCAN, size=(400, 200)),
    "an OFD with a small picture": ofd(ofd_text("同意", 20, 20) + ofd_picture(box="0 0 40 40"), picture=SCAN),
    "a DOCX": docx("同意"),
    "a zip of a picture and a text": packed({"扫描.png": SCAN, "a.txt": "同意"}),
    "an encrypted PDF": pdf("同意", password="secret"),
    "nothing": b"",
    "a torn PDF": b"%PDF-1.4 torn",
}


@pytest.mark.parametrize("raw", NO_SCANS.values(), ids=NO_SCANS.keys())
def test_what_has_text_or_cannot_be_opened_is_no_scan(raw: bytes) -> None:
    assert not is_scan(attached("答复", raw))


def test_a_signed_pdf_has_a_seal() -> None:
    raw = pdf("同意")
    assert not has_seal(attached("a.pdf", raw))
    assert has_seal(attached("a.pdf", raw + b"\n% /Type/Sig/ByteRange[0 10 20 30]"))
