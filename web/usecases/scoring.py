"""Scoring free text: the worker's part, and the assessor's."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, select

from assessment_engine import Answered, Log, Scored
from item_bank.bank import ItemText, text_in_set
from item_bank.database import utcnow
from item_bank.log import append, lock_sitting, read_log
from item_bank.models import Item, Rating, Sitting, SittingEvent
from web.audit.chain import record
from web.errors import NotFoundError, RefusedError
from web.usecases.sittings import rescored

N_LEVELS = 5
