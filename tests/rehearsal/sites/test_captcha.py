"""The picture of letters, and the eyes that stand in for a person's."""

import random
import zlib

import pytest

from tracker.rehearsal.sites.captcha import ALPHABET, draw, read_picture


def test_the_letters_are_those_that_nobody_mixes_up():
    assert sorted(ALPHABET) == sorted("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")


def test_every_picture_can_be_read():
    chance = random.Random(2020)
    texts = ["".join(chance.choices(ALPHABET, k=4)) for _ in range(200)] + [ALPHABET]
    assert [text for text in texts if read_picture(draw(text)) != text] == []


def test_a_text_always_gives_the_same_picture():
    assert draw("K7QW") == draw("K7QW") != draw("K7QV")


def test_a_picture_has_noise_of_many_shades():
    png = draw("K7QW")
    start = png.index(b"IDAT") + 4
    assert len(set(zlib.decompress(png[start:-16]))) > 20


@pytest.mark.parametrize("text", ["", "O0", "ab"])
def test_what_the_font_does_not_hold_is_refused(text):
    with pytest.raises(ValueError, match="cannot draw"):
        draw(text)


def test_other_pictures_are_refused():
    with pytest.raises(ValueError, match="no PNG"):
        read_picture(b"GIF89a")
