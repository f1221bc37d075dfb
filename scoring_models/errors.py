"""What can go wrong in this package; every error says what came and what was expected."""

from __future__ import annotations

from pathlib import Path


class ScoringError(Exception):
    """Base of every error that ``scoring_models`` raises on purpose."""


class EncoderError(ScoringError):
    """An encoder cannot be loaded, or not be used so."""


class WeightFileError(ScoringError):
    """A packed weight file cannot be used."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"weight file {path} {problem}")
        self.path = path
        self.problem = problem


class RubricError(ScoringError):
    """A rubric is incomplete or contradicts itself.

    ``where`` names the place inside the rubric, such as ``levels[2].anchors``.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"rubric, {where}: {problem}")
        self.where = where
        self.problem = problem


class SettingsError(ScoringError):
    """A setting lies outside its admissible range."""


class AgreementError(ScoringError):
    """Two sets of ratings cannot be compared."""


class LikelihoodError(ScoringError):
    """A level distribution and its base rates do not fit together."""


class ChoiceError(ScoringError):
    """Answers cannot be put into an order."""


class TrainingDataError(ScoringError):
    """Scored answers cannot train a model, or do not fit the model that they are given to."""


class ModelFileError(ScoringError):
    """Bytes are not a model that this version can load, or were altered since it was saved."""
