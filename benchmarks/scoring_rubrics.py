"""How well rubrics alone, without any human score, tell levels: heads trained on anchors.

Protocol. Anchors: every anchor of the starter bank, scored by a head that saw neither it nor the
negatives of its level (``leave_anchors_out``); expected level rounded. Development answers: all but
attacks, scored by the heads of all anchors; they are synthetic, written by the rubrics' authors and
labelled by one of them each, so that nothing here is validation.

Run: python -m benchmarks.scoring_rubrics [--bank FOLDER] [--threads N]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import scoring_models as sm
from benchmarks.starter import BANK, free_text_items
from item_bank.importing.development import read_development
from scoring_models.evidence import read

LEVELS = np.arange(1, 6)
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--bank", type=Path, default=BANK, help="folder of a bank")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    arguments = parser.parse_args()
    encoder = sm.load_encoder(threads=arguments.threads)
    items = free_text_items(arguments.bank)
    rubrics = [sm.Rubric.from_mapping(item["rubric"]) for item in items]
    samples = sm.embed_rubrics(rubrics, encoder)
    _agreement("all rubrics together", sm.leave_anchors_out(samples))
    alone = [anchor for r in range(len(rubrics)) for anchor in _alone(samples, r)]
    _agreement("each rubric alone", alone)
    prepared = sm.train(rubrics, samples, sm.encoder_version(encoder))
    heads = {item["code"]: one.head for item, one in zip(items, prepared, strict=True)}
    answers = [one for one in read_development(arguments.bank) if one.kind != "gaming"]
    readings = read([one.text for one in answers], encoder)
    rows = np.array(
        [heads[a.item].probabilities([r])[0] for a, r in zip(answers, readings, strict=True)]
    )
    print("synthetic, never validation: ", end="")
    _figures("development answers", rows, np.array([one.level for one in answers]))


def _alone(samples: Sequence[Any], rubric: int) -> Sequence[sm.LeftOut]:
    return sm.leave_anchors_out([replace(s, rubric=0) for s in samples if s.rubric == rubric])


def _agreement(name: str, left_out: Sequence[sm.LeftOut]) -> None:
    truth = np.array([anchor.level for anchor in left_out])
    turned = [
        float(
            np.mean(anchor.anchor_probabilities @ LEVELS > anchor.negative_probabilities @ LEVELS)
        )
        for anchor in left_out
    ]
    rows = np.array([anchor.anchor_probabilities for anchor in left_out])
    _figures(f"left-out anchors, {name}", rows, truth)
    print(f"  anchor above its negative {np.mean(turned):.3f}")


def _figures(name: str, rows: FloatArray, truth: IntArray) -> None:
    expected = rows @ LEVELS
    rounded = np.rint(expected)
    print(f"{name} ({len(truth)})")
    print(f"  exact, adjacent           {sm.exact_agreement(rounded, truth):.3f}, ", end="")
    print(f"{sm.adjacent_agreement(rounded, truth):.3f}")
    print(
        f"  QWK, SMD                  {sm.quadratic_weighted_kappa(rounded, truth):.3f}, ", end=""
    )
    print(f"{sm.standardised_mean_difference(expected, truth):+.3f}")
    print(
        f"  log loss (uniform 1.609)  {-np.log(rows[np.arange(len(rows)), truth - 1]).mean():.3f}"
    )
    print(f"  calibration error         {_calibration_error(rows, truth):.3f}")


def _calibration_error(rows: FloatArray, truth: IntArray) -> float:
    """Expected calibration error of the most likely level, ten equal bins of confidence."""
    confidence, right = rows.max(axis=1), rows.argmax(axis=1) + 1 == truth
    bins = np.minimum((10 * confidence).astype(int), 9)
    parts = [
        np.mean(bins == b) * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(np.sum(parts))


if __name__ == "__main__":
    main()
