"""Measure the scorer: load time, memory, latency, agreement on the starter bank, polarity.

Run ``python benchmarks/scoring.py [--bank ITEMS] [--indonli VAL.JSONL] [--threads N]``.

Protocol. Latency: one 100-word answer made of an anchor's sentences, 20 warm runs, median.
Agreement: every anchor of every rubric, scored by a head that saw neither it nor the negatives of
its level (``leave_anchors_out``); expected level rounded. Polarity: share of an IndoNLI premise's
entailed hypotheses that lie nearer to it than its contradicted ones, by cosine of the frozen
encoder; this is the encoder's blindness, not the head's skill.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

import scoring_models as sm

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BANK = Path(__file__).parents[1] / "item_bank" / "starter" / "items"
LEVELS = np.arange(1, 6)


def main() -> None:
    arguments = _arguments()
    started = time.perf_counter()
    encoder = sm.load_encoder(threads=arguments.threads)
    print(f"encoder                     {sm.encoder_version(encoder)}")
    print(f"load, imports included      {time.perf_counter() - started:.1f} s")
    print(f"resident after load         {_resident():.0f} MB")
    items = _items(arguments.bank)
    rubrics = [sm.Rubric.from_mapping(item["rubric"]) for item in items]
    started = time.perf_counter()
    samples = sm.embed_rubrics(rubrics, encoder)
    print(f"embedding {len(rubrics):2d} rubrics        {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    prepared = sm.train(rubrics, samples, sm.encoder_version(encoder))
    print(f"training their heads        {time.perf_counter() - started:.1f} s")
    _latency(items[0], prepared[0], encoder)
    print(f"resident now, at its peak   {_resident():.0f} MB, {_peak():.0f} MB")
    _agreement("all rubrics together", sm.leave_anchors_out(samples))
    alone = [anchor for r in range(len(rubrics)) for anchor in _alone(samples, r)]
    _agreement("each rubric alone", alone)
    if arguments.indonli:
        _polarity(arguments.indonli, encoder)


def _latency(
    item: dict[str, Any], prepared: sm.PreparedRubric, encoder: SentenceTransformer
) -> None:
    words = " ".join(item["rubric"]["levels"][2]["anchors"]).split()[:100]
    text, times = " ".join(words), []
    for _ in range(23):
        started = time.perf_counter()
        sm.score_answer(text, item["stem"], prepared, encoder, settings=sm.GateSettings())
        times.append(1000 * (time.perf_counter() - started))
    print(
        f"one answer of {len(words)} words     {statistics.median(times[3:]):.0f} ms, median of 20"
    )


def _alone(samples: Sequence[Any], rubric: int) -> Sequence[sm.LeftOut]:
    from dataclasses import replace

    return sm.leave_anchors_out([replace(s, rubric=0) for s in samples if s.rubric == rubric])


def _agreement(name: str, left_out: Sequence[sm.LeftOut]) -> None:
    truth = np.array([anchor.level for anchor in left_out])
    rows = np.array([anchor.anchor_probabilities for anchor in left_out])
    expected = rows @ LEVELS
    turned = [
        float(
            np.mean(anchor.anchor_probabilities @ LEVELS > anchor.negative_probabilities @ LEVELS)
        )
        for anchor in left_out
    ]
    rounded = np.rint(expected)
    print(f"left-out anchors, {name} ({len(truth)})")
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
    print(f"  anchor above its negative {np.mean(turned):.3f}")


def _calibration_error(rows: np.ndarray, truth: np.ndarray) -> float:
    """Expected calibration error of the most likely level, ten equal bins of confidence."""
    confidence, right = rows.max(axis=1), rows.argmax(axis=1) + 1 == truth
    bins = np.minimum((10 * confidence).astype(int), 9)
    parts = [
        np.mean(bins == b) * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(np.sum(parts))


def _polarity(path: Path, encoder: SentenceTransformer) -> None:
    by_premise: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in path.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        by_premise[pair["premise"]][pair["label"]].append(pair["hypothesis"])
    triplets = [
        (premise, entailed, contradicted)
        for premise, labels in by_premise.items()
        for entailed in labels["e"]
        for contradicted in labels["c"]
    ]
    texts = list(dict.fromkeys(text for triplet in triplets for text in triplet))
    row = {text: i for i, text in enumerate(texts)}
    vectors = encoder.encode(texts, show_progress_bar=False)
    premise, entailed, contradicted = (
        vectors[[row[triplet[k]] for triplet in triplets]] for k in range(3)
    )
    nearer = (premise * entailed).sum(axis=1) > (premise * contradicted).sum(axis=1)
    print(f"IndoNLI, entailed nearer    {nearer.mean():.3f} of {len(triplets)} pairs")


def _items(folder: Path) -> list[dict[str, Any]]:
    items = [
        item
        for path in sorted(folder.glob("*.yaml"))
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["items"]
    ]
    return [i for i in items if i["kind"] == "free_text" and not i.get("practice")]


def _resident() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, default=BANK, help="folder of item files")
    parser.add_argument("--indonli", type=Path, help="val.jsonl of IndoNLI")
    parser.add_argument("--threads", type=int, help="threads of torch; at most two if left out")
    return parser.parse_args()


if __name__ == "__main__":
    main()
