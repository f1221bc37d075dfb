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
from item_bank.models.scorers import ScoringModel, ScoringModelChoice
from item_bank.models.signatures import AnswerSignature
from item_bank.models.sittings import Draft, ExposureOutcome, Sitting, SittingEvent, SittingSigns
from item_bank.models.snapshots import ProfileSnapshot
from item_bank.models.stimuli import ItemEnemy, Stimulus, StimulusVersion

__all__ = [
    "AnswerSignature",
    "AnswerVector",
    "Assessment",
    "CalibrationRun",
    "Competency",
    "Draft",
    "ExposureOutcome",
    "Item",
    "ItemEnemy",
    "ItemParameters",
    "ItemVersion",
    "ParameterSet",
    "ProfileSnapshot",
    "Rating",
    "RatingCall",
    "ScoringModel",
    "ScoringModelChoice",
    "Sitting",
    "SittingEvent",
    "SittingSigns",
    "Stimulus",
    "StimulusVersion",
    "ValidityPaper",
    "ValidityRating",
]
