"""When a section ends: reasons are codes, the words for them belong to the pages."""

from typing import Literal

from assessment_engine.rules import Section

StopReason = Literal["se", "length", "section_time", "total_time", "exhausted"]


def stop_reason(
    section: Section,
    *,
    n_items: int,
    n_scored: int,
    se: float,
    minima_met: bool,
    section_left: float | None,
    total_left: float | None,
) -> StopReason | None:
    """Why a section ends now, or None if it goes on.

    Parameters
    ----------
    section : Section
    n_items : int
        Items offered in the section so far; answers that wait for a score count.
    n_scored : int
        Scored answers on the section's dimension: a prior alone never ends a section.
    se : float
        Standard error of ability, logits.
    minima_met : bool
        Whether every quota's minimum is met.
    section_left, total_left : float or None
        Seconds left; None where no limit is set or the clock has not started.
    """
    if total_left is not None and total_left <= 0.0:
        return "total_time"
    if section_left is not None and section_left <= 0.0:
        return "section_time"
    if n_items >= section.max_items:
        return "length"
    if n_scored and n_items >= section.min_items and minima_met and se <= section.se_target:
        return "se"
    return None
