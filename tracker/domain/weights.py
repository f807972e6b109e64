"""Learned weights: how much each sign in a letter has spoken for each label in letters that people read."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from math import exp


@dataclass(frozen=True, slots=True)
class Weights:
    """A softmax regression over signs. `table` maps a sign to (place in `labels`, weight) pairs."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    table: Mapping[str, tuple[tuple[int, float], ...]]

    def scores(self, signs: Mapping[str, float]) -> dict[str, float]:
        """How much the signs speak for each label."""
        scores = list(self.bias)
        for sign in filter(self.table.__contains__, signs):
            value = signs[sign]
            for place, weight in self.table[sign]:
                scores[place] += weight * value
        return dict(zip(self.labels, scores, strict=True))

    def support(self, signs: Mapping[str, float], label: str) -> list[tuple[str, float]]:
        """The signs that speak for a label, the strongest first."""
        place = self.labels.index(label)
        found = [
            (sign, weight * signs[sign])
            for sign in filter(self.table.__contains__, signs)
            for at, weight in self.table[sign]
            if at == place and weight * signs[sign] > 0
        ]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def probabilities(scores: Mapping[str, float], among: Container[str]) -> dict[str, float]:
    """How likely each label is, given that it is one of `among`."""
    kept = {label: score for label, score in scores.items() if label in among}
    highest = max(kept.values())
    powers = {label: exp(score - highest) for label, score in kept.items()}
    total = sum(powers.values())
    return {label: power / total for label, power in powers.items()}
