"""A small bank of passages with their questions, single items, tags and enemies, as files."""

from copy import deepcopy
from pathlib import Path
from shutil import copy
from typing import Any

import yaml

from web.usecases.bank import STARTER

COMPETENCY = {"code": "baca", "name_id": "Membaca", "name_en": "Reading", "kind": "potential"}
PASSAGE = (
    "Pada hari pertama layanan keliling dibuka, warga kelurahan datang lebih banyak daripada yang "
    "diperkirakan petugas. Sebagian membawa berkas lengkap, sebagian lagi baru bertanya tentang "
    "syaratnya. Menjelang siang antrean dibagi dua, yaitu untuk warga yang berkasnya lengkap dan "
    "untuk warga yang masih bertanya. Sejak itu waktu tunggu turun, dan petugas pulang tepat waktu."
    "\n\nPada hari kedua pembagian itu dipakai sejak pagi, sehingga tidak ada lagi yang menunggu "
    "lebih dari setengah jam."
)
PASSAGES = ("BCA-S1", "BCA-S2", "BCA-S3", "BCA-S4")
PER_PASSAGE = 3
SINGLES = 12
ENEMIES = (("BCA-21", "BCA-22"), ("BCA-23", "BCA-24"), ("BCA-11", "BCA-25"), ("BCA-01", "BCA-04"))
"""Named by the first of each pair only; the last pair stands across two passages."""

SECTION: dict[str, Any] = {
    "code": "baca",
    "title": "Membaca",
    "intro": "Baca lalu jawab.",
    "dimension": "baca",
    "min_items": 8,
    "max_items": 8,
    "se_target": None,
    "quotas": [],
    "free_text": 0,
    "assembly": {
        "method": "shadow",
        "constraints": [
            {"kind": "set_count", "minimum": 2, "maximum": 2},
            {"kind": "set_size", "minimum": 2, "maximum": 2},
            {"kind": "item_count", "where": [["sulit"]], "minimum": 2, "maximum": 3},
            {"kind": "budget", "attribute": "words", "minimum": 300, "maximum": 560},
        ],
    },
}


def stimulus(code: str, text: str = PASSAGE) -> dict[str, Any]:
    return {"code": code, "title": f"Layanan keliling, catatan {code[-1]}", "text": text}


def item(number: int, **more: Any) -> dict[str, Any]:
    """Hard ones are tagged; levels go round, so that the pool covers the scale."""
    return {
        "code": f"BCA-{number:02d}",
        "kind": "keyed",
        "target_level": 1 + number % 5,
        "difficulty": "typical",
        "content": "reading",
        "seconds": 60,
        "stem": f"Pernyataan nomor {number} mana yang sesuai?",
        "options": [f"Pernyataan {letter} dari butir {number}" for letter in "abcd"],
        "key": 1 + number % 4,
        "explanation": "Sesuai.",
        "tags": ["sulit"] if number % 3 == 0 else ["mudah", "umum"],
    } | more


def file_of_bank() -> dict[str, Any]:
    """Items 1 to 12 come with passages, three each; 21 to 32 stand alone."""
    shared = [
        item(1 + PER_PASSAGE * place + nth, stimulus=code)
        for place, code in enumerate(PASSAGES)
        for nth in range(PER_PASSAGE)
    ]
    items = [*shared, *(item(number) for number in range(21, 21 + SINGLES))]
    for one, other in ENEMIES:
        next(entry for entry in items if entry["code"] == one)["enemies"] = [other]
    return {
        "competency": "baca",
        "stimuli": [stimulus(code) for code in PASSAGES],
        "items": items,
    }


def writing(code: str, **more: Any) -> dict[str, Any]:
    """A free-text item."""
    levels = [
        {
            "level": level,
            "descriptor": f"Perilaku {level}.",
            "anchors": [f"Jawaban {level}{letter}." for letter in "abc"],
            "negatives": ["Sebaliknya."],
        }
        for level in range(1, 6)
    ]
    return {
        "code": code,
        "kind": "free_text",
        "target_level": 3,
        "difficulty": "typical",
        "setting": "kelurahan dan kecamatan",
        "seconds": 300,
        "advised_words": [60, 150],
        "stem": "Apa yang Anda lakukan, dan mengapa?",
        "rubric": {
            "indicators": [{"code": "lapor", "shown": "Melapor.", "violated": "Menutupi."}],
            "levels": levels,
        },
    } | more


def folder_of(
    path: Path, content: dict[str, Any] | None = None, section: dict[str, Any] = SECTION
) -> Path:
    """A bank folder of that one file, with the starter bank's rule for parameters."""
    (path / "items").mkdir(parents=True, exist_ok=True)
    (path / "assessments").mkdir(exist_ok=True)
    copy(STARTER / "provisional.yaml", path)
    (path / "competencies.yaml").write_text(yaml.safe_dump([COMPETENCY]))
    (path / "items" / "baca.yaml").write_text(
        yaml.safe_dump(deepcopy(content or file_of_bank()), allow_unicode=True)
    )
    assessment = {"code": "membaca", "title": "Membaca", "sections": [section]}
    (path / "assessments" / "membaca.yaml").write_text(yaml.safe_dump(assessment))
    return path
