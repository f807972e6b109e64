"""Files inside texts and inside Outlook's envelope are found; what is torn stays a file."""

import binascii

import pytest

from tests.mail.samples import packaged
from tracker.letters.enclosures import open_tnef, split_uuencoded
from tracker.letters.parse import parse


def uuencoded(name: str, raw: bytes) -> str:
    lines = [binascii.b2a_uu(raw[at : at + 45]).decode() for at in range(0, len(raw), 45)]
    return f"begin 644 {name}\n{''.join(lines)}`\nend\n"


RAW = bytes(range(256)) * 3


def test_uuencoded_files_are_taken_out_of_the_text() -> None:
    text, files = split_uuencoded(f"见附件\n{uuencoded('决算.xls', RAW)}\n此复\n{uuencoded('b.txt', b'b')}")
    assert text.split() == ["见附件", "此复"]
    assert files == [("决算.xls", RAW), ("b.txt", b"b")]


def test_lost_spaces_at_the_ends_of_lines_cost_nothing() -> None:
    encoded = uuencoded("a.bin", bytes(200)).replace("`", " ")
    assert split_uuencoded("\n".join(line.rstrip() for line in encoded.split("\n"))) == (
        "",
        [("a.bin", bytes(200))],
    )


@pytest.mark.parametrize(
    "text", ["begin 644 a\n现答复如下：没有\nend", "begin 644 a\nend of it", "we begin\nend"]
)
def test_words_that_only_look_like_one_are_text(text: str) -> None:
    assert split_uuencoded(text) == (text, [])


def test_a_uuencoded_file_is_an_attachment_of_the_message() -> None:
    body = f"see below\n{uuencoded('a.txt', b'hello')}".replace("\n", "\r\n").encode()
    message = parse(b"Subject: x\r\n\r\n" + body)
    assert message.reply_text == "see below"
    assert [(a.name, a.raw) for a in message.attachments] == [("a.txt", b"hello")]


SAMPLES = {path.name: path for path in packaged("tnefparse", "tests/examples/*.tnef")}
FILES = {
    "one-file.tnef": ["AUTHORS"],
    "two-files.tnef": ["AUTHORS", "README"],
    "umlaut.tnef": ["TBZ PARIV GmbH.jpg", "image003.jpg", "UmlautAnhang-äüö.txt"],
    "long-filename.tnef": ["allproductsmar2000.dat"],
    "MAPI_ATTACH_DATA_OBJ.tnef": ["VIA_Nytt_1402.doc", "VIA_Nytt_1402.pdf", "VIA_Nytt_14021.htm"],
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_an_envelope_are_attachments(name: str) -> None:
    raw = SAMPLES[name].read_bytes()
    head = b"Subject: x\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
    encoded = binascii.b2a_base64(raw, newline=True)
    message = parse(head + b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded)
    assert [a.name for a in message.attachments] == FILES[name]
    assert all(a.raw for a in message.attachments)


@pytest.mark.parametrize(
    ("name", "words"), [("triples.tnef", "Sample description"), ("rtf.tnef", ""), ("body.tnef", "<")]
)
def test_the_letter_of_an_envelope_is_read(name: str, words: str) -> None:
    inside = open_tnef(SAMPLES[name].read_bytes())
    assert words in f"{inside.text}{inside.markup}"
    assert f"{inside.text}{inside.markup}".strip()


@pytest.mark.parametrize("cut", [3, 40, 200])
def test_a_torn_envelope_stays_a_file(cut: int) -> None:
    raw = SAMPLES["two-files.tnef"].read_bytes()[:cut]
    head = b"Subject: x\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n"
    message = parse(head + b"\r\n" + binascii.b2a_base64(raw))
    assert message.subject == "x"
    assert message.attachments or "tnef_unreadable" not in message.faults


def test_an_envelope_of_countless_objects_is_refused() -> None:
    raw = SAMPLES["one-file.tnef"].read_bytes()[:6] + b"\1\0\0\0\0\0\0\0\0\0\0" * 100_000
    with pytest.raises(ValueError, match="too many objects"):
        open_tnef(raw)
