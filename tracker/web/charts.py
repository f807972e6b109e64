"""Charts as SVG made here: they need no script and print as they are."""

from collections.abc import Mapping

from markupsafe import Markup

from tracker.domain.terms import Verdict
from tracker.i18n import _
from tracker.words import verdict_word

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 180, 36, 26
_MOST_BARS = 30  # working days; what took longer stands in the last bar


def days_chart(counts: Mapping[int, int], limit: int) -> Markup:
    """How many answers took how many working days; behind the line stands what was later than `limit`."""
    longest = max(min(max(counts, default=0), _MOST_BARS), limit)
    bars = [0] * (longest + 1)
    for days, count in counts.items():
        bars[min(days, longest)] += count
    top = max(bars) or 1
    step = (_WIDTH - _LEFT) / len(bars)
    drawn = [_bar(days, count, top, step, days > limit) for days, count in enumerate(bars)]
    line = _LEFT + (limit + 1) * step
    title = _("Answers by response time in working days; time limit {limit}").format(limit=limit)
    return Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-label="{title}"><title>{title}</title>'
        '<text class="axis" x="{left}" y="12" text-anchor="end">{top}</text>{bars}'
        '<line class="limit" x1="{line:.1f}" x2="{line:.1f}" y1="0" y2="{base}"/></svg>'
    ).format(
        w=_WIDTH, h=_HEIGHT, title=title, left=_LEFT - 6, top=top, line=line, base=_HEIGHT - _BOTTOM,
        bars=Markup("").join(drawn),
    )  # fmt: skip


def _bar(days: int, count: int, top: int, step: float, is_late: bool) -> Markup:
    room = _HEIGHT - _BOTTOM - 14
    height = room * count / top
    label = Markup('<text class="axis" x="{x:.1f}" y="{y}" text-anchor="middle">{days}</text>').format(
        x=_LEFT + (days + 0.5) * step, y=_HEIGHT - 8, days=days
    )
    return Markup(
        '<g><rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}">'
        "<title>{days}: {count}</title></rect>{label}</g>"
    ).format(
        kind="late" if is_late else "ontime", x=_LEFT + days * step + 1, y=_HEIGHT - _BOTTOM - height,
        width=max(step - 2, 1), height=height, days=days, count=count,
        label=label if days % (5 if step < 24 else 1) == 0 else Markup(""),
    )  # fmt: skip


def verdict_bar(counts: Mapping[Verdict, Mapping[str, int]]) -> Markup:
    """One bar for a group, a part for each verdict in the order of the table."""
    totals = {verdict: sum(row.values()) for verdict, row in counts.items()}
    whole, parts, x = sum(totals.values()) or 1, [], 0.0
    for verdict, count in totals.items():
        width = 100 * count / whole
        parts.append(
            Markup(
                '<rect class="v-{verdict}" x="{x:.2f}" width="{width:.2f}" y="0" height="10"><title>{word}: {count}</title></rect>'
            ).format(verdict=verdict, x=x, width=width, word=verdict_word(verdict), count=count)
        )
        x += width
    told = _("; ").join(f"{verdict_word(verdict)} {count}" for verdict, count in totals.items())
    return Markup(
        '<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{told}">{parts}</svg>'
    ).format(told=told, parts=Markup("").join(parts))
