"""Bias, RMSE and coverage of the estimates, model by model, from simulated persons.

Run as ``python -m benchmarks.recovery [--replications N] [--only NAME]``. For each kind of
parameter: mean error, root mean squared error beside what the standard errors say, and the share of
95 % intervals that hold the true value: 93 to 97 % wanted, more where so few values leave it to
chance (two standard errors). 3PL and 4PL have priors, which pull: their coverage is shown and not
judged.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration import CalibrationResult, ItemParameters, calibrate
from calibration.parameters import probabilities

FloatArray = npt.NDArray[np.float64]
Errors = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Study:
    """``items`` and ``options`` for `calibrate`; persons of ability N(mean, sd), by group."""

    name: str
    items: tuple[ItemParameters, ...]
    n_persons: int = 1500
    groups: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    missing: float = 0.0
    n_fixed: int = 0
    errors: str = "observed"
    is_judged: bool = True


def studies() -> tuple[Study, ...]:
    rng = np.random.default_rng(2026)
    two = tuple(_items(rng, "2PL", 20))
    return (
        Study("Rasch", tuple(_items(rng, "Rasch", 20))),
        Study("1PL", tuple(_items(rng, "1PL", 20))),
        Study("2PL", two),
        Study("2PL, sandwich", two, errors="sandwich"),
        Study("2PL, 60 % missing", two, n_persons=3000, missing=0.6),
        Study("2PL, two groups", two, n_persons=1000, groups=((0.0, 1.0), (0.6, 1.3))),
        Study("2PL, 12 of 20 fixed", two, groups=((0.7, 1.2),), n_fixed=12),
        Study("3PL", tuple(_items(rng, "3PL", 20)), n_persons=4000, is_judged=False),
        Study("4PL", tuple(_items(rng, "4PL", 20)), n_persons=4000, is_judged=False),
        Study("GRM", tuple(_items(rng, "GRM", 10))),
        Study("PCM", tuple(_items(rng, "PCM", 10))),
        Study("GPCM", tuple(_items(rng, "GPCM", 10))),
        Study("NRM", tuple(_items(rng, "NRM", 10)), n_persons=2500),
    )


def _items(rng: np.random.Generator, model: str, n_items: int) -> Iterator[ItemParameters]:
    common = float(rng.uniform(0.8, 1.4))
    for number in range(n_items):
        a: tuple[float, ...] = (float(rng.lognormal(0.1, 0.25)),)
        if model in ("Rasch", "PCM"):
            a = (1.0,)
        elif model == "1PL":
            a = (common,)
        b: tuple[float, ...] = (float(rng.uniform(-1.6, 1.6)),)
        if model in ("GRM", "PCM", "GPCM"):
            middle = rng.uniform(-0.8, 0.8)
            b = tuple((middle + np.array([-0.9, 0.0, 0.9]) + rng.uniform(-0.2, 0.2, 3)).tolist())
        if model == "NRM":
            a = tuple((np.array([0.5, 1.1, 1.8]) * rng.uniform(0.8, 1.2, 3)).tolist())
            b = tuple(rng.normal(0, 0.4, 3).tolist())
        c = 0.2 if model in ("3PL", "4PL") else 0.0
        d = 0.95 if model == "4PL" else 1.0
        yield ItemParameters(f"i{number}", model, a, b, c, d)


def draw(study: Study, rng: np.random.Generator) -> tuple[FloatArray, npt.NDArray[np.str_]]:
    """Codes (n_persons, n_items), NaN = not presented, and a label a person."""
    labels = np.repeat([f"g{place}" for place in range(len(study.groups))], study.n_persons)
    ability = np.concatenate([rng.normal(mean, sd, study.n_persons) for mean, sd in study.groups])
    passed = np.cumsum(probabilities(study.items, ability), axis=1)[:, :-1].transpose(2, 0, 1)
    codes = (rng.random((len(ability), len(study.items), 1)) > passed).sum(axis=2).astype(float)
    if study.missing:
        codes[rng.random(codes.shape) < study.missing] = np.nan
    return codes, labels


def run(study: Study, n_replications: int, seed: int = 1) -> Errors:
    """Errors of the estimates with their standard errors, by kind of parameter."""
    rng = np.random.default_rng(seed)
    names = [f"item{place + 1}" for place in range(len(study.items))]
    fixed = dict(zip(names[: study.n_fixed], study.items, strict=False))
    found: Errors = {}
    for _ in range(n_replications):
        codes, labels = draw(study, rng)
        result = calibrate(
            codes,
            [item.model for item in study.items],
            groups=labels if len(study.groups) > 1 else None,
            fixed=fixed or None,
            standard_errors=study.errors,  # type: ignore[arg-type]
            tolerance=1e-5,
        )
        for kind, error, se in _errors(study, result):
            found.setdefault(kind, []).append((error, se))
    return found


def _errors(study: Study, result: CalibrationResult) -> Iterator[tuple[str, float, float]]:
    errors = result.standard_errors
    assert errors is not None
    for place, (true, got, own) in enumerate(zip(study.items, result.items, errors, strict=True)):
        counted_before = true.model == "1PL" and place > 0  # one slope for all
        for kind, values in (
            ("a", () if counted_before else zip(got.a, true.a, own.a, strict=True)),
            ("b", zip(got.b, true.b, own.b, strict=True)),
            ("c", [(got.c, true.c, own.c)]),
            ("d", [(got.d, true.d, own.d)]),
        ):
            yield from ((kind, value - at, se) for value, at, se in values if se > 0)
    for (mean, sd), group in zip(study.groups, result.groups, strict=True):
        if group.se_mean and group.se_sd:
            yield "mean", group.mean - mean, group.se_mean
            yield "SD", group.sd - sd, group.se_sd


def main(show: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--only", default="", help="studies whose name contains this")
    given = parser.parse_args()
    show(f"{'study':22}{'':6}{'bias':>9}{'RMSE':>9}{'by SE':>9}{'cover':>8}")
    for study in studies():
        if given.only not in study.name:
            continue
        for kind, pairs in run(study, given.replications).items():
            error, se = np.array(pairs).T
            covered = float((np.abs(error) < 1.96 * se).mean())
            chance = 2 * np.sqrt(0.95 * 0.05 / len(error))
            low, high = min(0.93, 0.95 - chance), max(0.97, 0.95 + chance)
            verdict = "" if not study.is_judged or low <= covered <= high else "  outside"
            show(
                f"{study.name:22}{kind:6}{error.mean():9.4f}{np.sqrt(np.mean(error**2)):9.4f}"
                f"{np.sqrt(np.mean(se**2)):9.4f}{covered:8.3f}{verdict}"
            )


if __name__ == "__main__":
    main()
