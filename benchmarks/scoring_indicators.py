"""Train and judge the evidence for single indicators (``scoring_models.indicators``).

Protocol. Data: the development answers of the starter
bank but for attacks, with the indicators that their authors say are shown or violated. They are
synthetic: nothing here is validation. Folds: one competency (two prompts) is left out at a time,
nine folds, so that every answer is judged on a prompt that nothing was trained on.

Figures, for shown and for violated: area under the curve, and calibration error (ECE) in ten groups
of equal size:

- of the level alone (the same logit without text),
- given the level that the author gave,
- with the level unknown: averaged over the distribution that the rubric's own head gives.

What ships is fitted on all answers. Features and ridge were chosen in a dozen trials on the same
folds, so that the figures flatter a little: from set to set of features they moved by about .01.

Run: python -m benchmarks.scoring_indicators [--bank FOLDER] [--threads N] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import rankdata

import scoring_models as sm
from benchmarks.starter import BANK, free_text_items
from item_bank.importing.development import DevelopmentAnswer, read_development
from scoring_models.evidence import read
from scoring_models.indicators import IndicatorWeights, features, sentence_table

RIDGE = 10.0
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]


@dataclass(frozen=True)
class Rows:
    """A row an answer and indicator; ``label`` 0 not touched, 1 shown, 2 violated."""

    features: FloatArray
    level: IntArray
    label: IntArray
    about: FloatArray
    competency: npt.NDArray[np.str_]

    def __getitem__(self, kept: npt.NDArray[np.bool_]) -> Rows:
        return Rows(
            self.features[kept],
            self.level[kept],
            self.label[kept],
            self.about[kept],
            self.competency[kept],
        )


def main() -> None:
    """Print the figures and, with ``--out``, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--bank", type=Path, default=BANK, help="folder of a bank")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--out", type=Path, help="the weights, a .json file")
    given = parser.parse_args()
    encoder = sm.load_encoder(threads=given.threads)
    rows = embed(given.bank, encoder)
    print(f"{len(rows.label)} pairs; shown {np.mean(rows.label == 1):.3f}, ", end="")
    print(f"violated {np.mean(rows.label == 2):.3f}; synthetic, never validation")
    for name, figures in judge(rows).items():
        print(f"{name:28s}" + "  ".join(f"{k} {v:.3f}" for k, v in figures.items()))
    if given.out:
        weights = fit(rows, sm.encoder_version(encoder).adapter or "")
        given.out.write_text(as_json(weights), encoding="utf-8")


def embed(bank: Path, encoder: Any) -> Rows:
    """Read the bank and its development answers, and return their rows."""
    items = free_text_items(bank)
    rubrics = [sm.Rubric.from_mapping(item["rubric"]) for item in items]
    prepared = dict(zip((i["code"] for i in items), sm.prepare_bank(rubrics, encoder), strict=True))
    answers = [one for one in read_development(bank) if one.kind != "gaming"]
    parts: list[list[Any]] = [[], [], [], [], []]
    for answer, reading in zip(answers, read([a.text for a in answers], encoder), strict=True):
        one = prepared[answer.item]
        table = features(sentence_table(reading, one, encoder))
        labels = _labels(answer, [i.code for i in one.rubric.indicators])
        about = one.head.probabilities([reading])[0]
        for row, label in zip(table, labels, strict=True):
            for part, value in zip(
                parts, (row, answer.level, label, about, answer.item[:3]), strict=True
            ):
                part.append(value)
    return Rows(*(np.array(part) for part in parts))


def judge(rows: Rows, ridge: float = RIDGE) -> dict[str, dict[str, float]]:
    """Return the figures of the protocol, each row judged by a fit without its competency."""
    given = {name: np.zeros((len(rows.label), 2)) for name in ("alone", "known", "unknown")}
    for competency in np.unique(rows.competency):
        out = rows.competency == competency
        weights = fit(rows[~out], "", ridge)
        alone = fit(rows[~out], "", ridge, text=False)
        at = np.arange(out.sum()), rows.level[out] - 1
        own = weights.probabilities(weights.effects(rows.features[out]))
        given["known"][out] = own[at]
        given["unknown"][out] = np.einsum("nlk,nl->nk", own, rows.about[out])
        given["alone"][out] = alone.probabilities(alone.effects(rows.features[out]))[at]
    names = {"alone": "level alone", "known": "level known", "unknown": "level unknown"}
    return {names[name]: _figures(rows.label, found) for name, found in given.items()}


def fit(rows: Rows, adapter: str, ridge: float = RIDGE, *, text: bool = True) -> IndicatorWeights:
    """Fit the multinomial logit; the ridge holds text weights, a light one the levels."""
    mean, scale = rows.features.mean(axis=0), rows.features.std(axis=0)
    table = (rows.features - mean) / scale if text else rows.features * 0
    design = np.hstack([table, np.eye(5)[rows.level - 1]])
    truth = np.eye(3)[rows.label]
    strength = np.r_[np.full(table.shape[1], ridge), np.full(5, 0.5)]

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        weights = flat.reshape(2, -1)
        logits = np.hstack([np.zeros((len(design), 1)), design @ weights.T])
        logits -= logits.max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        gradient = (np.exp(log_p) - truth)[:, 1:].T @ design + strength * weights
        value = -(truth * log_p).sum() + 0.5 * (strength * weights**2).sum()
        return float(value), gradient.ravel()

    found = minimize(loss, np.zeros(2 * design.shape[1]), jac=True, method="L-BFGS-B")
    weights = found.x.reshape(2, -1)
    n = table.shape[1]
    return IndicatorWeights(adapter, mean, scale, weights[:, :n], weights[:, n:])


def as_json(weights: IndicatorWeights) -> str:
    """Return weights as the file that ``shipped_weights`` reads."""
    rounded = {
        name: np.round(getattr(weights, name), 5).tolist()
        for name in ("mean", "scale", "text", "levels")
    }
    return json.dumps({"adapter": weights.adapter, **rounded}, indent=1) + "\n"


def _labels(answer: DevelopmentAnswer, codes: Sequence[str]) -> list[int]:
    return [1 if c in answer.shown else 2 if c in answer.violated else 0 for c in codes]


def _figures(label: IntArray, found: FloatArray) -> dict[str, float]:
    result = {}
    for k, name in enumerate(("shown", "violated")):
        truth = label == k + 1
        result[f"{name}: auc"] = _area(found[:, k], truth)
        result[f"{name}: ece"] = _calibration_error(found[:, k], truth)
    return result


def _area(score: FloatArray, truth: npt.NDArray[np.bool_]) -> float:
    n = int(truth.sum())
    ranks = rankdata(score)[truth].sum() - n * (n + 1) / 2
    return float(ranks / (n * (len(truth) - n)))


def _calibration_error(score: FloatArray, truth: npt.NDArray[np.bool_]) -> float:
    groups = np.array_split(np.argsort(score, kind="stable"), 10)
    gaps = [abs(score[g].mean() - truth[g].mean()) * len(g) for g in groups]
    return float(sum(gaps) / len(score))


if __name__ == "__main__":
    main()
