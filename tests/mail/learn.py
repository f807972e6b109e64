"""Learns data/lexicons/cn.weights.json from read mail: `python -m tests.mail.learn` (extra `learn`).

Run it again after every change of the lexicon. It prints how often letters it had not seen were
labelled as their readers did (five-fold cross-validation).
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from tests.mail.labelled import Read, read_letters
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.courtesies import persons_addressed
from tracker.domain.phrases import LetterText
from tracker.domain.signs import signs_of
from tracker.domain.terms import MessageKind

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "data" / "lexicons" / "cn.weights.json"
_PER_UNIT = 100  # weights are kept as whole hundredths
_SMALLEST = 4
_FEWEST_LETTERS = 3  # a sign of one letter alone teaches nothing
_COST = 2.5
_UNRELATED = 0.25  # of letters that were matched with a request far fewer are unrelated than of those here


def signs(read: Read) -> dict[str, float]:
    letter = LetterText(read.message, load_lexicon())
    return signs_of(read.message, letter, letter.hits(), read.kind or letter.kind_asked, read.asked)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    letters = [read for read in read_letters() if not _is_told_by_its_name(read)]
    asked = [read for read in letters if read.kind]
    alone = letters + [read._replace(kind=None, asked="") for read in asked]  # as a single file is read
    content = {"asked": _learn("with the request", asked, _UNRELATED), "alone": _learn("alone", alone)}
    TARGET.write_text(
        json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n",
        encoding="utf-8",
    )
    say(f"{TARGET.name}: {TARGET.stat().st_size / 1e6:.1f} MB")


def _is_told_by_its_name(read: Read) -> bool:
    """Whether a letter is unrelated only because it is to somebody else, which matching sees and words do not."""
    return read.label == MessageKind.UNRELATED and bool(persons_addressed(read.message.reply_text))


def _learn(name: str, letters: list[Read], unrelated: float = 1.0) -> dict[str, object]:
    """`unrelated`: how much a letter counts that is none of ours."""
    vectoriser = DictVectorizer(dtype=np.float32)
    matrix = vectoriser.fit_transform([signs(read) for read in letters]).tocsc()
    common = np.flatnonzero(np.diff(matrix.indptr) >= _FEWEST_LETTERS)
    matrix, names = matrix[:, common].tocsr(), vectoriser.get_feature_names_out()[common]
    labels = np.array([read.label for read in letters])
    shares = np.where(labels == MessageKind.UNRELATED, unrelated, 1.0)
    model = LogisticRegression(C=_COST, max_iter=1000)
    say(f"read {name}:")
    _report(letters, labels, _unseen(model, matrix, labels, shares, letters))
    model.fit(matrix, labels, sample_weight=shares)
    return _table(model, list(names))


def _unseen(
    model: LogisticRegression, matrix: Any, labels: np.ndarray, shares: np.ndarray, letters: list[Read]
) -> np.ndarray:
    """The label of each letter by a model that has not seen it (five-fold cross-validation)."""
    groups = [read.message.sha256 + read.message.reply_text for read in letters]
    found = np.empty_like(labels)
    for seen, unseen in StratifiedGroupKFold(5, shuffle=True, random_state=1).split(matrix, labels, groups):
        model.fit(matrix[seen], labels[seen], sample_weight=shares[seen])
        found[unseen] = model.predict(matrix[unseen])
    return found


def _report(letters: list[Read], labels: np.ndarray, found: np.ndarray) -> None:
    sources = np.array([read.source for read in letters])
    for source in sorted(set(sources)):
        at = sources == source
        say(f"{source}: {at.sum()} letters, {np.mean(found[at] == labels[at]):.1%} labelled alike unseen")


def _table(model: LogisticRegression, names: list[str]) -> dict[str, object]:
    table = {}
    for place, name in enumerate(names):
        weights = [
            [at, round(_PER_UNIT * w)]
            for at, w in enumerate(model.coef_[:, place])
            if abs(_PER_UNIT * w) >= _SMALLEST
        ]
        if weights:
            table[name] = [number for pair in weights for number in pair]
    return {
        "labels": list(model.classes_),
        "bias": [round(_PER_UNIT * b) for b in model.intercept_],
        "weights": table,
    }


if __name__ == "__main__":
    main()
