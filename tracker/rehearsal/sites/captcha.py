"""The picture that asks for a person's eyes, and, for a rehearsal without one, the eyes."""

import random
import struct
import zlib
from collections.abc import Iterator

__all__ = ["ALPHABET", "draw", "read_picture"]

# seven rows of five points each, as five-bit numbers
_FONT = {
    "2": (14, 17, 1, 6, 8, 16, 31), "3": (30, 1, 1, 14, 1, 1, 30), "4": (2, 6, 10, 18, 31, 2, 2),
    "5": (31, 16, 30, 1, 1, 17, 14), "6": (6, 8, 16, 30, 17, 17, 14), "7": (31, 1, 2, 4, 8, 8, 8),
    "8": (14, 17, 17, 14, 17, 17, 14), "9": (14, 17, 17, 15, 1, 2, 12), "A": (4, 10, 17, 17, 31, 17, 17),
    "B": (30, 17, 17, 30, 17, 17, 30), "C": (14, 17, 16, 16, 16, 17, 14), "D": (28, 18, 17, 17, 17, 18, 28),
    "E": (31, 16, 16, 30, 16, 16, 31), "F": (31, 16, 16, 30, 16, 16, 16), "G": (14, 17, 16, 23, 17, 17, 15),
    "H": (17, 17, 17, 31, 17, 17, 17), "J": (7, 2, 2, 2, 2, 18, 12), "K": (17, 18, 20, 24, 20, 18, 17),
    "L": (16, 16, 16, 16, 16, 16, 31), "M": (17, 27, 21, 21, 17, 17, 17), "N": (17, 25, 21, 19, 17, 17, 17),
    "P": (30, 17, 17, 30, 16, 16, 16), "Q": (14, 17, 17, 17, 21, 18, 13), "R": (30, 17, 17, 30, 20, 18, 17),
    "S": (15, 16, 16, 14, 1, 1, 30), "T": (31, 4, 4, 4, 4, 4, 4), "U": (17, 17, 17, 17, 17, 17, 14),
    "V": (17, 17, 17, 17, 17, 10, 4), "W": (17, 17, 17, 21, 21, 27, 17), "X": (17, 17, 10, 4, 10, 17, 17),
    "Y": (17, 17, 10, 4, 4, 4, 4), "Z": (31, 1, 2, 4, 8, 16, 31),
}  # fmt: skip
ALPHABET = "".join(_FONT)

_POINT = 4  # pixels
_SLOT = 7 * _POINT
_HEIGHT = 40
_DARK = 128
_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_Picture = list[bytearray]  # rows of grey pixels


def draw(text: str) -> bytes:
    """A grey PNG of `text`; the letters jump up and down, under lines and dots."""
    unknown = set(text) - set(ALPHABET)
    if not text or unknown:
        raise ValueError(f"cannot draw {text!r}")
    chance = random.Random(text)
    width = _SLOT * len(text) + _POINT
    picture = [bytearray(b"\xf2" * width) for _ in range(_HEIGHT)]
    for order, letter in enumerate(text):
        _stamp(picture, letter, order * _SLOT + _POINT, chance.randrange(_HEIGHT - 7 * _POINT), chance)
    _scribble(picture, chance)
    return _png(picture)


def read_picture(png: bytes) -> str:
    """What a picture of `draw` says."""
    picture = _pixels(png)
    slots = (len(picture[0]) - _POINT) // _SLOT
    return "".join(_likeliest(picture, order * _SLOT + _POINT) for order in range(slots))


def _points(letter: str) -> Iterator[tuple[int, int]]:
    for row, bits in enumerate(_FONT[letter]):
        for column in range(5):
            if bits >> (4 - column) & 1:
                yield column, row


def _stamp(picture: _Picture, letter: str, left: int, top: int, chance: random.Random) -> None:
    shade = chance.randrange(20, 90)
    for column, row in _points(letter):
        for y in range(top + row * _POINT, top + (row + 1) * _POINT):
            start = left + column * _POINT
            picture[y][start : start + _POINT] = bytes([shade] * _POINT)


def _scribble(picture: _Picture, chance: random.Random) -> None:
    """Pale lines and single dark dots: they fill no point and empty none."""
    width = len(picture[0])
    for _ in range(3):
        start, end, shade = chance.randrange(_HEIGHT), chance.randrange(_HEIGHT), chance.randrange(_DARK, 200)
        for x in range(width):
            row = picture[start + (end - start) * x // width]
            row[x] = min(row[x], shade)
    for _ in range(width):
        row, x = picture[chance.randrange(_HEIGHT)], chance.randrange(width)
        row[x] = min(row[x], chance.randrange(40, 220))


def _likeliest(picture: _Picture, left: int) -> str:
    def distance(letter: str, top: int) -> int:
        return sum(bin(seen ^ bits).count("1") for seen, bits in zip(grids[top], _FONT[letter], strict=True))

    grids = [_grid(picture, left, top) for top in range(_HEIGHT - 7 * _POINT)]
    return min((distance(letter, top), letter) for letter in ALPHABET for top in range(len(grids)))[1]


def _grid(picture: _Picture, left: int, top: int) -> list[int]:
    """The points that are mostly dark, row by row."""

    def is_dark(column: int, row: int) -> bool:
        start = left + column * _POINT
        rows = picture[top + row * _POINT : top + (row + 1) * _POINT]
        dark = sum(pixel < _DARK for line in rows for pixel in line[start : start + _POINT])
        return dark * 2 > _POINT * _POINT

    return [sum(is_dark(column, row) << (4 - column) for column in range(5)) for row in range(7)]


def _png(picture: _Picture) -> bytes:
    head = struct.pack(">IIBBBBB", len(picture[0]), len(picture), 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(row) for row in picture)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _pixels(png: bytes) -> _Picture:
    if not png.startswith(_SIGNATURE):
        raise ValueError("no PNG")
    chunks, place = {}, len(_SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        chunks[png[place + 4 : place + 8]] = png[place + 8 : place + 8 + length]
        place += length + 12
    width, height, *form = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if form != [8, 0, 0, 0, 0]:
        raise ValueError("not a picture of this house")
    rows = zlib.decompress(chunks[b"IDAT"])
    return [bytearray(rows[y * (width + 1) + 1 : (y + 1) * (width + 1)]) for y in range(height)]
