"""Assessment files: defaults, the engine's rules, faults named, versions."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine
from sqlmodel import Session, select

from assessment_engine.rules import Estimation, Quota
from item_bank.assessments import (
    AssessmentIn,
    definition_of,
    latest_version,
    publish_assessment,
    read_assessment,
    rules_of,
)
from item_bank.errors import ImportFileError, ItemBankError
from item_bank.models import Assessment, ParameterSet

STARTER = Path(__file__).parents[2] / "item_bank" / "starter" / "assessments"
DEFAULTS: dict[str, Any] = {
    "intro": "Pilih.",
    "min_items": 4,
    "max_items": 6,
    "se_target": 0.4,
    "time_limit_minutes": 12,
}
CONTENT: dict[str, Any] = {
    "code": "uji",
    "title": "Uji",
    "time_limit_minutes": 30,
    "defaults": DEFAULTS,
    "sections": [
        {"code": "a", "title": "A", "dimension": "integritas", "free_text": 1},
        {"code": "b", "title": "B", "dimension": "komunikasi", "max_items": 9},
    ],
}

Change = Callable[[dict[str, Any]], object]


def written(path: Path, content: Any) -> Path:
    file = path / "uji.yaml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return file


def copy_of_content() -> dict[str, Any]:
    copied: dict[str, Any] = yaml.safe_load(yaml.safe_dump(CONTENT))
    return copied


def read(path: Path, content: Any) -> AssessmentIn:
    return read_assessment(written(path, content))


# --- reading -------------------------------------------------------------------------------------


def test_section_has_the_defaults_where_it_says_nothing_else(tmp_path: Path) -> None:
    first, second = read(tmp_path, CONTENT).sections
    assert (first.min_items, first.max_items, first.se_target) == (4, 6, 0.4)
    assert (second.min_items, second.max_items, second.free_text) == (4, 9, 0)
    assert first.intro == second.intro == "Pilih."


def test_what_a_file_leaves_out_has_the_written_defaults(tmp_path: Path) -> None:
    content = {"code": "uji", "title": "Uji", "sections": [{**DEFAULTS, **CONTENT["sections"][0]}]}
    definition = read(tmp_path, content)
    assert definition.time_limit_minutes is None
    assert (definition.selection, definition.randomesque) == ("MFI", 1)
    assert definition.practice == []
    assert rules_of(definition).estimation == Estimation()


def test_rules_hold_seconds_and_every_number_of_the_file(tmp_path: Path) -> None:
    content = {
        **CONTENT,
        "randomesque": 3,
        "estimation": {"method": "MAP", "prior_mean": 0.5, "prior_sd": 2.0, "n_nodes": 61},
    }
    rules = rules_of(read(tmp_path, content))
    assert rules.time_limit == 1800.0
    assert rules.randomesque == 3
    assert rules.estimation == Estimation("MAP", 0.5, 2.0, -6.0, 6.0, 61)
    section = rules.section("a")
    assert (section.dimension, section.min_items, section.max_items) == ("integritas", 4, 6)
    assert (section.se_target, section.time_limit) == (0.4, 720.0)


def test_no_limit_of_time_stays_none(tmp_path: Path) -> None:
    content = {key: value for key, value in CONTENT.items() if key != "time_limit_minutes"}
    content["defaults"] = {**DEFAULTS, "time_limit_minutes": None}
    rules = rules_of(read(tmp_path, content))
    assert rules.time_limit is None
    assert [section.time_limit for section in rules.sections] == [None, None]


def test_number_of_free_texts_becomes_an_exact_quota(tmp_path: Path) -> None:
    rules = rules_of(read(tmp_path, CONTENT))
    assert rules.section("a").quotas == (Quota("kind", "free_text", 1, 1),)
    assert rules.section("b").quotas == (Quota("kind", "free_text", 0, 0),)


def test_quota_on_kind_in_the_file_takes_the_place_of_free_text(tmp_path: Path) -> None:
    content = copy_of_content()
    content["sections"][0]["quotas"] = [
        {"attribute": "kind", "value": "free_text", "minimum": 0, "maximum": 2}
    ]
    content["sections"][1]["quotas"] = [{"attribute": "content", "value": "perizinan"}]
    rules = rules_of(read(tmp_path, content))
    assert rules.section("a").quotas == (Quota("kind", "free_text", 0, 2),)
    assert rules.section("b").quotas == (
        Quota("content", "perizinan", 0, None),
        Quota("kind", "free_text", 0, 0),
    )


@pytest.mark.parametrize("path", sorted(STARTER.glob("*.yaml")), ids=lambda path: path.stem)
def test_starter_assessment_is_read(path: Path) -> None:
    rules = rules_of(read_assessment(path))
    assert len(rules.sections) == 10
    assert {section.dimension for section in rules.sections} >= {"penalaran", "integritas"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(lambda c: c.pop("code"), "uji.yaml, code: ", id="no code"),
        pytest.param(lambda c: c.pop("sections"), "uji.yaml, sections: ", id="no sections"),
        pytest.param(
            lambda c: c.update(sections=[]), "uji.yaml, sections: ", id="an empty list of sections"
        ),
        pytest.param(
            lambda c: c.update(sections=["a"]), "uji.yaml, sections.0: ", id="a section of one word"
        ),
        pytest.param(
            lambda c: c["sections"][1].pop("dimension"),
            "uji.yaml, sections.1.dimension: ",
            id="a section without dimension",
        ),
        pytest.param(
            lambda c: c["sections"][1].update(se_target=0),
            "uji.yaml, sections.1.se_target: ",
            id="a target of zero",
        ),
        pytest.param(
            lambda c: c["sections"][0].update(
                quotas=[{"attribute": "setting", "value": "pasar", "minimum": 1}]
            ),
            "uji.yaml, sections.0.quotas.0.attribute: ",
            id="a quota on what is no attribute",
        ),
        pytest.param(lambda c: c.update(randomesk=4), "uji.yaml, randomesk: ", id="a slip"),
        pytest.param(lambda c: c.update(selection="best"), "uji.yaml, selection: ", id="selection"),
        pytest.param(
            lambda c: c.update(estimation={"n_nodes": 3}),
            "uji.yaml, estimation.n_nodes: ",
            id="too few nodes",
        ),
        pytest.param(
            lambda c: c.update(defaults=[1]), "uji.yaml, defaults: ", id="defaults a list"
        ),
        pytest.param(
            lambda c: c["defaults"].update(minimum=3),
            "uji.yaml, sections.0.minimum: ",
            id="default",
        ),
    ],
)
def test_fault_is_named_by_file_and_field(tmp_path: Path, change: Change, named: str) -> None:
    content = copy_of_content()
    change(content)
    with pytest.raises(ImportFileError) as caught:
        read(tmp_path, content)
    assert any(problem.startswith(named) for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sections: [", "uji.yaml: not readable as YAML"),
        ("", "uji.yaml, file: "),
        ("- a\n- b\n", "uji.yaml, file: "),
    ],
    ids=["broken YAML", "empty", "a list"],
)
def test_file_that_is_no_assessment_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ImportFileError) as caught:
        read(tmp_path, text)
    assert caught.value.problems[0].startswith(said)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=r"^tiada\.yaml: not readable"):
        read_assessment(tmp_path / "tiada.yaml")


# --- versions in the bank ------------------------------------------------------------------------


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


def a_set(session: Session, name: str) -> ParameterSet:
    made = ParameterSet(name=name, status="provisional", cut_scores={}, provenance={}, digest=name)
    session.add(made)
    session.flush()
    return made


def test_same_definition_with_the_same_parameters_is_one_version(
    session: Session, tmp_path: Path
) -> None:
    definition, parameters = read(tmp_path, CONTENT), a_set(session, "satu")
    first = publish_assessment(session, definition, parameters.id)
    assert publish_assessment(session, definition, parameters.id) is first
    assert first.version == 1


def test_other_definition_or_other_parameters_make_a_further_version(
    session: Session, tmp_path: Path
) -> None:
    definition = read(tmp_path, CONTENT)
    one, two = a_set(session, "satu"), a_set(session, "dua")
    first = publish_assessment(session, definition, one.id)
    second = publish_assessment(session, definition, two.id)
    third = publish_assessment(session, read(tmp_path, {**CONTENT, "title": "Uji kedua"}), two.id)
    assert [first.version, second.version, third.version] == [1, 2, 3]
    assert (first.parameter_set_id, first.title) == (one.id, "Uji")
    latest = latest_version(session, "uji")
    assert latest is not None
    assert latest.id == third.id


def test_a_practice_item_that_is_not_there_is_refused(session: Session, tmp_path: Path) -> None:
    definition = read(tmp_path, {**CONTENT, "practice": ["LAT-99"]})
    with pytest.raises(ItemBankError, match="LAT-99"):
        publish_assessment(session, definition, a_set(session, "satu").id)
    assert latest_version(session, "uji") is None


def test_definition_comes_back_from_the_bank_as_it_went_in(
    session: Session, tmp_path: Path
) -> None:
    definition = read(tmp_path, CONTENT)
    publish_assessment(session, definition, a_set(session, "satu").id)
    session.flush()
    session.expire_all()
    kept = session.exec(select(Assessment).where(Assessment.code == "uji")).one()
    assert definition_of(kept) == definition
    assert rules_of(definition_of(kept)) == rules_of(definition)


def test_unknown_assessment_has_no_version(session: Session) -> None:
    assert latest_version(session, "tiada") is None
