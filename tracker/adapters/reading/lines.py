"""Lines as a reader sees them, from pieces of text with a place on a page."""

from collections.abc import Iterable
from dataclasses import dataclass

_SAME_LINE = 0.5  # of a letter's height
_GAP = 1.0  # of a letter's height: a wider one is a space


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text: `x` of its left edge, `y` of its base line (downwards), `size` of a letter.

    All three are in one unit, whichever it is.
    """

    text: str
    x: float
    y: float
    size: float

    @property
    def right(self) -> float:
        """Where it about ends: Chinese characters are square, the others half as wide."""
        return self.x + self.size * sum(0.5 if char.isascii() else 1.0 for char in self.text)


def text_of_spans(spans: Iterable[Span]) -> str:
    """The spans from top to bottom, those of one height joined from left to right."""
    return "\n".join(_join(line) for line in _rows(spans))


def _rows(spans: Iterable[Span]) -> list[list[Span]]:
    rows: list[list[Span]] = []
    for span in sorted(spans, key=lambda each: each.y):
        if rows and span.y - rows[-1][0].y <= _SAME_LINE * max(span.size, rows[-1][0].size):
            rows[-1].append(span)
        else:
            rows.append([span])
    return rows


def _join(row: list[Span]) -> str:
    line, end = "", 0.0
    for span in sorted(row, key=lambda each: each.x):
        gap = " " if line and span.x - end > _GAP * span.size else ""
        line += gap + span.text
        end = max(end, span.right)
    return line
