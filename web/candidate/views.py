"""The candidate's pages: each topic has its module, which registers its views."""

from web.candidate import objections, own_data, preparation, result, sitting
from web.candidate.blueprint import bp

__all__ = ["bp", "objections", "own_data", "preparation", "result", "sitting"]
