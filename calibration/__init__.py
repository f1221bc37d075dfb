"""From a response matrix to item parameters with standard errors."""

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
from calibration.estimate.quadrature import Quadrature, normal_grid
from calibration.mml import calibrate
from calibration.result import CalibrationResult

__all__ = [
    "CalibrationError",
    "CalibrationResult",
    "ConvergenceError",
    "DataError",
    "ModelError",
    "PoolError",
    "Quadrature",
    "QuadratureError",
    "Responses",
    "StandardSettingError",
    "calibrate",
    "cut_scores_by_item_mapping",
    "item_mapping_location",
    "normal_grid",
    "read_responses",
]
