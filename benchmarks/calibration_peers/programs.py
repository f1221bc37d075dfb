"""How each program is called. Imports are part of ``prepare``, never of the time measured."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.calibration_peers.evaluator import Estimate
from benchmarks.calibration_peers.simulate import Sample
from benchmarks.calibration_peers.tasks import GUESSING_PRIOR, OURS, SQUAREM, Task

NODES = 61  # of mirt; theta-irt takes as many by itself


@dataclass(frozen=True)
class Fit:
    """``e_steps`` and ``converged`` as the program says; None where it does not."""

    estimate: Estimate
    e_steps: int | None
    converged: bool | None


@dataclass(frozen=True)
class Program:
    """``prepare`` imports it and brings data to its form, ``fit`` is timed, ``read`` reads."""

    prepare: Callable[[Task, Sample], Any]
    fit: Callable[[Task, Any], Any]
    read: Callable[[Task, Any], Fit]


def _takar_data(task: Task, sample: Sample) -> Any:  # noqa: ARG001 - one signature for all
    """A matrix where complete; else a sparse matrix whose stored cells are the answers."""
    import calibration  # noqa: F401

    if sample.start is None or sample.item is None:
        return sample.matrix(np.float64)
    from scipy.sparse import csr_array

    shape = (sample.n_persons, sample.n_items)
    return csr_array((sample.code, sample.item, sample.start.astype(np.int32)), shape=shape)


def _takar_fit(standard_errors: Any) -> Callable[[Task, Any], Any]:
    def fit(task: Task, data: Any) -> Any:
        from calibration import calibrate
        from calibration.estimate.priors import Beta

        priors = {"c": Beta(*GUESSING_PRIOR)} if task.model == "3PL" else None
        return calibrate(data, task.model, priors=priors, standard_errors=standard_errors)

    return fit


def _takar_read(task: Task, result: Any) -> Fit:  # noqa: ARG001
    estimate = Estimate(
        a=np.array([item.a[0] for item in result.items]),
        b=np.array([item.b for item in result.items]),
        c=np.array([item.c for item in result.items]),
    )
    return Fit(estimate, int(result.provenance["e_steps"]), result.converged)


def _theta_data(task: Task, sample: Sample) -> Any:  # noqa: ARG001
    import theta  # noqa: F401

    return sample.matrix(np.float64, missing=np.nan)


def _theta_fit(task: Task, data: Any) -> Any:
    """``theta.fit`` as it comes: 61 Gauss-Hermite nodes, tol 1e-4 on a, b and c."""
    import theta

    return theta.fit(
        data, task.model, priors=theta.Priors(c_a=GUESSING_PRIOR[0], c_b=GUESSING_PRIOR[1])
    )


def _theta_read(task: Task, result: Any) -> Fit:  # noqa: ARG001
    estimate = Estimate(a=result.a, b=result.b[:, None], c=result.c)
    return Fit(estimate, result.n_iter, result.converged)


def _mirt_data(task: Task, sample: Sample) -> Any:  # noqa: ARG001
    import mirt

    mirt.is_gpu_available()  # imports torch where there is one, which would count as the first fit
    return sample.matrix(np.int64)


def _mirt_fit(accelerate: Any) -> Callable[[Task, Any], Any]:
    def fit(task: Task, data: Any) -> Any:
        """``mirt.fit_mirt``, tol 1e-4 on the log-likelihood, as it comes."""
        import mirt
        from mirt.estimation.priors import BetaPrior

        model: Any = task.model
        priors = {"guessing": BetaPrior(*GUESSING_PRIOR)} if model == "3PL" else None
        return mirt.fit_mirt(
            data,
            model,
            n_quadpts=NODES,
            compute_standard_errors=False,
            accelerate=accelerate,
            priors=priors,
        )

    return fit


def _mirt_read(task: Task, result: Any) -> Fit:
    found = result.model.parameters
    b = found["thresholds"] if task.model == "GRM" else found["difficulty"][:, None]
    a = found["discrimination"]
    estimate = Estimate(a=a, b=b, c=found.get("guessing", np.zeros(len(a))))
    return Fit(estimate, result.n_iterations, result.converged)


def _girth_data(task: Task, sample: Sample) -> Any:  # noqa: ARG001
    import girth  # noqa: F401

    return np.ascontiguousarray(sample.matrix(np.int64).T)


def _girth_fit(task: Task, data: Any) -> Any:
    """GIRTH as it comes: 41 Gauss-Legendre nodes, 25 iterations at most, 1e-3 on a."""
    import girth

    return girth.twopl_mml(data) if task.model == "2PL" else girth.grm_mml(data)


def _girth_read(task: Task, result: Any) -> Fit:  # noqa: ARG001
    a = result["Discrimination"]
    b = result["Difficulty"].reshape(len(a), -1)
    return Fit(Estimate(a=a, b=b, c=np.zeros(len(a))), e_steps=None, converged=None)


PROGRAMS = {
    OURS: Program(_takar_data, _takar_fit("none"), _takar_read),
    f"{OURS}, errors": Program(_takar_data, _takar_fit("observed"), _takar_read),
    "theta-irt": Program(_theta_data, _theta_fit, _theta_read),
    "mirt": Program(_mirt_data, _mirt_fit("none"), _mirt_read),
    SQUAREM: Program(_mirt_data, _mirt_fit("squarem"), _mirt_read),
    "girth": Program(_girth_data, _girth_fit, _girth_read),
}
