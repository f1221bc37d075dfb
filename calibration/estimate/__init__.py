"""Marginal maximum likelihood: models, E-step, layout of the free parameters, ascent."""
