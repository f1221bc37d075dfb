"""The tables of the item bank."""

from item_bank.models.assessments import Assessment
from item_bank.models.calibrations import CalibrationRun
from item_bank.models.items import Competency, Item, ItemVersion
from item_bank.models.parameters import ItemParameters, ParameterSet
from item_bank.models.ratings import (
    AnswerVector,
    Rating,
    RatingCall,
    ValidityPaper,
    ValidityRating,
)
from item_bank.models.sittings import Draft, ExposureOutcome, Sitting, SittingEvent
from item_bank.models.snapshots import ProfileSnapshot

__all__ = [
    "AnswerVector",
    "Assessment",
    "CalibrationRun",
    "Competency",
    "Draft",
    "ExposureOutcome",
    "Item",
    "ItemParameters",
    "ItemVersion",
    "ParameterSet",
    "ProfileSnapshot",
    "Rating",
    "RatingCall",
    "Sitting",
    "SittingEvent",
    "ValidityPaper",
    "ValidityRating",
]
