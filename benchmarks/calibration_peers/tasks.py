"""What is calibrated, by whom, and what was aimed at. Imports nothing heavy."""

from dataclasses import dataclass

OURS = "takar"
SQUAREM = "mirt, SQUAREM"
# Beta(2, 8) for every guessing parameter, and no prior else, in all programs: the default of
# theta-irt, and one that all three can be given, so that all climb to one maximum.
GUESSING_PRIOR = (2.0, 8.0)


@dataclass(frozen=True)
class Goal:
    """Times faster than ``rival`` (None: the fastest that counts), warm; seconds; peak MB."""

    times: float | None = None
    rival: str | None = None
    seconds: float | None = None
    megabytes: float | None = None


@dataclass(frozen=True)
class Task:
    """One set of simulated data and the model to calibrate.

    ``answers_each`` is how many items, drawn at random, each person was presented; None = all.
    ``slow_peers`` take many minutes or many gigabytes. ``r_mirt`` is quoted, not measured here.
    """

    name: str
    title: str
    model: str
    n_persons: int
    n_items: int
    goal: Goal
    peers: tuple[str, ...]
    slow_peers: tuple[str, ...] = ()
    n_categories: int = 2
    answers_each: int | None = None
    runs: int = 5
    r_mirt: str | None = None

    def programs(self, *, peers: bool, slow_peers: bool) -> tuple[str, ...]:
        """Ours without and with standard errors, then the peers that were asked for."""
        own = (OURS, f"{OURS}, errors")
        if not peers:
            return own
        return own + self.peers + (self.slow_peers if slow_peers else ())


TASKS = {
    task.name: task
    for task in (
        Task(
            name="2pl",
            title="2PL, 5,000 x 50, complete",
            model="2PL",
            n_persons=5_000,
            n_items=50,
            goal=Goal(times=8, rival="theta-irt", seconds=0.035),
            peers=("theta-irt", "mirt", SQUAREM, "girth"),
            r_mirt="0.70 s",
        ),
        Task(
            name="3pl",
            title="3PL, 5,000 x 50, complete, Beta(2, 8) prior of c",
            model="3PL",
            n_persons=5_000,
            n_items=50,
            goal=Goal(times=5),
            peers=("theta-irt", "mirt", SQUAREM),
            r_mirt="12.7 s, not converged",
        ),
        Task(
            name="grm",
            title="GRM, 5 categories, 5,000 x 40, complete",
            model="GRM",
            n_persons=5_000,
            n_items=40,
            n_categories=5,
            goal=Goal(times=8),
            peers=("mirt", SQUAREM, "girth"),
            r_mirt="3.2 s",
        ),
        Task(
            name="2pl-by-design",
            title="2PL, 20,000 x 200, 40 answers each",
            model="2PL",
            n_persons=20_000,
            n_items=200,
            answers_each=40,
            goal=Goal(times=10, seconds=0.3, megabytes=250),
            peers=("theta-irt", "mirt", SQUAREM),
            r_mirt="14.3 s",
        ),
        Task(
            name="2pl-100k",
            title="2PL, 100,000 x 100, complete",
            model="2PL",
            n_persons=100_000,
            n_items=100,
            goal=Goal(times=8, seconds=1.0),
            peers=("theta-irt", "mirt", SQUAREM),
            slow_peers=("girth",),
            runs=3,
            r_mirt="32 s",
        ),
        Task(
            name="2pl-million",
            title="2PL, 1,000,000 x 300, 40 answers each",
            model="2PL",
            n_persons=1_000_000,
            n_items=300,
            answers_each=40,
            goal=Goal(seconds=10, megabytes=1_500),
            peers=(),
            slow_peers=("theta-irt", "mirt", SQUAREM),
            runs=3,
        ),
    )
}
