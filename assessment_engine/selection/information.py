"""Rules by Fisher information: at one ability, or weighted over abilities."""

from assessment_engine.exposure import uniforms
from assessment_engine.irt import FloatArray
from assessment_engine.selection.fisher import information_at
from assessment_engine.selection.view import View, likelihood_mass, over_grid


def maximum_fisher_information(view: View) -> FloatArray:
    """Fisher information at the provisional ability."""
    return information_at(view.items, view.theta)


def likelihood_weighted_information(view: View) -> FloatArray:
    """Fisher information, averaged over abilities by the likelihood of the answers."""
    return _averaged(view, likelihood_mass(view))


def posterior_weighted_information(view: View) -> FloatArray:
    """Fisher information, averaged over abilities by the posterior."""
    return _averaged(view, view.posterior.mass)


def thompson_sampling(view: View) -> FloatArray:
    """Fisher information at an ability drawn from the posterior."""
    drawn = float(uniforms(view.seed, view.position, "thompson", 1)[0])
    return information_at(view.items, view.posterior.quantile(drawn))


def _averaged(view: View, mass: FloatArray) -> FloatArray:
    return over_grid(view.items.moments(view.grid)[0], mass)
