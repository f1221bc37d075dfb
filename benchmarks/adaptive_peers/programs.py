"""How each program lets simulees sit. Imports and objects are made before the clock starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.adaptive_peers.simulees import FloatArray, Sample
from benchmarks.adaptive_peers.tasks import LENGTH, NODES, OURS, Batch

TINY = 1e-6  # a standard error that nobody reaches, for programs that want one


@dataclass(frozen=True)
class Sat:
    """Estimates and their standard errors, logits (None where the program keeps none)."""

    estimate: FloatArray
    se: FloatArray | None


@dataclass(frozen=True)
class Program:
    """``prepare`` is not timed, ``run`` is, ``read`` reads what it gave."""

    prepare: Callable[[Batch, Sample], Any]
    run: Callable[[Any], Any]
    read: Callable[[Any], Sat]


def _takar_prepare(task: Batch, sample: Sample) -> Any:
    from assessment_engine import Estimation, Item, ItemPool, Rules, Section
    from assessment_engine.simulation import simulate_many

    guessing: Any = sample.c if task.model == "3PL" else np.zeros_like(sample.c)
    model: Any = task.model
    pool = ItemPool(
        Item(f"i{i:03}", "x", model, float(a), (float(b),), float(c))
        for i, (a, b, c) in enumerate(zip(sample.a, sample.b, guessing, strict=True))
    )
    rules = Rules(
        (Section("s", "x", LENGTH, LENGTH, 0.0),),
        randomesque=task.randomesque,
        estimation=Estimation("EAP", 0.0, 1.0, -4.0, 4.0, NODES),
    )
    return lambda: simulate_many(rules, pool, sample.theta)


def _takar_read(result: Any) -> Sat:
    return Sat(result.estimate[:, 0], result.se[:, 0])


def _mirt_prepare(task: Batch, sample: Sample) -> Any:
    import mirt
    from mirt.cat import CATEngine
    from mirt.models import ThreeParameterLogistic, TwoParameterLogistic

    mirt.is_gpu_available()  # imports torch where there is one, which would count as the first run
    make: Any = ThreeParameterLogistic if task.model == "3PL" else TwoParameterLogistic
    model = make(n_items=len(sample.a))
    parameters = {"discrimination": sample.a, "difficulty": sample.b}
    if task.model == "3PL":
        parameters["guessing"] = sample.c
    model.set_parameters(**parameters)
    model._is_fitted = True  # its parameters are known
    engine = CATEngine(
        model, stopping_rule="SE", se_threshold=TINY, max_items=LENGTH, n_quadpts=NODES, seed=1
    )
    return lambda: engine.run_batch_simulation(sample.theta)


def _mirt_read(result: Any) -> Sat:
    return Sat(
        np.array([one.theta for one in result]), np.array([one.standard_error for one in result])
    )


def _catsim_prepare(task: Batch, sample: Sample) -> Any:  # noqa: ARG001 - one signature for all
    """By maximum likelihood: catsim has no EAP."""
    from catsim.estimation import NumericalSearchEstimator
    from catsim.initialization import FixedPointInitializer
    from catsim.selection import MaxInfoSelector
    from catsim.simulation import Simulator
    from catsim.stopping import TestLengthStopper

    bank = np.column_stack((sample.a, sample.b, sample.c, np.ones_like(sample.a)))

    def run() -> Any:
        simulator = Simulator(bank.copy(), sample.theta, seed=1)
        simulator.simulate(
            FixedPointInitializer(0.0),
            MaxInfoSelector(),
            NumericalSearchEstimator(),
            TestLengthStopper(max_items=LENGTH),
        )
        return simulator

    return run


def _catsim_read(result: Any) -> Sat:
    return Sat(np.array(result.latest_estimations), None)


def _catpie_prepare(task: Batch, sample: Sample) -> Any:  # noqa: ARG001
    import catpie

    columns = (sample.a, sample.b, sample.c, np.ones_like(sample.a))
    bank = list(zip(*(column.tolist() for column in columns), strict=True))
    abilities = sample.theta.tolist()

    def run() -> Any:
        return [
            catpie.randomCAT(
                theta,
                bank,
                method="EAP",
                parInt=(-4, 4, NODES),
                stop={"rule": ["length"], "thr": [LENGTH]},
                seed=seed,
            )
            for seed, theta in enumerate(abilities)
        ]

    return run


def _catpie_read(result: Any) -> Sat:
    return Sat(
        np.array([one.finalTheta for one in result]), np.array([one.finalSe for one in result])
    )


def _call(run: Any) -> Any:
    return run()


PROGRAMS = {
    OURS: Program(_takar_prepare, _call, _takar_read),
    "mirt": Program(_mirt_prepare, _call, _mirt_read),
    "catsim": Program(_catsim_prepare, _call, _catsim_read),
    "catpie": Program(_catpie_prepare, _call, _catpie_read),
}
