"""Does an answer's expected level move when its meaning does not?

Run ``python -m benchmarks.scoring_fairness [--bank FOLDER] [--part mend|check|all] [--threads N]``.

Protocol, frozen before any result was seen.

Data. All in Indonesian (``text.language``), 8 words or longer.
  anchors      every anchor of the bank's rubrics. They are dealt into 5 folds in turn within
               rubric and level; each is scored by heads that saw neither it nor any other anchor
               of its fold, nor the negatives of its level.
  development  the bank's development answers, without gaming. The heads learned from the rubrics
               alone and saw none of them. They are synthetic: this tells how far scores move, never
               how right they are.
Parts. Of the competencies in alphabetical order the 1st, 3rd, 5th, ... are for finding out and
  mending (``mend``); the 2nd, 4th, ... (``check``) are looked at once, when all is mended.
Changes. The eleven of ``scoring_models.perturb``, seed = place of the answer; two of them,
  Banjarese and Makassarese, are never put into the scorer's own word lists: they tell what a
  language that nobody thought of suffers. An answer that a change leaves as it is does not count.
Figures. For each set and change: answers, mean movement (signed) of the expected level, mean
  absolute movement, its 95th percentile, share above .25. Goal: mean absolute movement < .25. Then
  the correlation of expected level and word count, plain and given the level labelled.
Guard. ``leave_anchors_out`` (exact, QWK, log loss, anchor above its negative) must not get worse.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import scoring_models as sm
from benchmarks.starter import BANK, free_text_items
from item_bank.importing.development import read_development
from scoring_models.agreement import correlation, partial_correlation
from scoring_models.evidence import read
from scoring_models.heads import HeadSettings, Sample, train_heads
from scoring_models.perturb import CHANGES, perturb
from scoring_models.text import language, word_count

N_FOLDS = 5
MIN_WORDS = 8
LEVELS = np.arange(1, 6)

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Answer:
    """A text, its label, and which head may score it."""

    text: str
    level: int
    rubric: int
    fold: int


@dataclass(frozen=True)
class Bank:
    """Free-text items: code, competency, rubric."""

    codes: tuple[str, ...]
    competencies: tuple[str, ...]
    rubrics: tuple[sm.Rubric, ...]


def main() -> None:
    arguments = _arguments()
    encoder = sm.load_encoder(threads=arguments.threads)
    bank = read_bank(arguments.bank)
    part = chosen(bank, arguments.part)
    samples = sm.embed_rubrics(list(bank.rubrics), encoder)
    folds = fold_of_samples(samples)
    heads = [
        train_heads(without_fold(samples, folds, fold), HeadSettings()) for fold in range(N_FOLDS)
    ]
    heads.append(train_heads(samples, HeadSettings()))

    def expected(answers: Sequence[Answer], texts: Sequence[str]) -> FloatArray:
        readings = read(list(texts), encoder)
        rows = [
            heads[answer.fold][answer.rubric].probabilities([reading])[0]
            for answer, reading in zip(answers, readings, strict=True)
        ]
        return np.array(rows) @ LEVELS

    sets = {
        "anchors": anchors(samples, folds, part),
        "development": development(arguments.bank, bank, part),
    }
    for name, answers in sets.items():
        print(f"{name} ({arguments.part}): {len(answers)} answers")
        before = expected(answers, [answer.text for answer in answers])
        _words(answers, before)
        print(f"  {'change':12s} {'n':>4s} {'mean':>7s} {'|mean|':>7s} {'95th':>6s} {'> .25':>6s}")
        for change in CHANGES:
            after = [perturb(a.text, change, seed=place) for place, a in enumerate(answers)]
            moved = [i for i, a in enumerate(answers) if after[i] != a.text]
            delta = expected([answers[i] for i in moved], [after[i] for i in moved]) - before[moved]
            size = np.abs(delta)
            print(
                f"  {change:12s} {len(moved):4d} {delta.mean():+7.3f} {size.mean():7.3f} "
                f"{np.quantile(size, 0.95):6.3f} {(size > 0.25).mean():6.2f}"
            )


def read_bank(folder: Path) -> Bank:
    """The free-text items below ``folder/items``, practice left out."""
    found = [
        (str(item["code"]), item["competency"], sm.Rubric.from_mapping(item["rubric"]))
        for item in free_text_items(folder)
    ]
    codes, competencies, rubrics = zip(*found, strict=True)
    return Bank(codes, competencies, rubrics)


def chosen(bank: Bank, part: str) -> frozenset[int]:
    """Places of the rubrics whose competency belongs to the part."""
    names = sorted(set(bank.competencies))
    kept = {"mend": names[::2], "check": names[1::2], "all": names}[part]
    return frozenset(i for i, name in enumerate(bank.competencies) if name in kept)


def fold_of_samples(samples: Sequence[Sample]) -> list[int | None]:
    """A fold for each anchor, dealt in turn within rubric and level; None for other texts."""
    seen: dict[tuple[int, int | None], int] = {}
    folds: list[int | None] = []
    for sample in samples:
        if not (sample.is_answer and sample.shown):
            folds.append(None)
            continue
        key = (sample.rubric, sample.level)
        folds.append((sample.rubric + (sample.level or 0) + seen.get(key, 0)) % N_FOLDS)
        seen[key] = seen.get(key, 0) + 1
    return folds


def without_fold(samples: Sequence[Sample], folds: Sequence[int | None], fold: int) -> list[Sample]:
    """Samples without the fold's anchors and the negatives of their levels."""
    out = {(s.rubric, s.level) for s, own in zip(samples, folds, strict=True) if own == fold}
    return [
        s
        for s, own in zip(samples, folds, strict=True)
        if own != fold and not (s.is_answer and s.shown is False and (s.rubric, s.level) in out)
    ]


def anchors(
    samples: Sequence[Sample], folds: Sequence[int | None], part: frozenset[int]
) -> list[Answer]:
    return [
        Answer(s.reading.text, s.level or 0, s.rubric, fold)
        for s, fold in zip(samples, folds, strict=True)
        if fold is not None and s.rubric in part and _usable(s.reading.text)
    ]


def development(folder: Path, bank: Bank, part: frozenset[int]) -> list[Answer]:
    rubric = {code: i for i, code in enumerate(bank.codes)}
    return [
        Answer(one.text, one.level, rubric[one.item], N_FOLDS)
        for one in read_development(folder)
        if one.kind != "gaming" and rubric[one.item] in part and _usable(one.text)
    ]


def _usable(text: str) -> bool:
    return language(text) == "id" and word_count(text) >= MIN_WORDS


def _words(answers: Sequence[Answer], expected: FloatArray) -> None:
    levels = [answer.level for answer in answers]
    counts = [word_count(answer.text) for answer in answers]
    print(
        f"  level and word count: {correlation(levels, counts):+.3f}; expected level and word "
        f"count: {correlation(expected, counts):+.3f}, given the level "
        f"{partial_correlation(expected, counts, [levels]):+.3f}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, default=BANK, help="folder with items/, development/")
    parser.add_argument("--part", choices=["mend", "check", "all"], default="mend")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    return parser.parse_args()


if __name__ == "__main__":
    main()
