"""Files that are text already: TXT in whatever charset, HTML, RTF."""

from tracker.letters.charsets import decode_text
from tracker.letters.markup import charset_in_markup, text_of_markup


def read_plain(raw: bytes) -> str:
    return decode_text(raw.removeprefix(b"\xef\xbb\xbf"), None)[0].removeprefix("\ufeff")


def read_markup(raw: bytes) -> str:
    named = charset_in_markup(raw)
    return text_of_markup(read_plain(raw) if named is None else decode_text(raw, named)[0])


def read_rtf(raw: bytes) -> str:
    from striprtf.striprtf import rtf_to_text  # most mails carry no RTF

    text: str = rtf_to_text(raw.decode("latin-1"), encoding="gb18030", errors="replace")
    return text
