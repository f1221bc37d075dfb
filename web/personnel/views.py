"""All pages of the personnel agency; importing them adds their routes."""

from web.personnel.blueprint import bp
from web.personnel.pages import (  # noqa: F401
    board,
    costs,
    eligibility,
    imports,
    objections,
    participants,
    people,
    schedules,
)

__all__ = ["bp"]
