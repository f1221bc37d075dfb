"""Groups, purification and adjustment, apart from any method."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from calibration import CalibrationError
from calibration.dif import DifError, benjamini_hochberg
from calibration.dif.screening import checked, groups_of, screened, weights_of


@dataclass(frozen=True)
class Verdict:
    item: str
    p_value: float | None
    p_adjusted: float | None = None


def judge_by(p_of):
    """A method whose p-values depend on the anchors by ``p_of(anchors) -> {item: p}``."""
    seen = []

    def judge(anchors):
        seen.append(anchors)
        return tuple(Verdict(item, p) for item, p in p_of(set(anchors)).items())

    return judge, seen


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_are_those_of_scipy(p):
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p), rtol=1e-12)


def test_what_has_no_p_value_does_not_count():
    assert benjamini_hochberg([0.01, None, 0.04]) == (0.02, None, 0.04)
    assert benjamini_hochberg([None]) == (None,)
    assert benjamini_hochberg([]) == ()


def test_purification_goes_on_until_the_anchors_stay():
    """B is masked by A, and is found once A no longer anchors."""

    def p_of(anchors):
        return {"A": 0.001, "B": 0.5 if "A" in anchors else 0.01, "C": 0.9, "D": None}

    judge, seen = judge_by(p_of)
    got = screened(judge, "ABCD", purify=True)
    assert got.flagged == ("A", "B")
    assert got.anchors == ("C", "D")
    assert seen == [tuple("ABCD"), tuple("BCD"), tuple("CD")]
    assert (got.n_rounds, got.settled) == (3, True)
    judge, seen = judge_by(p_of)
    once = screened(judge, "ABCD")
    assert once.flagged == ("A",)
    assert once.anchors == tuple("ABCD")
    assert len(seen) == 1


def test_an_item_may_come_back_and_a_circle_is_told():
    judge, _ = judge_by(lambda anchors: {"A": 0.01 if "A" in anchors else 0.5, "B": 0.5})
    got = screened(judge, "AB", purify=True, max_rounds=6)
    assert got.n_rounds == 6
    assert not got.settled


def test_named_anchors_only_ever_shrink():
    judge, seen = judge_by(lambda _: {"A": 0.01, "B": 0.5, "C": 0.5})
    got = screened(judge, "ABC", anchors=["A", "B"], purify=True)
    assert got.anchors == ("B",)
    assert seen == [("A", "B"), ("B",)]


def test_adjusted_p_values_flag_less():
    p = {"A": 0.03, "B": 0.04, "C": 0.6, "D": 0.7}
    plain = screened(judge_by(lambda _: p)[0], "ABCD")
    adjusted = screened(judge_by(lambda _: p)[0], "ABCD", adjust=True)
    assert plain.flagged == ("A", "B")
    assert adjusted.flagged == ()
    assert plain["A"].p_adjusted == pytest.approx(0.08)
    with pytest.raises(KeyError):
        plain["E"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"anchors": ["Z"]}, "anchors need to be items.*Z"),
        ({"anchors": []}, "one at least"),
        ({"level": 0.0}, "level must lie"),
        ({"max_rounds": 0}, "max_rounds"),
        ({"purify": True}, "flags every anchor.*'A', 'B'"),
    ],
)
def test_options_that_leave_nothing(options, message):
    judge, _ = judge_by(lambda _: {"A": 0.01, "B": 0.01})
    with pytest.raises(DifError, match=message):
        screened(judge, "AB", **options)
    assert issubclass(DifError, CalibrationError)


def test_the_first_person_names_the_reference_group():
    got = groups_of(["x", "y", "x", "z"], 4)
    assert got.names == ("x", "y", "z")
    assert got.number.tolist() == [0, 1, 0, 2]
    named = groups_of([1, 0, 1], 3, reference=0)
    assert named.names == ("0", "1")
    assert named.number.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("labels", "reference", "message"),
    [
        (["x", "y"], None, r"shape \(2,\) for 3 persons"),
        (["x", "x", "x"], None, "all persons are in group 'x'"),
        (["x", "y", "y"], "z", "reference group 'z'; there are 'x', 'y'"),
        (["x", "", "y"], None, "group of person 2 is missing"),
        ([1.0, float("nan"), 2.0], None, "group of person 2 is missing"),
    ],
)
def test_groups_that_do_not_fit(labels, reference, message):
    with pytest.raises(DifError, match=message):
        groups_of(labels, 3, reference)


def test_data_that_do_not_fit():
    with pytest.raises(DifError, match=r"\(n_persons, 2\)"):
        checked(["a", "b"], np.zeros((3, 3), dtype=np.int16))
    with pytest.raises(DifError, match="whole numbers"):
        checked(["a"], np.zeros((3, 1)))
    with pytest.raises(DifError, match="must differ"):
        checked(["a", "a"], np.zeros((3, 2), dtype=np.int16))
    with pytest.raises(DifError, match="weights need"):
        weights_of([1.0, -1.0], 2)
