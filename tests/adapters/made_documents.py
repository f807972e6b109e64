"""Documents as other programs write them, for the tests that read them."""

import io
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tracker.domain.message import Attachment

KEPT = Path(__file__).parent / "documents"
A4 = (595.0, 842.0)
_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def attached(name: str, raw: bytes, media_type: str = "application/octet-stream") -> Attachment:
    return Attachment(name, media_type, sha256(raw).hexdigest(), raw)


def kept(name: str) -> Attachment:
    """letter.doc and table.xls are LibreOffice's, encrypted.docx is msoffcrypto's; scan.png was drawn."""
    return attached(name, (KEPT / name).read_bytes())


def pdf(*lines: str, picture: bytes = b"", size: tuple[float, float] = A4, password: str = "") -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    encrypt = StandardEncryption(password) if password else None
    canvas = Canvas(out, pagesize=size, invariant=1, encrypt=encrypt)
    if picture:
        canvas.drawImage(ImageReader(io.BytesIO(picture)), 0, size[1] - size[0] / 2, size[0], size[0] / 2)
        canvas.rect(0, 0, *size)
    canvas.setFont("STSong-Light", 14)
    for place, line in enumerate(lines):
        canvas.drawString(72, 760 - 30 * place, line)
    canvas.save()
    return out.getvalue()


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def docx(*paragraphs: str, prefix: str = "", body: str = "") -> bytes:
    body += "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return packed({"word/document.xml": f"{prefix}<w:document {_WORD}><w:body>{body}</w:body></w:document>"})


def ofd_text(text: str, x: float, y: float, **attributes: str) -> str:
    """A text object whose box begins at x and y, in millimetres from the top left."""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<ofd:TextObject ID="1" Boundary="{x} {y} 100 6" Font="3" Size="5"{more}>'
        f'<ofd:TextCode X="0" Y="5">{text}</ofd:TextCode></ofd:TextObject>'
    )


def ofd_picture(number: int = 9, box: str = "0 0 210 105") -> str:
    return f'<ofd:ImageObject ID="2" Boundary="{box}" ResourceID="{number}"/>'


def ofd(*pages: str, template: str = "", picture: bytes = b"", sealed: bool = False, dtd: str = "") -> bytes:
    """An OFD of pages given by the objects on them; object 9 of its resources is `picture`."""
    signatures = "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>" if sealed else ""
    places = "".join(
        f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n, _ in enumerate(pages)
    )
    parts: dict[str, str | bytes] = {
        "OFD.xml": f"<ofd:OFD {_OFD}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>{signatures}"
        "</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {_OFD}><ofd:CommonData>"
        "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
        "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes><ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>"
        '<ofd:TemplatePage ID="7" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData>'
        f"<ofd:Pages>{places}</ofd:Pages></ofd:Document>",
        # what it is called there, and how it is called in the zip, differ: Foxit and others do that
        "Doc_0/DocumentRes.xml": f'<ofd:Res {_OFD} BaseLoc="Res"><ofd:MultiMedias>'
        '<ofd:MultiMedia ID="9" Type="Image"><ofd:MediaFile>Picture.PNG</ofd:MediaFile></ofd:MultiMedia>'
        "</ofd:MultiMedias></ofd:Res>",
        "Doc_0/Res/picture.png": picture,
    }
    if template:
        parts["Doc_0/Tpls/Tpl_0/Content.xml"] = _ofd_page(template)
    for n, objects in enumerate(pages):
        parts[f"Doc_0/Pages/Page_{n}/Content.xml"] = dtd + _ofd_page(
            objects, head='<ofd:Template TemplateID="7"/>'
        )
    return packed(parts)


def _ofd_page(objects: str, head: str = "") -> str:
    return f'<ofd:Page {_OFD}>{head}<ofd:Content><ofd:Layer ID="5">{objects}</ofd:Layer></ofd:Content></ofd:Page>'
