"""The placement policy of the domain document, and profiles with given level probabilities."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from assessment_engine import (
    Ability,
    Aspect,
    Category,
    Component,
    DimensionResult,
    PlacementPolicy,
    Profile,
)
from assessment_engine.profile import level_at

COMPETENCIES = (
    "integritas",
    "kerja_sama",
    "komunikasi",
    "orientasi_hasil",
    "pelayanan_publik",
    "pengembangan",
    "mengelola_perubahan",
    "pengambilan_keputusan",
    "perekat_bangsa",
)
CLASSES = ("pelaksana", "pengawas", "administrator", "jpt_pratama", "jpt_madya")
ABOVE, MEETS, BELOW = "di_atas", "sesuai", "di_bawah"

ProfileOf = Callable[[Mapping[str, Sequence[float]]], Profile]


@pytest.fixture(scope="session")
def policy() -> PlacementPolicy:
    """Kota Semarang's rules as DOMAIN.md gives them; the aspects' dimensions are of this test."""
    return PlacementPolicy(
        version="semarang-1",
        effective_from="2026-01-01",
        axis_x=(
            Component("kompetensi", 20, "competence"),
            Component("pengembangan_kompetensi", 10, "record"),
            Component("pengalaman", 10, "record"),
            Component("potensi", 25, "potential"),
            Component("kualifikasi", 20, "record"),
            Component("integritas_moralitas", 15, "record"),
        ),
        axis_y=(
            Component("predikat", 60, "record"),
            Component("penghargaan", 15, "record"),
            Component("tim", 15, "record"),
            Component("umpan_balik", 10, "record"),
        ),
        bands_x=(60.0, 80.0),
        bands_y=(60.0, 80.0),
        boxes=((1, 3, 6), (2, 5, 8), (4, 7, 9)),
        box_names={n: f"kotak {n}" for n in range(1, 10)},
        recommendations={n: (f"rekomendasi {n}",) for n in range(1, 10)},
        aspects=(
            Aspect("kemampuan_intelektual", ("pengambilan_keputusan",)),
            Aspect("berpikir_kritis", ("pengambilan_keputusan", "mengelola_perubahan")),
            Aspect("menyelesaikan_masalah", ("pengambilan_keputusan", "orientasi_hasil")),
            Aspect("motivasi", ("orientasi_hasil",)),
            Aspect("kesadaran_diri", ("integritas", "pengembangan", "komunikasi")),
            Aspect("kecerdasan_emosional", ("kerja_sama", "komunikasi")),
            Aspect("belajar_cepat", ("pengembangan",)),
            Aspect("interpersonal", ("kerja_sama", "perekat_bangsa")),
        ),
        potential_categories=(
            Category("rendah", 0),
            Category("menengah", 60),
            Category("tinggi", 80),
        ),
        required_levels={
            name: dict.fromkeys(COMPETENCIES, level) for level, name in enumerate(CLASSES, start=1)
        },
        jpm_filling=(
            Category("kurang_memenuhi_syarat", 0),
            Category("masih_memenuhi_syarat", 68),
            Category("memenuhi_syarat", 80),
        ),
        jpm_mapping=(
            Category("kurang_optimal", 0),
            Category("cukup_optimal", 78),
            Category("optimal", 90),
        ),
        eligibility={
            "pengawas": frozenset({7, 8, 9}),
            "administrator": frozenset({7, 8, 9}),
            "jpt_pratama": frozenset({9}),
        },
        predicates={
            (ABOVE, ABOVE): "sangat_baik",
            (ABOVE, MEETS): "baik",
            (MEETS, ABOVE): "baik",
            (MEETS, MEETS): "baik",
            (BELOW, ABOVE): "butuh_perbaikan",
            (BELOW, MEETS): "butuh_perbaikan",
            (ABOVE, BELOW): "kurang",
            (MEETS, BELOW): "kurang",
            (BELOW, BELOW): "sangat_kurang",
        },
        predicate_scores={
            "sangat_baik": 100,
            "baik": 80,
            "butuh_perbaikan": 60,
            "kurang": 40,
            "sangat_kurang": 20,
        },
        validity_years=3,
        record_scores={"integritas_moralitas": {"tidak_pernah": 100, "ringan": 75, "sedang": 50}},
    )


@pytest.fixture(scope="session")
def profile_of() -> ProfileOf:
    """A function from level probabilities by dimension to a profile."""

    def make(levels: Mapping[str, Sequence[float]]) -> Profile:
        return Profile(
            {
                name: DimensionResult(
                    dimension=name,
                    ability=Ability(0.0, 0.3, (-0.6, 0.6)),
                    level_probabilities=tuple(shares),
                    level=level_at(tuple(shares), 0.5),
                    level_interval=(1, 5),
                    n_scored=10,
                    n_pending=0,
                    stop_reason="se",
                )
                for name, shares in levels.items()
            }
        )

    return make


@pytest.fixture(scope="session")
def certain() -> Callable[[int], tuple[float, ...]]:
    """A function from a level to the probabilities of one who surely has it."""
    return lambda level: tuple(float(k == level) for k in range(1, 6))


@pytest.fixture(scope="session")
def competencies() -> tuple[str, ...]:
    return COMPETENCIES
