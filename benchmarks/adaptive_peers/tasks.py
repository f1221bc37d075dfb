"""What is measured, by whom, and what was aimed at. Imports nothing heavy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

OURS = "takar"
LENGTH = 30
N_ITEMS = 500
NODES = 61  # on [-4, 4], in every program that integrates


@dataclass(frozen=True)
class Batch:
    """Simulees who each get the 30 most informative items of 500, estimated after each.

    ``simulees`` by program: the slow ones let fewer sit, as time is told per administered item;
    ``quick`` the same for the small form. ``times`` is by how much takar should be faster, ``most``
    its microseconds per item at most.
    """

    name: str
    title: str
    model: str
    simulees: Mapping[str, int]
    quick: Mapping[str, int]
    times: Mapping[str, float]
    most: float
    randomesque: int = 1


@dataclass(frozen=True)
class Single:
    """A measurement of takar alone: ``function`` of ``live`` given ``size`` (``quick`` if small).

    ``goals`` is by figure that ``function`` returns: the most that it may be; ``quick_judges`` says
    whether the small form is large enough to tell.
    """

    name: str
    title: str
    function: str
    size: int
    quick: int
    goals: Mapping[str, float] = field(default_factory=dict)
    quick_judges: bool = True


QUOTED, QUOTED_US, QUOTED_TIMES = "mirtCAT and catR (R)", 2_700.0, 1_800.0
"""Measured elsewhere, not run here; the faster of the two, per administered item."""

BATCHES = (
    Batch(
        "2pl",
        "2PL, 1,000 simulees, 500 items, MFI and EAP, 30 items each",
        "2PL",
        {OURS: 1_000, "mirt": 1_000, "catsim": 200, "catpie": 20},
        {OURS: 1_000, "mirt": 1_000, "catsim": 25, "catpie": 2},
        {"mirt": 2, "catsim": 400},
        1.5,
    ),
    Batch(
        "3pl",
        "3PL, 1,000 simulees, 500 items, MFI and EAP, 30 items each",
        "3PL",
        {OURS: 1_000, "mirt": 1_000, "catsim": 200, "catpie": 20},
        {OURS: 1_000, "mirt": 1_000, "catsim": 25, "catpie": 2},
        {"mirt": 15, "catsim": 400},
        1.5,
    ),
)

SINGLES = (
    Single(
        "next-step",
        "one live next_step, 1,000 items, 40 answers, one dimension",
        "live_steps",
        500,
        100,
        {"median ms": 0.1},
    ),
    Single(
        "next-step-mixed",
        "one live next_step, 1,000 items of 9 dimensions, quotas, enemies, 3PL and GRM",
        "live_mixed_steps",
        300,
        50,
    ),
    Single(
        "shadow",
        "shadow test step, 1,000 items, 37 constraints, sets and enemies, 30-item test",
        "shadow_steps",
        10_000,
        3,
        {"99 % ms": 150.0, "simulees with a broken constraint": 0.0},
    ),
    Single(
        "eligibility",
        "largest exposure in any segment of ability, item eligibility at .25",
        "eligibility",
        8_000,
        600,
        {"largest rate": 0.27},
        quick_judges=False,
    ),
    Single(
        "million",
        "1,000,000 simulees, 500 items, 30 each, randomesque 5",
        "million",
        1_000_000,
        100_000,
        {"s per 1,000,000": 120.0},
    ),
)

TASKS: dict[str, Batch | Single] = {task.name: task for task in (*BATCHES, *SINGLES)}
