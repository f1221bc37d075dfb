"""The figures side by side, and what they say about the goals."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.calibration_peers.tasks import OURS, Task

CONVERGED_WITHIN = 0.1  # log-likelihood below the best at which a program still counts
HEADER = (
    f"{'program':15} {'cold s':>8} {'warm s':>8} {'runs':>4} {'x ours':>7} {'below best':>10} "
    f"{'peak MB':>8} {'+MB':>7} {'E-steps':>7}"
)


@dataclass(frozen=True)
class Row:
    """One program on one task. ``rise`` is the peak less the peak before the first fit, MB."""

    program: str
    cold: float
    warm: float
    runs: int
    peak: float
    rise: float
    e_steps: int | None
    says_converged: bool | None
    objective: float


def lines_of(task: Task, rows: Sequence[Row]) -> list[str]:
    """The table of one task, best objective and goals below it."""
    best = max(row.objective for row in rows)
    ours = next((row for row in rows if row.program == OURS), None)
    lines = [HEADER]
    lines += [_line(row, best, ours) for row in rows]
    objective = "log-likelihood plus log prior of c" if task.model == "3PL" else "log-likelihood"
    lines.append(f"best {objective}: {best:.3f}")
    if ours is not None:
        lines += _verdicts(task, rows, ours, best)
    if task.r_mirt is not None:
        lines.append(
            f"quoted, not run here: R mirt 1.47 on 2 threads, measured elsewhere: {task.r_mirt}"
        )
    return lines


def counts(row: Row, best: float) -> bool:
    return best - row.objective <= CONVERGED_WITHIN


def _line(row: Row, best: float, ours: Row | None) -> str:
    ratio = f"{row.warm / ours.warm:7.1f}" if ours is not None else f"{'':7}"
    remark = "" if counts(row, best) else "  not converged"
    if row.says_converged is False:
        remark += "  (says so itself)"
    e_steps = "?" if row.e_steps is None else str(row.e_steps)
    return (
        f"{row.program:15} {row.cold:8.3f} {row.warm:8.3f} {row.runs:4} {ratio} "
        f"{best - row.objective:10.4f} {row.peak:8.0f} {row.rise:7.0f} {e_steps:>7}{remark}"
    )


def _verdicts(task: Task, rows: Sequence[Row], ours: Row, best: float) -> list[str]:
    goal, lines = task.goal, list[str]()
    if not counts(ours, best):
        lines.append(f"{OURS} itself ended more than {CONVERGED_WITHIN} below the best")
    rivals = [row for row in rows if not row.program.startswith(OURS) and counts(row, best)]
    fastest = min(rivals, key=lambda row: row.warm, default=None)
    if fastest is not None:
        lines.append(f"fastest that converged: {_times(fastest, ours)}")
    elif any(not row.program.startswith(OURS) for row in rows):
        lines.append("no peer converged")
    if goal.times is not None:
        lines.append(_speed_verdict(task, rivals, ours))
    if goal.seconds is not None:
        met = _met(ours.warm < goal.seconds)
        lines.append(f"goal, under {goal.seconds:g} s: {ours.warm:.3f} s, {met}")
    if goal.megabytes is not None:
        met = _met(ours.peak < goal.megabytes)
        lines.append(f"goal, peak under {goal.megabytes:g} MB: {ours.peak:.0f} MB, {met}")
    return lines


def _speed_verdict(task: Task, rivals: Sequence[Row], ours: Row) -> str:
    wanted = task.goal.rival
    named = [row for row in rivals if wanted in (None, row.program)]
    aim = f"goal, {task.goal.times:g} times {wanted or 'the fastest that converged'}"
    if not named:
        return f"{aim}: no such figure here"
    rival = min(named, key=lambda row: row.warm)
    met = _met(rival.warm / ours.warm >= (task.goal.times or 0))
    return f"{aim}: {_times(rival, ours)}, {met}"


def _times(rival: Row, ours: Row) -> str:
    return f"{rival.program} takes {rival.warm / ours.warm:.1f} times as long"


def _met(is_met: bool) -> str:
    return "met" if is_met else "NOT met"
