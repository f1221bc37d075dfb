"""Abilities of the demo's simulated candidates."""

from pathlib import Path

import numpy as np
import yaml

from web.usecases.bank import STARTER

COMMON_SHARE = 0.7
"""Correlation of each dimension with what all have in common; plausible, for rehearsal only."""


def dimensions(folder: Path = STARTER) -> list[str]:
    content = yaml.safe_load((folder / "competencies.yaml").read_text(encoding="utf-8"))
    return [entry["code"] for entry in content]


def abilities_of(number: int, *, mean: float = 0.55) -> dict[str, float]:
    """Abilities in logits of simulated candidate ``number``, the same on every machine."""
    draw = np.random.default_rng(1_000 + number)
    common = draw.normal()
    rest = np.sqrt(1 - COMMON_SHARE**2)
    return {
        code: float(mean + COMMON_SHARE * common + rest * draw.normal()) for code in dimensions()
    }
