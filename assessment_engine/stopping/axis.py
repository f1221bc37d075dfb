"""The potential axis as a function of abilities: what each dimension adds to it, in points."""

import math
from collections.abc import Mapping

from assessment_engine.errors import PolicyError
from assessment_engine.matching import POINTS_A_LEVEL, exact, recorded_rating
from assessment_engine.policy import HIGHEST_LEVEL, PlacementPolicy
from assessment_engine.rules import CutScores
from assessment_engine.stopping_rules import Axis, Levels


def potential_axis(
    policy: PlacementPolicy,
    cut_scores: CutScores,
    job_class: str,
    scores: Mapping[str, float],
    uncertain: Mapping[str, tuple[float, float]] | None = None,
) -> Axis:
    """The potential axis (X) of a placement policy for one person.

    Job person match and rating of potential are sums over dimensions of a function of the level, so
    that each dimension adds its points by itself, as the placement counts them.

    Parameters
    ----------
    policy : PlacementPolicy
    cut_scores : mapping of dimension to four ascending abilities
        Where levels 2 to 5 begin, logits.
    job_class : str
    scores : mapping of code to score of 0-100
        Known components with source ``record``, and aspects without dimensions.
    uncertain : mapping of code to (mean, sd) of a score of 0-100
        Components with source ``record`` whose score is not known yet.

    Raises
    ------
    PolicyError
        If a recorded component or aspect has neither score nor estimate, or a dimension has no cut
        scores.
    """
    doubtful = uncertain or {}
    required = policy.required(job_class)
    added: dict[str, list[float]] = {}
    mean, variance = 0.0, 0.0
    for component in policy.axis_x:
        weight = component.weight / 100.0
        if component.source == "record":
            centre, sd = _recorded(component.code, scores, doubtful)
            mean, variance = mean + weight * centre, variance + (weight * sd) ** 2
        elif component.source == "competence":
            unit = weight * 100.0 / sum(required.values())
            for name, needed in required.items():
                _add(added, name, [unit * min(k, needed) for k in range(1, HIGHEST_LEVEL + 1)])
        else:
            aspect_points = weight * float(POINTS_A_LEVEL) / len(policy.aspects)
            for aspect in policy.aspects:
                if not aspect.dimensions and aspect.code not in scores:
                    raise _missing(aspect.code)
                for name in aspect.dimensions:
                    unit = aspect_points / len(aspect.dimensions)
                    _add(added, name, [unit * k for k in range(1, HIGHEST_LEVEL + 1)])
            mean += float(recorded_rating(policy, scores)[0]) * aspect_points
    lacking = sorted(set(added) - set(cut_scores))
    if lacking:
        raise PolicyError(f"no cut scores for {lacking}, which the potential axis counts")
    contributions = tuple(
        Levels(name, tuple(cut_scores[name]), tuple(added[name])) for name in sorted(added)
    )
    return Axis(policy.bands_x, contributions, mean, math.sqrt(variance))


def _recorded(
    code: str, scores: Mapping[str, float], uncertain: Mapping[str, tuple[float, float]]
) -> tuple[float, float]:
    if code in scores:
        return float(exact(scores[code])), 0.0
    if code not in uncertain:
        raise _missing(code)
    return uncertain[code]


def _missing(code: str) -> PolicyError:
    return PolicyError(
        f"the potential axis lacks {code!r}; give its score, or mean and SD where it is not known "
        "yet, or stop this test by another rule"
    )


def _add(added: dict[str, list[float]], name: str, points: list[float]) -> None:
    before = added.get(name, [0.0] * HIGHEST_LEVEL)
    added[name] = [a + b for a, b in zip(before, points, strict=True)]
