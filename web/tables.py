"""Every table, imported in one place so that migrations and tests see the whole schema."""

from sqlmodel import SQLModel

import item_bank.models
import web.audit.models
import web.auth.models
import web.panel.models
import web.people.models
import web.personnel.models
import web.policies.models
import web.public.models  # noqa: F401

metadata = SQLModel.metadata
