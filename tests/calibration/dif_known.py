"""The verbal aggression data, and what difR prints for them."""

import json
from pathlib import Path

import numpy as np

KNOWN = Path(__file__).parents[1] / "known_values"


def verbal_aggression():
    """Item names, categories 0 to 2 and gender (1 = male)."""
    path = KNOWN / "verbal_aggression.csv"
    names = path.read_text(encoding="utf-8").split("\n", 1)[0].strip().split(",")
    table = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.int16)
    gender = np.loadtxt(KNOWN / "verbal_aggression_gender.csv", skiprows=1, dtype=np.int16)
    return names, table, gender


def right_or_wrong():
    names, categories, gender = verbal_aggression()
    return names, (categories > 0).astype(np.int16), gender


def difr():
    return json.loads((KNOWN / "difr_verbal_aggression.json").read_text(encoding="utf-8"))


def all_of(screening, attribute):
    return [getattr(result, attribute) for result in screening.results]
