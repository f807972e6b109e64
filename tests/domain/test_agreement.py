"""Kappa and alpha are those of scikit-learn and of the krippendorff package, on whatever coders say."""

from collections import Counter

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from tracker.domain.agreement import cohens_kappa, krippendorffs_alpha

CODES = ["yes", "partly", "no"]
codes = st.sampled_from(CODES)


@given(st.lists(st.tuples(codes, codes), min_size=1, max_size=60))
def test_kappa_is_that_of_scikit_learn(pairs):
    ours = cohens_kappa(Counter(pairs))
    first, second = zip(*pairs, strict=True)
    if len({*first, *second}) == 1:
        assert ours is None
    else:
        assert ours == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


@given(st.lists(st.lists(codes, min_size=0, max_size=3), min_size=1, max_size=40))
def test_alpha_is_that_of_the_krippendorff_package_with_missing_codes(cases):
    ours = krippendorffs_alpha(Counter(map(tuple, cases)))
    paired = {code for case in cases if len(case) > 1 for code in case}
    if len(paired) < 2:
        assert ours is None
        return
    table = np.full((3, len(cases)), np.nan)
    for place, case in enumerate(cases):
        for coder, code in enumerate(case):
            table[coder, place] = CODES.index(code)
    theirs = krippendorff.alpha(reliability_data=table, level_of_measurement="nominal")
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_nothing_coded_by_two_has_no_agreement():
    assert cohens_kappa({}) is None
    assert krippendorffs_alpha({("yes",): 1, (): 1}) is None
