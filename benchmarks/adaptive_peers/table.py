"""The figures side by side, and what they say about the goals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from benchmarks.adaptive_peers.tasks import (
    OURS,
    QUOTED,
    QUOTED_TIMES,
    QUOTED_US,
    Batch,
    Single,
)

HEADER = (
    f"{'program':10} {'us per item':>11} {'x ours':>8} {'cold s':>7} {'runs':>4} {'simulees':>8} "
    f"{'RMSE':>6} {'mean SE':>7}"
)
SE_WITHIN = 0.05  # of the RMSE


@dataclass(frozen=True)
class Row:
    """One program on one batch; ``us`` is the median per administered item."""

    program: str
    simulees: int
    cold: float
    us: float
    runs: int
    rmse: float
    se: float | None


def lines_of_batch(task: Batch, rows: Sequence[Row]) -> list[str]:
    ours = next((row for row in rows if row.program == OURS), None)
    lines = [HEADER, *(_line(row, ours) for row in rows)]
    if ours is not None:
        lines.append(f"goal, under {task.most:g} us: {_met(ours.us < task.most)}")
        for row in rows:
            if row.program in task.times:
                wanted = task.times[row.program]
                met = _met(row.us / ours.us >= wanted)
                lines.append(f"goal, {wanted:g} times {row.program}: {row.us / ours.us:.3g}, {met}")
        lines += _precision(rows, ours)
        met = _met(QUOTED_US / ours.us >= QUOTED_TIMES)
        lines.append(
            f"quoted, not run here: {QUOTED} take {QUOTED_US:g} us or more; goal, "
            f"{QUOTED_TIMES:g} times: {QUOTED_US / ours.us:.3g}, {met}"
        )
    return lines


def lines_of_single(task: Single, figures: Mapping[str, float], *, quick: bool) -> list[str]:
    shown = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
    goals = [
        f"goal, {name} at most {most:g}: {_met(figures[name] <= most)}"
        for name, most in task.goals.items()
    ]
    if quick and not task.quick_judges:
        return [shown, "too few to judge in the small form"]
    return [shown, *goals]


def _precision(rows: Sequence[Row], ours: Row) -> list[str]:
    """An RMSE of n simulees has a relative sampling error of about 1 / sqrt(2 n)."""
    out = list[str]()
    for row in rows:
        if row.program != OURS and row.simulees >= ours.simulees:
            noise = 2.0 * ours.rmse / sqrt(ours.simulees)  # two standard errors of a difference
            met = _met(ours.rmse <= row.rmse + noise)
            out.append(f"goal, RMSE no worse than that of {row.program} but for chance: {met}")
    if ours.se is not None:
        off = ours.se / ours.rmse - 1.0
        out.append(f"goal, mean SE within 5 % of RMSE: {off:+.1%}, {_met(abs(off) <= SE_WITHIN)}")
    return out


def _line(row: Row, ours: Row | None) -> str:
    ratio = f"{row.us / ours.us:8.3g}" if ours is not None else f"{'':8}"
    se = f"{'':7}" if row.se is None else f"{row.se:7.3f}"
    return (
        f"{row.program:10} {row.us:11.2f} {ratio} {row.cold:7.2f} {row.runs:4} {row.simulees:8} "
        f"{row.rmse:6.3f} {se}"
    )


def _met(is_met: bool) -> str:
    return "met" if is_met else "NOT met"
