"""Every table, imported in one place, so that migrations and the worker see the whole schema."""

from sqlmodel import SQLModel

from item_bank import models as bank
from web.audit import models as audit
from web.auth import models as auth
from web.panel import models as panel
from web.people import models as people
from web.personnel import models as personnel
from web.policies import models as policies
from web.public import models as public

__all__ = [
    "audit",
    "auth",
    "bank",
    "metadata",
    "panel",
    "people",
    "personnel",
    "policies",
    "public",
]

metadata = SQLModel.metadata
