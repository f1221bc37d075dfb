"""Stages, criteria and trainings of an item's models in the words of the page."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from item_bank.models import ScoringModel
from web.rendering import number

Criterion = Mapping[str, Any]


def stage_name(stage: str) -> str:
    """What scores the item at a stage."""
    names: dict[str, Callable[[], str]] = {
        "rubric": lambda: _("rubrik saja"),
        "prior": lambda: _("model awal"),
        "own": lambda: _("model sendiri"),
        "automatic": lambda: _("boleh otomatis"),
    }
    return str(names[stage]())


def learned_from(model: ScoringModel) -> str:
    """Whose answers a model rests on."""
    prior = model.evaluation.get("prior")
    if not prior:
        return str(_("jawaban butir ini saja"))
    return str(
        _(
            "%(answers)s jawaban untuk %(items)s butir lain, lalu disesuaikan dengan jawaban "
            "butir ini",
            answers=number(prior["answers"]),
            items=number(prior["prompts"]),
        )
    )


def criterion_name(criterion: Criterion) -> str:
    """What a criterion of acceptance asks."""
    names: dict[str, Callable[[], str]] = {
        "kappa": lambda: _("Kesepakatan dengan manusia (QWK)"),
        "difference": lambda: _("Selisih rata-rata terhadap manusia (SMD)"),
        "degradation": lambda: _("Penurunan dari kesepakatan antarmanusia"),
        "subgroup difference": lambda: _("Selisih terbesar antarkelompok peserta (DSM)"),
        "calibration error": lambda: _("Galat peluang yang disebut mesin (ECE)"),
    }
    words = names.get(criterion["name"])
    return str(words()) if words else str(criterion["name"])


def criterion_limit(criterion: Criterion) -> str:
    """The limit of a criterion, and on which side of it a value must lie."""
    limit = number(criterion["limit"], 2)
    if criterion["at_least"]:
        return str(_("paling sedikit %(limit)s", limit=limit))
    return str(_("paling banyak %(limit)s", limit=limit))


def criterion_value(criterion: Criterion) -> str:
    """The value found, or why there is none."""
    if criterion["value"] is not None:
        return number(criterion["value"], 2 if criterion["name"] == "kappa" else 3)
    missing: dict[str, Callable[[], str]] = {
        "degradation": lambda: _("belum ada jawaban yang dinilai dua orang"),
        "subgroup difference": lambda: _("belum ada dua kelompok yang cukup besar"),
    }
    words = missing.get(criterion["name"])
    return str(words()) if words else str(_("tidak dapat dihitung"))


def criterion_problems(model: ScoringModel) -> list[str]:
    """Why a model may not decide: too few answers, and each criterion that failed."""
    from scoring_models.scored.stages import FEWEST_SCORES, Stage

    needed = FEWEST_SCORES[Stage.AUTOMATIC]
    found = []
    if model.n_scores < needed:
        found.append(
            str(
                _(
                    "Baru %(n)s dari %(needed)s jawaban berbeda yang dinilai manusia.",
                    n=number(model.n_scores),
                    needed=number(needed),
                )
            )
        )
    found += [
        f"{criterion_name(one)}: {criterion_value(one)}; {criterion_limit(one)}."
        for one in model.evaluation.get("criteria", [])
        if not one["passed"]
    ]
    return found


def still_missing(n_answers: int, newest: ScoringModel | None) -> str:
    """What an item needs before a machine may decide its scores, in one sentence."""
    from scoring_models.scored.stages import FEWEST_SCORES

    if newest is not None and newest.stage == "automatic":
        return str(_("Model %(n)s lulus dan menunggu izin Anda.", n=newest.number))
    ahead = [fewest for fewest in FEWEST_SCORES.values() if fewest > n_answers]
    if not ahead:
        return str(_("Sudah cukup jawaban; yang kurang adalah mutu modelnya."))
    missing = min(ahead) - n_answers
    return str(
        ngettext(
            "Perlu %(num)s jawaban lagi yang dinilai manusia.",
            "Perlu %(num)s jawaban lagi yang dinilai manusia.",
            missing,
        )
    )


def problem_words(problem: str) -> str:
    """Why a training gave no model."""
    if "distinct answers came" in problem:
        return str(_("Jawaban berbeda yang dinilai manusia belum sampai sepuluh."))
    if "all scores are of one level" in problem:
        return str(_("Semua jawaban mendapat level yang sama; model memerlukan dua level."))
    return str(_("Data tidak dapat dilatih: %(problem)s.", problem=problem))
