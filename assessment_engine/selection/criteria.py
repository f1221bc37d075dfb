"""The table of selection rules, and the one way to their values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from math import isfinite
from types import MappingProxyType

from assessment_engine.errors import RulesError
from assessment_engine.irt import FloatArray
from assessment_engine.pool import POLYTOMOUS
from assessment_engine.records import Item
from assessment_engine.rules import SelectionSettings
from assessment_engine.selection import chance, difficulty, divergence, expected, information
from assessment_engine.selection.view import View


@dataclass(frozen=True, slots=True)
class Criterion:
    """A selection rule. ``values`` gives ``(n_items,)``, of which the highest is the best.

    ``randomesque``: whether a draw among the best few makes sense; where not, the rule draws
    itself. ``dichotomous``: whether it is for dichotomous items only. ``signed``: whether values
    may be negative, so that a method that multiplies them wants :func:`from_zero` first.
    ``settings`` names the fields of :class:`SelectionSettings` that shape the rule.
    """

    values: Callable[[View], FloatArray]
    name: str
    reference: str
    randomesque: bool = True
    dichotomous: bool = False
    signed: bool = False
    settings: tuple[str, ...] = ()


CRITERIA: Mapping[str, Criterion] = MappingProxyType(
    {
        "MFI": Criterion(
            information.maximum_fisher_information,
            "maximum Fisher information",
            "Lord (1980), Applications of Item Response Theory, chapter 10",
        ),
        "bOpt": Criterion(
            difficulty.nearest_difficulty,
            "nearest difficulty",
            "Urry (1970), A Monte Carlo investigation of logistic test models; as in Magis "
            "& Raîche (2012), doi:10.18637/jss.v048.i08",
            dichotomous=True,
            signed=True,
        ),
        "thOpt": Criterion(
            difficulty.nearest_optimum,
            "nearest ability of most information",
            "Magis (2013), doi:10.1177/0146621613475471",
            dichotomous=True,
            signed=True,
        ),
        "MLWI": Criterion(
            information.likelihood_weighted_information,
            "maximum likelihood-weighted information",
            "Veerkamp & Berger (1997), doi:10.3102/10769986022002203",
        ),
        "MPWI": Criterion(
            information.posterior_weighted_information,
            "maximum posterior-weighted information",
            "van der Linden (1998), doi:10.1007/BF02294775",
        ),
        "MEI": Criterion(
            expected.expected_observed_information,
            "maximum expected observed information",
            "van der Linden (1998), doi:10.1007/BF02294775",
            signed=True,
        ),
        "MEI Fisher": Criterion(
            expected.expected_fisher_information,
            "maximum expected Fisher information",
            "van der Linden (1998), doi:10.1007/BF02294775; Magis & Raîche (2012), "
            "doi:10.18637/jss.v048.i08",
        ),
        "MEPV": Criterion(
            expected.least_expected_variance,
            "minimum expected posterior variance",
            "van der Linden (1998), doi:10.1007/BF02294775",
            signed=True,
        ),
        "KL": Criterion(
            divergence.kullback_leibler,
            "likelihood-weighted Kullback-Leibler information",
            "Chang & Ying (1996), doi:10.1177/014662169602000303",
        ),
        "KLP": Criterion(
            divergence.posterior_kullback_leibler,
            "posterior-weighted Kullback-Leibler information",
            "Chang & Ying (1996), doi:10.1177/014662169602000303",
        ),
        "GDI": Criterion(
            divergence.global_discrimination,
            "global discrimination index by the likelihood",
            "Kaplan, de la Torre & Barrada (2015), doi:10.1177/0146621614554650",
            dichotomous=True,
        ),
        "GDIP": Criterion(
            divergence.posterior_global_discrimination,
            "global discrimination index by the posterior",
            "Kaplan, de la Torre & Barrada (2015), doi:10.1177/0146621614554650",
            dichotomous=True,
        ),
        "progressive": Criterion(
            chance.progressive,
            "progressive method",
            "Revuelta & Ponsoda (1998), doi:10.1111/j.1745-3984.1998.tb00541.x",
            randomesque=False,
            settings=("acceleration",),
        ),
        "proportional": Criterion(
            chance.proportional,
            "proportional method",
            "Barrada, Olea, Ponsoda & Abad (2008), doi:10.1348/000711007X230937",
            randomesque=False,
            settings=("acceleration",),
            signed=True,
        ),
        "random": Criterion(
            chance.random,
            "random",
            "Magis & Raîche (2012), doi:10.18637/jss.v048.i08",
            randomesque=False,
        ),
        "a-stratified": Criterion(
            difficulty.a_stratified,
            "a-stratified",
            "Chang & Ying (1999), doi:10.1177/01466219922031338",
            dichotomous=True,
            settings=("n_strata",),
            signed=True,
        ),
        "a-stratified b-blocking": Criterion(
            difficulty.a_stratified_blocked,
            "a-stratified with b-blocking",
            "Chang, Qian & Ying (2001), doi:10.1177/01466210122032181",
            dichotomous=True,
            settings=("n_strata",),
            signed=True,
        ),
        "mutual information": Criterion(
            divergence.mutual_information,
            "mutual information",
            "Weissman (2007), doi:10.1177/0013164406288164",
        ),
        "Thompson": Criterion(
            information.thompson_sampling,
            "Thompson sampling",
            "Thompson (1933), doi:10.2307/2332286; Sharpnack et al. (2024), "
            "doi:10.48550/arXiv.2410.21033",
            randomesque=False,
        ),
    }
)


def values_of(name: str, view: View) -> FloatArray:
    """The value of every item under a rule, ``(n_items,)``; the highest is the best.

    Values of items that are not eligible mean nothing: rank with :func:`by_values` and the mask.

    Parameters
    ----------
    name : str
        Of :data:`CRITERIA`.
    view : View

    Raises
    ------
    RulesError
        If there is no such rule, or it is for dichotomous items and the dimension has others.
    """
    return criterion(name).values(view)


def criterion(name: str) -> Criterion:
    """The rule of a name; RulesError if there is none."""
    found = CRITERIA.get(name)
    if found is None:
        raise RulesError(_unknown(name))
    return found


def _unknown(name: str) -> str:
    return f"selection={name!r} is unknown; expected one of {', '.join(CRITERIA)}"


def about_selection(name: str, items: Sequence[Item]) -> Iterator[tuple[bool, str]]:
    """What must hold for a rule and a dimension's items, each with what to say where not."""
    known = name in CRITERIA
    yield known, _unknown(name)
    if not known:
        return
    if CRITERIA[name].dichotomous:
        first = next((item for item in items if item.model in POLYTOMOUS), None)
        shown = f"{first.id!r} ({first.model})" if first else ""
        yield (
            first is None,
            f"selection={name!r} is for dichotomous items only, but {shown} is not; use MFI or KL",
        )
    if name.startswith("a-stratified") and len(items) > 1:
        yield (
            len({item.a for item in items}) > 1,
            f"selection={name!r} needs items that differ in a; use bOpt, which is the same then",
        )


def about_settings(name: str, settings: SelectionSettings) -> Iterator[tuple[bool, str]]:
    """What must hold for a known rule's settings, each with what to say where it does not.

    A setting that differs from its default and that the rule does not take is a mistake.
    """
    n, power = settings.n_strata, settings.acceleration
    yield n >= 2, f"n_strata={n}, expected 2 or more; bOpt is the same with one stratum"
    yield isfinite(power), f"acceleration={power}, expected a finite number"
    for field in fields(SelectionSettings):
        takers = [rule for rule, one in CRITERIA.items() if field.name in one.settings]
        value = getattr(settings, field.name)
        yield (
            name in takers or value == field.default,
            f"selection={name!r} takes no {field.name} (came {value}); only {', '.join(takers)} do",
        )
