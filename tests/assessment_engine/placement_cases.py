"""What tests of placements share: records of one person, and types."""

from collections.abc import Callable, Mapping, Sequence

from assessment_engine import (
    Profile,
)

Levels = Mapping[str, Sequence[float]]
ProfileOf = Callable[[Levels], Profile]
Certain = Callable[[int], tuple[float, ...]]

X_RECORDS = {
    "pengembangan_kompetensi": 80.0,
    "pengalaman": 70.0,
    "kualifikasi": 100.0,
    "integritas_moralitas": 100.0,
}
Y_RECORDS = {"predikat": 80.0, "penghargaan": 50.0, "tim": 60.0, "umpan_balik": 70.0}
RECORDS = {**X_RECORDS, **Y_RECORDS}
