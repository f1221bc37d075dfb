"""Exposure control: how often items are shown, and the random draws that it needs."""

from assessment_engine.exposure.by_segment import SegmentExposure, exposure_by_segment
from assessment_engine.exposure.draw import draws, option_order, randomesque, shuffled, uniforms
from assessment_engine.exposure.item_eligibility import (
    LIFTED,
    EligibilityCounts,
    ItemEligibility,
    Outcome,
    about_eligibility,
    draw_withheld,
    eligibility_probabilities,
    withheld_now,
)
from assessment_engine.exposure.overlap import (
    ExposureReport,
    exposure_chi_square,
    exposure_rates,
    exposure_report,
    overlap_from_rates,
    pairwise_overlap,
)
from assessment_engine.exposure.progressive import (
    Progressive,
    about_progressive,
    progressive_values,
    progressive_weight,
    progressive_weight_by_precision,
    restricted,
)
from assessment_engine.exposure.realised import (
    ItemExposure,
    RealisedExposure,
    realised_exposure,
)
from assessment_engine.exposure.seen import Seen, seen_within
from assessment_engine.exposure.segments import segment_of, segments_in_play
from assessment_engine.exposure.sympson_hetter import (
    ALL_REFUSED,
    Counted,
    Part,
    SympsonHetter,
    SympsonHetterParameters,
    about_sympson_hetter,
    accept,
    sympson_hetter_parameters,
)

__all__ = [
    "ALL_REFUSED",
    "LIFTED",
    "Counted",
    "EligibilityCounts",
    "ExposureReport",
    "ItemEligibility",
    "ItemExposure",
    "Outcome",
    "Part",
    "Progressive",
    "RealisedExposure",
    "Seen",
    "SegmentExposure",
    "SympsonHetter",
    "SympsonHetterParameters",
    "about_eligibility",
    "about_progressive",
    "about_sympson_hetter",
    "accept",
    "draw_withheld",
    "draws",
    "eligibility_probabilities",
    "exposure_by_segment",
    "exposure_chi_square",
    "exposure_rates",
    "exposure_report",
    "option_order",
    "overlap_from_rates",
    "pairwise_overlap",
    "progressive_values",
    "progressive_weight",
    "progressive_weight_by_precision",
    "randomesque",
    "realised_exposure",
    "restricted",
    "seen_within",
    "segment_of",
    "segments_in_play",
    "shuffled",
    "sympson_hetter_parameters",
    "uniforms",
    "withheld_now",
]
