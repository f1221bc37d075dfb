"""Whether probabilities of levels come true: calibration of ordinal distributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.errors import AgreementError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reliability:
    """One bin: what was said, what came true, and how often it was said."""

    predicted: float
    observed: float
    n: int


def reliability_curve(
    probabilities: npt.ArrayLike, levels: npt.ArrayLike, *, n_bins: int = 10
) -> tuple[Reliability, ...]:
    """Predicted against observed shares of "above level k", over all cuts k together.

    Each answer gives one statement for each cut between neighbouring levels. Bins hold equally many
    statements, so that none rests on a few.

    Parameters
    ----------
    probabilities : array of shape (n_answers, n_levels)
        Rows sum to 1.
    levels : array of shape (n_answers,)
        1 to n_levels.
    n_bins : int

    Raises
    ------
    AgreementError
        If shapes do not fit, a row does not sum to 1, or a level is none of the columns'.

    References
    ----------
    Brocker & Smith (2007), doi:10.1175/WAF993.1 (reliability diagrams)
    """
    said, true = _statements(probabilities, levels)
    return tuple(
        Reliability(float(p.mean()), float(t.mean()), len(p))
        for p, t in _bins(said.ravel(), true.ravel(), n_bins)
    )


def expected_calibration_error(
    probabilities: npt.ArrayLike, levels: npt.ArrayLike, *, n_bins: int = 10
) -> float:
    """Mean distance of predicted and observed shares of "above level k".

    For each cut k, answers go into ``n_bins`` bins of equal size by P(level > k); the distances of
    the bins' mean prediction and observed share are averaged, then the cuts'. Thus errors of one
    cut do not hide behind those of another. Of few answers even a perfect scorer has an error above
    0: see ``calibration_noise``.

    Raises
    ------
    AgreementError
        As ``reliability_curve``.

    References
    ----------
    Naeini, Cooper & Hauskrecht (2015), doi:10.1609/aaai.v29i1.9602 (one cut; equal bins as in
    Nguyen & O'Connor (2015), doi:10.18653/v1/D15-1182)
    """
    said, true = _statements(probabilities, levels)
    return _error(said, true, n_bins)


def calibration_noise(
    probabilities: npt.ArrayLike, *, seed: int, n_bins: int = 10, n_replicates: int = 200
) -> float:
    """Mean ``expected_calibration_error`` of a scorer whose probabilities are exactly true.

    Levels are drawn from the distributions themselves.

    Raises
    ------
    AgreementError
        As ``reliability_curve``.
    """
    table = _distributions(probabilities)
    generator = np.random.default_rng(seed)
    cumulative = table.cumsum(axis=1)[:, :-1]
    found = []
    for _ in range(n_replicates):
        above = generator.random(len(table))[:, None] > cumulative
        found.append(_error(1 - cumulative, above, n_bins))
    return float(np.mean(found))


def _error(said: FloatArray, true: npt.NDArray[np.bool_], n_bins: int) -> float:
    cuts = [
        sum(len(p) * abs(float(p.mean() - t.mean())) for p, t in _bins(one, came, n_bins))
        / len(one)
        for one, came in zip(said.T, true.T, strict=True)
    ]
    return float(np.mean(cuts))


def _bins(
    said: FloatArray, true: npt.NDArray[np.bool_], n_bins: int
) -> list[tuple[FloatArray, npt.NDArray[np.bool_]]]:
    order = np.argsort(said, kind="stable")
    parts = np.array_split(order, min(n_bins, len(order)))
    return [(said[part], true[part]) for part in parts]


def _statements(
    probabilities: npt.ArrayLike, levels: npt.ArrayLike
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    table, true = _distributions(probabilities), np.asarray(levels)
    n_levels = table.shape[1]
    if true.shape != (len(table),):
        raise AgreementError(f"levels have shape {true.shape}, expected ({len(table)},)")
    if not np.isin(true, np.arange(1, n_levels + 1)).all():
        raise AgreementError(f"a level is none of 1 to {n_levels}; round adjudicated levels first")
    above = true[:, None] > np.arange(1, n_levels)
    return 1 - table.cumsum(axis=1)[:, :-1], above


def _distributions(probabilities: npt.ArrayLike) -> FloatArray:
    table = np.asarray(probabilities, dtype=np.float64)
    if table.ndim != 2 or not len(table) or table.shape[1] < 2:
        raise AgreementError(
            f"probabilities have shape {table.shape}, expected (n_answers, n_levels), two levels up"
        )
    if not np.allclose(table.sum(axis=1), 1, atol=1e-6):
        raise AgreementError("a row of probabilities does not sum to 1")
    return table
