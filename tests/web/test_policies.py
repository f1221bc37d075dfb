"""The policy file: what a regulation can change, checked, versioned, never overwritten."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine

from item_bank.database import unit_of_work
from web.errors import ConfigError
from web.policies.schema import read_policy
from web.policies.store import SHIPPED, load_policy, policy_content, policy_in_force

Change = Callable[[dict[str, Any]], Any]


def changed_copy(tmp_path: Path, change: Change) -> Path:
    content = yaml.safe_load(SHIPPED.read_text())
    change(content)
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_shipped_policy_says_what_the_regulations_say() -> None:
    """PermenPAN-RB 3/2020 (boxes), Kepka BKN 411/2025 (weights), Kota Semarang (eligibility)."""
    policy = read_policy(SHIPPED).engine()
    assert policy.boxes == ((1, 3, 6), (2, 5, 8), (4, 7, 9))
    assert {part.code: part.weight for part in policy.axis_x} == {
        "competence": 20,
        "development": 10,
        "experience": 10,
        "potential": 25,
        "qualification": 20,
        "integrity": 15,
    }
    assert {part.code: part.weight for part in policy.axis_y} == {
        "performance": 60,
        "awards": 15,
        "assignments": 15,
        "feedback_360": 10,
    }
    assert policy.eligibility["pengawas"] == {7, 8, 9}
    assert policy.eligibility["jpt_pratama"] == {9}
    assert policy.predicates["below", "above"] == "Butuh Perbaikan"
    assert policy.predicates["above", "below"] == "Kurang"
    assert policy.predicates["below", "below"] == "Sangat Kurang"
    assert set(policy.required_levels["administrator"].values()) == {3}
    assert len(policy.required_levels["administrator"]) == 9


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c["axis_x"][0].update(weight=25), "add up to 105"),
        (lambda c: c["axis_x"][0].update(weight="much"), "axis_x.0.weight"),
        (lambda c: c.pop("boxes"), "boxes: Field required"),
        (lambda c: c["predicate_scores"].pop("Baik"), "Baik"),
        (lambda c: c.update(extra=1), "extra"),
        (lambda c: c["bands"].update(x=[80, 60]), "bands"),
    ],
)
def test_faulty_policy_names_the_place(tmp_path: Path, change: Change, expected: str) -> None:
    with pytest.raises(Exception, match=r"policy") as error:
        read_policy(changed_copy(tmp_path, change))
    assert expected in str(error.value)


def test_same_policy_is_loaded_once_and_a_changed_one_needs_a_new_version(
    engine: Engine, tmp_path: Path
) -> None:
    with unit_of_work(engine) as session:
        assert load_policy(session).id == load_policy(session).id
    changed = changed_copy(tmp_path, lambda c: c["bands"].update(x=[70, 90]))
    with (
        pytest.raises(ConfigError, match="give the changed policy a new version"),
        unit_of_work(engine) as session,
    ):
        load_policy(session, changed)


def test_policy_in_force_goes_by_the_day(engine: Engine, tmp_path: Path) -> None:
    later = changed_copy(
        tmp_path,
        lambda c: c.update(version="semarang-2030.1", effective_from=date(2030, 1, 1)),
    )
    with unit_of_work(engine) as session:
        load_policy(session, later)
        assert policy_in_force(session, date(2029, 12, 31)).version == "semarang-2026.1"
        found = policy_in_force(session, date(2030, 1, 1))
        assert policy_content(found).version == "semarang-2030.1"
    with (
        pytest.raises(ConfigError, match="no policy is in force"),
        unit_of_work(engine) as session,
    ):
        policy_in_force(session, date(2025, 12, 31))
