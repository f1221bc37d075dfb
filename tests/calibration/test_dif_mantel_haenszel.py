"""Mantel-Haenszel and Mantel: other programs, textbook formulas, and what must hold of any data."""

from itertools import product

import numpy as np
import pytest
from dif_known import all_of, difr, right_or_wrong, verbal_aggression
from dif_simulated import complete, two_groups
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from calibration.dif import DifError, generalized_mantel, mantel, mantel_haenszel
from calibration.dif.mantel import polytomous_class
from calibration.dif.mantel_haenszel import ets_class

FEW = settings(max_examples=20, deadline=None)
HALF_A_DIGIT = 0.501e-4


class ByStratum:
    """Matches by what the persons are told to be, whatever they answer."""

    def __init__(self, stratum):
        self.stratum = np.asarray(stratum)

    def values(self, items, categories, anchors):
        del categories, anchors
        return np.tile(self.stratum[:, None].astype(float), (1, len(items)))

    def strata(self, values):
        return np.where(np.isnan(values), -1, np.nan_to_num(values)).astype(np.intp)


def persons(tables):
    """Answers, groups and strata of one person a count; ``tables`` (stratum, group, category)."""
    tables = np.asarray(tables)
    cells = np.argwhere(tables > 0)
    rows = np.repeat(cells, tables[tuple(cells.T)], axis=0)
    return rows[:, 2:].astype(np.int16), rows[:, 1], ByStratum(rows[:, 0])


def compare(method, tables, **options):
    codes, groups, matching = persons(tables)
    return method(["item"], codes, groups, reference=0, matching=matching, **options).results[0]


def random_tables(seed, n_groups=2, n_categories=2, n_strata=5):
    return np.random.default_rng(seed).integers(1, 9, (n_strata, n_groups, n_categories))


def test_difr_verbal_aggression():
    printed = difr()["mantel_haenszel"]
    got = mantel_haenszel(*right_or_wrong(), reference=0)
    for attribute in ("chi_square_corrected", "odds_ratio", "delta", "p_adjusted"):
        np.testing.assert_allclose(
            all_of(got, attribute), printed[attribute], rtol=0, atol=HALF_A_DIGIT
        )
    z = np.array(all_of(got, "delta")) / -np.array(all_of(got, "se_delta"))
    np.testing.assert_allclose(z, printed["log_odds_z"], rtol=0, atol=HALF_A_DIGIT)


def test_difr_verbal_aggression_with_purification():
    printed = difr()["mantel_haenszel_purified"]
    got = mantel_haenszel(*right_or_wrong(), reference=0, purify=True)
    np.testing.assert_allclose(
        all_of(got, "odds_ratio"), printed["odds_ratio"], rtol=0, atol=HALF_A_DIGIT
    )
    ours = np.array(all_of(got, "chi_square_corrected"))
    theirs = np.array(printed["chi_square_corrected"])
    # Where the excess is below one half, difR squares the negative rest; here it is nothing.
    small = ours == 0
    assert [one.item for one, is_so in zip(got.results, small, strict=True) if is_so] == [
        "S1DoShout"
    ]
    np.testing.assert_allclose(ours[~small], theirs[~small], rtol=0, atol=HALF_A_DIGIT)
    assert got.flagged == tuple(printed["flagged"])
    assert (got.n_rounds - 1, got.settled) == (printed["rounds_after_the_first"], True)


def test_r_admissions_to_berkeley():
    """R mantelhaen.test(UCBAdmissions): 1.4269 with and 1.5246 without correction, common odds
    ratio .9046968 with limits .7719074 and 1.0603298, which are those of its standard error.

    Sources: vcdExtra's vignette on tests of association; M. Irwin, Stat 149, lecture 8.
    """
    men_women_by_department = [
        [[313, 512], [19, 89]],
        [[207, 353], [8, 17]],
        [[205, 120], [391, 202]],
        [[279, 138], [244, 131]],
        [[138, 53], [299, 94]],
        [[351, 22], [317, 24]],
    ]
    got = compare(mantel_haenszel, men_women_by_department)
    assert got.chi_square_corrected == pytest.approx(1.4269, abs=HALF_A_DIGIT)
    assert got.chi_square == pytest.approx(1.5246, abs=HALF_A_DIGIT)
    assert got.p_value == pytest.approx(0.2323, abs=HALF_A_DIGIT)
    assert got.odds_ratio == pytest.approx(0.9046968, abs=5e-8)
    limits = np.exp(np.log(got.odds_ratio) + np.array([-1, 1]) * 1.959964 * got.se_delta / 2.35)
    np.testing.assert_allclose(limits, [0.7719074, 1.0603298], rtol=0, atol=6e-8)
    assert (got.n_strata, got.n_reference, got.n_focal) == (6, 2691, 1835)


def test_r_vcdextra_job_satisfaction():
    """CMHtest(JobSat) of vcdExtra: row mean scores differ, 4.4774 on 3 df, p = .214318."""
    by_income = [[[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]]]
    codes, groups, matching = persons(by_income)
    got = generalized_mantel(["item"], codes, groups, matching=matching).results[0]
    assert got.chi_square == pytest.approx(4.4774, abs=HALF_A_DIGIT)
    assert got.df == 3
    assert got.p_value == pytest.approx(0.214318, abs=5e-7)


def textbook(tables):
    """Mantel (1963) and the SMD, cell by cell."""
    excess = variance = smd = smd_variance = 0.0
    n_focal = tables[:, 1].sum()
    for table in tables:
        n_0, n_1, n = table[0].sum(), table[1].sum(), table.sum()
        focal = sum(k * count for k, count in enumerate(table[1]))
        either = sum(k * count for k, count in enumerate(table.sum(axis=0)))
        squares = sum(k * k * count for k, count in enumerate(table.sum(axis=0)))
        excess += focal - n_1 * either / n
        own = n_0 * n_1 * (n * squares - either**2) / (n * n * (n - 1))
        variance += own
        reference = sum(k * count for k, count in enumerate(table[0]))
        smd += n_1 / n_focal * (focal / n_1 - reference / n_0)
        smd_variance += (n_1 / n_focal * (1 / n_1 + 1 / n_0)) ** 2 * own
    return excess**2 / variance, smd, np.sqrt(smd_variance)


@FEW
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_mantel_is_the_textbook_formula(seed, n_categories):
    tables = random_tables(seed, n_categories=n_categories)
    got = compare(mantel, tables)
    statistic, smd, se = textbook(tables)
    assert got.chi_square == pytest.approx(statistic)
    assert got.p_value == pytest.approx(chi2.sf(statistic, 1))
    assert got.mean_difference == pytest.approx(smd)
    assert got.se_mean_difference == pytest.approx(se)
    answers, _, _ = persons(tables)
    assert got.effect_size == pytest.approx(smd / answers.std(ddof=1))


def test_standard_error_of_smd_is_its_spread_over_all_assignments():
    """Every way to deal the answers of two small strata to the groups, counted out."""
    strata = [([0, 1, 2, 2], 2), ([0, 0, 2], 1)]
    differences = []
    for focal in product(
        *([set_ for set_ in product([0, 1], repeat=len(a)) if sum(set_) == n] for a, n in strata)
    ):
        difference = 0.0
        for (dealt, n), chosen in zip(strata, focal, strict=True):
            answers, mask = np.array(dealt), np.array(chosen) == 1
            difference += n / 3 * (answers[mask].mean() - answers[~mask].mean())
        differences.append(difference)
    tables = np.array([[[1, 1, 0], [0, 0, 2]], [[1, 0, 1], [1, 0, 0]]])
    got = compare(mantel, tables)
    assert got.se_mean_difference == pytest.approx(np.std(differences))


@FEW
@given(st.integers(0, 10_000))
def test_two_categories_make_all_tests_one(seed):
    tables = random_tables(seed)
    mh, ordered = compare(mantel_haenszel, tables, correct=False), compare(mantel, tables)
    codes, groups, matching = persons(tables)
    general = generalized_mantel(["item"], codes, groups, matching=matching).results[0]
    assert ordered.chi_square == pytest.approx(mh.chi_square)
    assert general.chi_square == pytest.approx(mh.chi_square)
    assert general.df == 1
    assert ordered.p_value == mh.p_value
    assert ordered.mean_difference == pytest.approx(mh.standardized_difference)


@FEW
@given(st.integers(0, 10_000))
def test_groups_exchanged_turn_the_sign_only(seed):
    tables = random_tables(seed)
    one, other = compare(mantel_haenszel, tables), compare(mantel_haenszel, tables[:, ::-1])
    assert other.delta == pytest.approx(-one.delta)
    assert other.se_delta == pytest.approx(one.se_delta)
    assert other.chi_square_corrected == pytest.approx(one.chi_square_corrected)


@FEW
@given(st.integers(0, 10_000))
def test_the_general_test_knows_no_order_of_groups(seed):
    tables = random_tables(seed, n_groups=4, n_categories=3)
    first, second = (persons(part) for part in (tables, tables[:, [2, 0, 3, 1]]))
    one, other = (
        generalized_mantel(["item"], codes, groups, matching=matching).results[0]
        for codes, groups, matching in (first, second)
    )
    assert other.chi_square == pytest.approx(one.chi_square)
    assert one.df == 3


def test_weights_are_repeated_rows():
    names, codes, gender = right_or_wrong()
    weights = np.random.default_rng(5).integers(0, 4, len(codes))
    weighted = mantel_haenszel(names, codes, gender, reference=0, weights=weights)
    rows = np.repeat(np.arange(len(codes)), weights)
    repeated = mantel_haenszel(names, codes[rows], gender[rows], reference=0)
    np.testing.assert_allclose(all_of(weighted, "delta"), all_of(repeated, "delta"))
    np.testing.assert_allclose(all_of(weighted, "chi_square"), all_of(repeated, "chi_square"))


def test_each_focal_group_is_compared_with_the_reference_group():
    names, codes, gender = verbal_aggression()
    groups = np.where(gender == 1, "men", np.where(np.arange(len(codes)) % 2, "odd", "even"))
    got = mantel(names, codes, groups, reference="even")
    assert [(r.item, r.focal) for r in got.results[:2]] == [(names[0], "men"), (names[0], "odd")]
    used = groups != "odd"
    alone = mantel(names, codes[used], groups[used], reference="even")
    for one, other in zip(got.results[::2], alone.results, strict=True):
        assert (one.item, one.chi_square, one.mean_difference) == (
            other.item,
            other.chi_square,
            other.mean_difference,
        )


@pytest.mark.parametrize(
    ("delta", "se", "expected"),
    [
        (0.99, 0.1, "A"),
        (-1.2, 0.5, "B"),
        (1.2, 0.62, "A"),  # 1.96 x .62 = 1.215
        (-1.6, 0.36, "C"),  # .6 > 1.645 x .36 = .592
        (1.6, 0.37, "B"),  # .6 < 1.645 x .37 = .609
        (1.49, 0.01, "B"),
        (-1.5, 0.01, "C"),
    ],
)
def test_ets_classes(delta, se, expected):
    assert ets_class(delta, se) == expected


@pytest.mark.parametrize(
    ("size", "p", "expected"),
    [
        (0.5, 0.06, "AA"),
        (-0.17, 0.01, "AA"),
        (0.18, 0.01, "BB"),
        (0.25, 0.01, "BB"),
        (-0.26, 0.04, "CC"),
    ],
)
def test_classes_for_several_categories(size, p, expected):
    assert polytomous_class(size, p) == expected


def test_what_cannot_be_computed_says_why():
    apart = compare(mantel_haenszel, [[[3, 4], [0, 0]], [[0, 0], [2, 2]]])
    assert (apart.chi_square, apart.delta, apart.p_value) == (None, None, None)
    assert "no stratum has both groups" in apart.reason
    alike = compare(mantel, [[[0, 4], [0, 5]]])
    assert alike.mean_difference is None
    assert "answers in two categories" in alike.reason
    one_sided = compare(mantel_haenszel, [[[0, 5], [3, 2]]])
    assert one_sided.chi_square > 0
    assert one_sided.delta is None
    assert "no finite odds ratio" in one_sided.reason


def test_an_excess_below_one_half_is_corrected_to_nothing():
    got = compare(mantel_haenszel, [[[5, 5], [4, 5]]])
    assert got.chi_square > 0
    assert got.chi_square_corrected == 0
    assert got.p_value == 1


def test_persons_who_did_not_see_all_anchors_are_left_out_of_sum_scores():
    names, codes, gender = right_or_wrong()
    holes = codes.copy()
    holes[:100, 5] = -1
    got = mantel_haenszel(names, holes, gender, reference=0)
    alone = mantel_haenszel(names, codes[100:], gender[100:], reference=0)
    assert all_of(got, "delta") == all_of(alone, "delta")


def test_three_categories_are_no_matter_of_right_and_wrong():
    names, codes, gender = verbal_aggression()
    with pytest.raises(DifError, match="more than two categories; use mantel"):
        mantel_haenszel(names, codes, gender)


def test_known_dif_is_found_and_its_size_is_right():
    """In the Rasch model MH D-DIF is -2.35 times the shift in difficulty."""
    rng = np.random.default_rng(41)
    groups, theta = two_groups(rng, 4000, impact=0.5)
    shift = np.zeros(20)
    shift[3], shift[11] = 0.8, -0.5
    b = np.linspace(-2, 2, 20)
    codes = complete(rng, theta, 1.0, b, (groups == "focal")[:, None] * shift)
    got = mantel_haenszel([f"i{n}" for n in range(20)], codes, groups, purify=True)
    assert {"i3", "i11"} <= set(got.flagged)
    assert got["i3"].ets_class == "C"
    for item, true in (("i3", 0.8), ("i11", -0.5)):
        assert abs(got[item].delta + 2.35 * true) < 3 * got[item].se_delta
