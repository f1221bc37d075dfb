"""From a response matrix to item parameters with standard errors, and what they are worth."""

from calibration.cells import Cells
from calibration.correlations import LatentCorrelations, latent_correlations
from calibration.cutscores import cut_scores_by_item_mapping, item_mapping_location
from calibration.data import Responses, read_responses
from calibration.errors import (
    CalibrationError,
    ConvergenceError,
    DataError,
    ModelError,
    PoolError,
    QuadratureError,
    StandardSettingError,
)
from calibration.estimate.priors import Beta, LogNormal, Normal
from calibration.estimate.quadrature import Quadrature, normal_grid
from calibration.mml import calibrate
from calibration.online import PretestResult, calibrate_pretest
from calibration.parameters import ItemParameters
from calibration.parquet import parquet_answers
from calibration.result import CalibrationResult, GroupDistribution, ItemErrors

__all__ = [
    "Beta",
    "CalibrationError",
    "CalibrationResult",
    "Cells",
    "ConvergenceError",
    "DataError",
    "GroupDistribution",
    "ItemErrors",
    "ItemParameters",
    "LatentCorrelations",
    "LogNormal",
    "ModelError",
    "Normal",
    "PoolError",
    "PretestResult",
    "Quadrature",
    "QuadratureError",
    "Responses",
    "StandardSettingError",
    "calibrate",
    "calibrate_pretest",
    "cut_scores_by_item_mapping",
    "item_mapping_location",
    "latent_correlations",
    "normal_grid",
    "parquet_answers",
    "read_responses",
]
