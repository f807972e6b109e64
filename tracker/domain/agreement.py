"""How far coders agree beyond chance: Cohen's kappa and Krippendorff's alpha for nominal codes.

Cases with the same codes are counted together: `{("yes", "no"): 3}` is three cases of one "yes" and one "no".
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from itertools import permutations


def cohens_kappa(pairs: Mapping[tuple[Hashable, Hashable], int]) -> float | None:
    """Cohen's kappa (1960) of two coders' codes for the same cases.

    None where it is not defined: no case at all, or one and the same code everywhere, where chance
    alone would agree always.
    """
    cases = sum(pairs.values())
    if not cases:
        return None
    first: Counter[Hashable] = Counter()
    second: Counter[Hashable] = Counter()
    for (one, other), count in pairs.items():
        first[one] += count
        second[other] += count
    observed = sum(count for (one, other), count in pairs.items() if one == other) / cases
    expected = sum(first[code] * second[code] for code in first) / cases**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def krippendorffs_alpha(cases: Mapping[tuple[Hashable, ...], int]) -> float | None:
    """Krippendorff's alpha (2011) for nominal codes; a case has as many codes as coders gave one.

    A case with fewer than two codes says nothing and is left out. None where it is not defined: no
    case with two codes, or one and the same code everywhere.
    """
    weights: dict[tuple[Hashable, Hashable], float] = {}
    for codes, count in cases.items():
        for pair in permutations(codes, 2):
            weights[pair] = weights.get(pair, 0.0) + count / (len(codes) - 1)
    totals: dict[Hashable, float] = {}
    for (code, _other), weight in weights.items():
        totals[code] = totals.get(code, 0.0) + weight
    paired = sum(totals.values())
    expected = paired**2 - sum(total**2 for total in totals.values())
    if not expected:  # a single code: the sums are then exactly equal
        return None
    disagreeing = sum(weight for (code, other), weight in weights.items() if code != other)
    return 1 - (paired - 1) * disagreeing / expected
