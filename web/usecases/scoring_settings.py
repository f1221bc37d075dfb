"""When a machine's score may stand, and how far it is trusted, from a file beside the bank."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import yaml
from pydantic import Field, ValidationError

from item_bank.errors import ImportFileError
from item_bank.importing.schema import Strict

if TYPE_CHECKING:
    from scoring_models import GateSettings

SCORING_FILE = Path(__file__).resolve().parents[2] / "item_bank" / "starter" / "scoring.yaml"

Share = Annotated[float, Field(ge=0, le=1)]
Words = Annotated[int, Field(ge=1)]


class GateIn(Strict):
    """The gate's limits; every one is stated, none has a default."""

    short_share: Annotated[float, Field(ge=0)]
    long_share: Annotated[float, Field(ge=1)]
    min_words: Words
    max_words: Words
    max_gibberish: Share
    max_repetition: Share
    max_copied: Share
    min_relatedness: float
    max_doubt: Annotated[float, Field(ge=0, le=0.5)]
    max_entropy: Annotated[float, Field(ge=0)]
    max_spread: Annotated[float, Field(ge=0)]
    min_ratings: Annotated[int, Field(ge=0)]
    gaming_false_alarms: Annotated[float, Field(gt=0, le=0.5)]
    max_pasted: Share


class ModelsIn(Strict):
    """When models of items abstain; every limit is stated."""

    coverage: Annotated[float, Field(gt=0, le=1)]
    conformal: Annotated[float, Field(gt=0, lt=1)]
    widest_set: Annotated[int, Field(ge=1, le=5)]


class PeopleIn(Strict):
    """The shares and limits of rating by people; every one is stated."""

    double_share: Share
    read_behind_share: Share
    validity_share: Share
    check_places: Share
    max_difference: Annotated[int, Field(ge=0, le=4)]
    same_wait_hours: Annotated[float, Field(gt=0, le=168)]
    diverse_first: Annotated[int, Field(ge=0)]
    min_validity_exact: Share
    min_validity_papers: Annotated[int, Field(ge=1)]
    min_pairs: Annotated[int, Field(ge=2)]
    min_kappa: Share
    max_smd: Annotated[float, Field(gt=0)]


class ScoringIn(Strict):
    """The file's shape."""

    gate: GateIn
    models: ModelsIn
    people: PeopleIn
    severity_sd: Annotated[float, Field(ge=0, le=2)]


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """When a model of an item abstains.

    Attributes
    ----------
    coverage : float
        Share of answers that a model scores, those that serve agreement with people best.
    conformal : float
        Probability with which a set of levels holds the one that a person gives.
    widest_set : int
        Most levels that a set may hold.
    """

    coverage: float
    conformal: float
    widest_set: int


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """How people rate: what share twice, behind the machine or as a check, and what limits hold.

    Attributes
    ----------
    double_share, read_behind_share : float
        Of answers scored by a person, and by the machine, that are rated blind once more.
    validity_share, check_places : float
        Of the queue's places that hold a validity paper; and, while candidates wait, an answer
        drawn for double rating or read-behind.
    max_difference : int
        Levels by which two ratings may differ before a third decides.
    same_wait_hours : float
        Answers given within the same stretch of so many hours count as equally old.
    diverse_first : int
        Human ratings up to which a prompt's answers are chosen for diversity.
    min_validity_exact, min_validity_papers : float, int
        Share of validity papers rated exactly, from how many on it is judged.
    min_pairs, min_kappa, max_smd : int, float, float
        Pairs from which agreement is told, and its limits.
    """

    double_share: float
    read_behind_share: float
    validity_share: float
    check_places: float
    max_difference: int
    same_wait_hours: float
    diverse_first: int
    min_validity_exact: float
    min_validity_papers: int
    min_pairs: int
    min_kappa: float
    max_smd: float


@dataclass(frozen=True, slots=True)
class ScoringSettings:
    """The gate's limits, the spread of the machine's severity over persons, in levels; the rest."""

    gate: "GateSettings"
    severity_sd: float
    people: PeopleSettings
    models: ModelSettings


def scoring_settings(path: Path = SCORING_FILE) -> ScoringSettings:
    """Read and check the file.

    Raises
    ------
    ImportFileError
        Naming the file and each limit at fault.
    """
    from scoring_models import GateSettings

    try:
        read = ScoringIn.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ImportFileError([f"{path.name}: not readable: {error}"]) from error
    except ValidationError as error:
        raise ImportFileError(
            [
                f"{path.name}, {'.'.join(map(str, problem['loc']))}: {problem['msg']}"
                for problem in error.errors()
            ]
        ) from error
    return ScoringSettings(
        GateSettings(**read.gate.model_dump()),
        read.severity_sd,
        PeopleSettings(**read.people.model_dump()),
        ModelSettings(**read.models.model_dump()),
    )
