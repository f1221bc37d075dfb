"""Stopping, assembly, items on trial and exposure in assessment files."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine
from sqlmodel import Session

from assessment_engine import check_rules
from assessment_engine.constraints import (
    PLAIN,
    AllOrNone,
    Assembly,
    Budget,
    Exclude,
    Include,
    ItemCount,
    SetCount,
    SetSize,
)
from assessment_engine.exposure import ItemEligibility, Progressive, SympsonHetter
from assessment_engine.joint_prior import JointPrior
from assessment_engine.pretest import Pretest
from assessment_engine.rules import Rules, Section, SelectionSettings
from assessment_engine.selection import CRITERIA
from assessment_engine.stopping_rules import (
    AbilityChange,
    Axis,
    BandRisk,
    ConfidenceInterval,
    Glr,
    Levels,
    Linear,
    MinimumInformation,
    PredictedReduction,
    Sprt,
    StandardError,
    StoppingRule,
)
from item_bank.assessments import AssessmentIn, latest_version, read_assessment, rules_of
from item_bank.errors import ImportFileError
from item_bank.pool import load_form

PAGE = Path(__file__).parents[2] / "docs" / "assessment-files.md"
SECTION: dict[str, Any] = {
    "code": "a",
    "title": "A",
    "intro": "Pilih.",
    "dimension": "penalaran",
    "min_items": 2,
    "max_items": 9,
    "se_target": None,
}


def read(path: Path, section: dict[str, Any], **more: Any) -> Rules:
    file = path / "uji.yaml"
    content = {"code": "uji", "title": "Uji", "sections": [{**SECTION, **section}], **more}
    file.write_text(yaml.safe_dump(content))
    return rules_of(read_assessment(file))


def first(path: Path, **section: Any) -> Section:
    return read(path, section).sections[0]


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ({"rule": "se", "target": 0.4}, StandardError(0.4)),
        ({"rule": "minimum_information", "least": 0.2}, MinimumInformation(0.2)),
        (
            {"rule": "predicted_reduction", "se_target": 0.4, "hypo": 0.01, "hyper": 0.03},
            PredictedReduction(0.4, 0.01, 0.03),
        ),
        ({"rule": "ability_change", "least": 0.1, "steps": 3}, AbilityChange(0.1, 3)),
        (
            {"rule": "sprt", "cuts": [0], "delta": 0.2, "alpha": 0.1},
            Sprt((0.0,), 0.2, 0.1, 0.05),
        ),
        (
            {"rule": "glr", "cuts": [-1, 1], "delta": 0.2, "low": -4},
            Glr((-1.0, 1.0), 0.2, 0.05, 0.05, -4.0, 6.0),
        ),
        (
            {"rule": "confidence_interval", "cuts": [0.5], "level": 0.95},
            ConfidenceInterval((0.5,), 0.95),
        ),
        ({"rule": "band_risk", "risk": 0.05}, BandRisk(0.05)),
        (
            {
                "rule": "band_risk",
                "risk": 0.05,
                "axis": {
                    "cuts": [60, 80],
                    "contributions": [
                        {"kind": "linear", "dimension": "penalaran", "slope": 8},
                        {"kind": "levels", "dimension": "b", "cuts": [0, 1], "added": [0, 5, 9]},
                    ],
                    "rest_mean": 50,
                    "rest_sd": 3,
                },
            },
            BandRisk(
                0.05,
                Axis(
                    (60.0, 80.0),
                    (Linear("penalaran", 8.0), Levels("b", (0.0, 1.0), (0.0, 5.0, 9.0))),
                    50.0,
                    3.0,
                ),
            ),
        ),
    ],
    ids=lambda value: value["rule"] if isinstance(value, dict) else "",
)
def test_stopping_rule_becomes_the_engines(
    tmp_path: Path, written: dict[str, Any], made: StoppingRule
) -> None:
    section = first(tmp_path, stopping=[written])
    assert section.stopping == (made,)
    assert section.se_target == 0.0


def test_assembly_becomes_the_engines(tmp_path: Path) -> None:
    written = {
        "method": "shadow",
        "max_nodes": 500,
        "constraints": [
            {"kind": "item_count", "where": [["content=data", "content=deret"]], "minimum": 2},
            {"kind": "budget", "attribute": "words", "maximum": 900, "weight": 2},
            {"kind": "set_size", "minimum": 2, "maximum": 3},
            {"kind": "set_count", "maximum": 2},
            {"kind": "all_or_none", "items": ["x", "y"]},
            {"kind": "include", "items": ["z"]},
            {"kind": "exclude", "items": ["w"]},
        ],
    }
    assert first(tmp_path, assembly=written).assembly == Assembly(
        "shadow",
        (
            ItemCount((("content=data", "content=deret"),), 2),
            Budget("words", 0.0, 900.0, 2.0),
            SetSize(2, 3),
            SetCount(0, 2),
            AllOrNone(("x", "y")),
            Include(("z",)),
            Exclude(("w",)),
        ),
        500,
    )


def test_pretest_and_exposure_become_the_engines(tmp_path: Path) -> None:
    tried = {"n": 1, "first": 2, "last": 4, "items": ["u", "v"]}
    rules = read(
        tmp_path,
        {"pretest": tried},
        exposure={"method": "progressive", "acceleration": 2, "ceiling": 0.3},
        eligibility={"r_max": 0.2, "cuts": [0]},
    )
    assert rules.sections[0].pretest == Pretest(1, 2, 4, ("u", "v"))
    assert rules.exposure == Progressive(2.0, 0.3)
    assert rules.eligibility == ItemEligibility(0.2, (0.0,))
    known = {"method": "sympson_hetter", "probabilities": {"u": [0.5, 1.0]}, "cuts": [0]}
    assert read(tmp_path, {}, exposure=known).exposure == SympsonHetter({"u": (0.5, 1.0)}, (0.0,))


@pytest.mark.parametrize("method", ["EAP", "MAP", "MAP Jeffreys", "ML", "WLE"])
def test_every_estimator_may_be_named(tmp_path: Path, method: str) -> None:
    assert read(tmp_path, {}, estimation={"method": method}).estimation.method == method


@pytest.mark.parametrize("name", CRITERIA)
def test_every_selection_may_be_named(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, {}, selection=name).selection == name
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8")


def test_selection_settings_become_the_engines(tmp_path: Path) -> None:
    given = {"selection": "a-stratified", "selection_settings": {"n_strata": 6}}
    assert read(tmp_path, {}, **given).selection_settings == SelectionSettings(6, 1.0)
    given = {"selection": "proportional", "selection_settings": {"acceleration": 2}}
    assert read(tmp_path, {}, **given).selection_settings == SelectionSettings(4, 2.0)
    assert read(tmp_path, {}).selection_settings == SelectionSettings()


def test_joint_abilities_become_the_engines(tmp_path: Path) -> None:
    joint = {"dimensions": ["a", "b"], "mean": [0, 1], "covariance": [[1, 0.5], [0.5, 1]]}
    rules = read(tmp_path, {}, joint=joint, across="D-optimality")
    assert rules.joint == JointPrior(("a", "b"), (0.0, 1.0), ((1.0, 0.5), (0.5, 1.0)))
    assert rules.across == "D-optimality"


def test_what_a_file_leaves_out_is_not_kept(tmp_path: Path) -> None:
    """Digests of definitions without these parts stay what they were."""
    read(tmp_path, {})
    definition = read_assessment(tmp_path / "uji.yaml")
    kept = definition.model_dump(mode="json")
    assert not {"selection_settings", "exposure", "eligibility", "joint", "across"} & set(kept)
    assert not {"stopping", "assembly", "pretest"} & set(kept["sections"][0])
    rules = rules_of(AssessmentIn.model_validate(kept))
    assert (rules.exposure, rules.eligibility) == (None, None)
    section = rules.sections[0]
    assert (section.stopping, section.assembly, section.pretest) == ((), PLAIN, None)


def test_what_a_file_says_is_kept(tmp_path: Path) -> None:
    rules = read(
        tmp_path,
        {
            "stopping": [{"rule": "glr", "cuts": [0, 1], "delta": 0.2}],
            "assembly": {"method": "shadow", "constraints": [{"kind": "set_size", "minimum": 2}]},
        },
        eligibility={},
    )
    definition = read_assessment(tmp_path / "uji.yaml")
    again = AssessmentIn.model_validate(definition.model_dump(mode="json"))
    assert rules_of(again) == rules


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"stopping": [{"rule": "sept", "cuts": [0]}]}, "sections.0.stopping.0: "),
        ({"stopping": [{"rule": "sprt", "cuts": [0]}]}, "sections.0.stopping.0.sprt.delta: "),
        (
            {"stopping": [{"rule": "sprt", "cuts": [1, 0], "delta": 0.1}]},
            "sections.0.stopping.0.sprt: Value error, Sprt: cuts (1.0, 0.0), expected finite",
        ),
        (
            {"stopping": [{"rule": "se", "target": 0.4}, {"rule": "se", "target": 0.3}]},
            "sections.0.stopping: Value error, stopping rules",
        ),
        ({"assembly": {"method": "magic"}}, "sections.0.assembly.method: "),
        (
            {"assembly": {"constraints": [{"kind": "include", "items": ["a"]}]}},
            "sections.0.assembly: Value error, greedy keeps quotas and enemies only",
        ),
        (
            {"assembly": {"method": "shadow", "constraints": [{"kind": "includes"}]}},
            "sections.0.assembly.constraints.0: ",
        ),
        (
            {
                "assembly": {
                    "method": "shadow",
                    "constraints": [{"kind": "set_count", "minimum": 3, "maximum": 2}],
                }
            },
            "sections.0.assembly.constraints.0.set_count: Value error, minimum 3 exceeds maximum 2",
        ),
        (
            {"pretest": {"n": 3, "first": 2, "last": 3, "items": ["a", "b", "c"]}},
            "sections.0.pretest: Value error, 3 items do not fit into 2 positions",
        ),
        (
            {"pretest": {"n": 2, "first": 2, "last": 3, "items": ["a"]}},
            "sections.0.pretest: Value error, n=2, but 1 items on trial",
        ),
    ],
)
def test_fault_in_a_section_is_named(tmp_path: Path, content: dict[str, Any], named: str) -> None:
    with pytest.raises(ImportFileError) as caught:
        read(tmp_path, content)
    assert any(one.startswith(f"uji.yaml, {named}") for one in caught.value.problems)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"exposure": {"method": "random"}}, "exposure: "),
        (
            {"exposure": {"method": "progressive", "ceiling": 0}},
            "exposure.progressive: Value error, ceiling=0.0, expected more than 0",
        ),
        (
            {"exposure": {"method": "sympson_hetter", "probabilities": {"a": [0.5, 0.5]}}},
            "exposure.sympson_hetter: Value error, item 'a' has 2 probabilities, expected 1",
        ),
        ({"eligibility": {"r_max": 2}}, "eligibility: Value error, r_max=2.0, expected more"),
        ({"across": "D-optimality"}, "across: Value error, D-optimality across sections needs a"),
        ({"selection": "best"}, "selection: Value error, no selection 'best'; expected one of MFI"),
        (
            {"selection": "a-stratified", "selection_settings": {"n_strata": 1}},
            "selection_settings: Value error, n_strata=1, expected 2 or more",
        ),
        (
            {"selection_settings": {"acceleration": 2}},
            "selection_settings: Value error, selection='MFI' takes no acceleration (came 2.0)",
        ),
        ({"selection_settings": {"strata": 5}}, "selection_settings.strata: "),
        ({"estimation": {"method": "BM"}}, "estimation.method: "),
    ],
)
def test_fault_in_the_whole_is_named(tmp_path: Path, content: dict[str, Any], named: str) -> None:
    with pytest.raises(ImportFileError) as caught:
        read(tmp_path, {}, **content)
    assert any(one.startswith(f"uji.yaml, {named}") for one in caught.value.problems)


def test_the_pages_example_is_read_and_the_starter_bank_can_give_it(
    tmp_path: Path, engine: Engine
) -> None:
    (example,) = re.findall(r"```yaml\n((?:.*\n)*?)```", PAGE.read_text(encoding="utf-8"))
    file = tmp_path / "contoh.yaml"
    file.write_text(example, encoding="utf-8")
    rules = rules_of(read_assessment(file))
    assert rules.eligibility is not None
    assert all(section.stopping for section in rules.sections)
    with Session(engine) as session:
        assessment = latest_version(session, "asesmen-kompetensi")
        assert assessment is not None
        check_rules(rules, load_form(session, assessment.id).pool)


def test_the_page_names_every_rule_constraint_and_method() -> None:
    page = PAGE.read_text(encoding="utf-8")
    schema = AssessmentIn.model_json_schema()
    names = [
        one["const"]
        for shape in schema["$defs"].values()
        for key in ("rule", "kind", "method")
        if "const" in (one := shape["properties"].get(key, {}))
    ]
    assert len(names) == 8 + 7 + 2 + 2
    assert [name for name in names if f"`{name}`" not in page] == []
