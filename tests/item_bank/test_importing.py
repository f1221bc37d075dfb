"""Bank files: every fault is named by file, item and field; nothing is overwritten, ever."""

import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from item_bank.bank import latest_texts, text_in_set
from item_bank.database import unit_of_work
from item_bank.errors import ImportFileError
from item_bank.importing.bank import Imported, read_bank, write_bank
from item_bank.models import Assessment, Competency, Item, ItemVersion, ParameterSet
from item_bank.pool import load_pool
from web.usecases.bank import STARTER, import_bank

COMPETENCIES = [{"code": "uji", "name_id": "Uji", "name_en": "Trial", "kind": "managerial"}]
CHOICE: dict[str, Any] = {
    "code": "UJI-01",
    "kind": "choice",
    "target_level": 2,
    "difficulty": "typical",
    "setting": "perizinan",
    "seconds": 60,
    "stem": "Apa yang Anda lakukan?",
    "options": [
        {"text": f"Pilihan {score}.", "score": score, "rationale": "Sebab."}
        for score in (3, 2, 1, 0)
    ],
}
KEYED: dict[str, Any] = {
    "code": "UJI-02",
    "kind": "keyed",
    "target_level": 2,
    "difficulty": "easy",
    "content": "data",
    "seconds": 60,
    "stem": "Berapa jumlahnya?",
    "table": {"columns": ["wilayah", "jumlah"], "rows": [["utara", 4], ["selatan", 6]]},
    "options": ["8", "9", "10", "11"],
    "key": 3,
    "explanation": "Jumlahnya 10.",
}
FREE_TEXT: dict[str, Any] = {
    "code": "UJI-F1",
    "kind": "free_text",
    "target_level": 3,
    "difficulty": "hard",
    "setting": "perizinan",
    "seconds": 300,
    "advised_words": [60, 150],
    "stem": "Apa yang Anda lakukan, dan mengapa?",
    "rubric": {
        "indicators": [{"code": "lapor", "shown": "Melapor.", "violated": "Menutupi."}],
        "levels": [
            {
                "level": level,
                "descriptor": "Perilaku.",
                "anchors": [f"Jawaban {level}{letter}." for letter in "abc"],
                "negatives": ["Sebaliknya."],
            }
            for level in range(1, 6)
        ],
    },
}

Change = Callable[[dict[str, Any]], object]


def folder_of(
    path: Path, *items: dict[str, Any], competency: str = "uji", competencies: Any = COMPETENCIES
) -> Path:
    """A bank folder of one item file, ``uji.yaml``."""
    (path / "items").mkdir(parents=True, exist_ok=True)
    (path / "competencies.yaml").write_text(yaml.safe_dump(competencies))
    content = {"competency": competency, "items": list(items)}
    (path / "items" / "uji.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    return path


def changed(item: dict[str, Any], change: Change) -> dict[str, Any]:
    copy = deepcopy(item)
    change(copy)
    return copy


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(ImportFileError) as caught:
        read_bank(folder)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


# --- reading -------------------------------------------------------------------------------------


def test_sound_folder_is_read(tmp_path: Path) -> None:
    bank = read_bank(folder_of(tmp_path, CHOICE, KEYED, FREE_TEXT))
    assert [item.code for item in bank.files[0].content.items] == ["UJI-01", "UJI-02", "UJI-F1"]
    assert bank.files[0].name == "uji.yaml"
    assert bank.files[0].content.language == "id"


@pytest.mark.parametrize(
    ("item", "change", "named", "said"),
    [
        pytest.param(
            CHOICE, lambda i: i.pop("stem"), "item UJI-01, stem", "required", id="missing field"
        ),
        pytest.param(
            CHOICE,
            lambda i: i["options"][1].pop("rationale"),
            "item UJI-01, options number 2, rationale",
            "required",
            id="missing field of an option",
        ),
        pytest.param(
            CHOICE,
            lambda i: i["options"][1].update(score=3),
            "item UJI-01, item",
            "exactly one score 3",
            id="two best options",
        ),
        pytest.param(
            CHOICE,
            lambda i: i["options"][3].update(score=1),
            "item UJI-01, item",
            "a score 0",
            id="no worst option",
        ),
        pytest.param(
            CHOICE,
            lambda i: i["options"][2].update(score=4),
            "item UJI-01, options number 3, score",
            "less than or equal to 3",
            id="score above 3",
        ),
        pytest.param(
            CHOICE,
            lambda i: i["options"].pop(),
            "item UJI-01, options",
            "at least 4",
            id="3 options",
        ),
        pytest.param(
            CHOICE,
            lambda i: i.update(code="uji 1"),
            "item uji 1, code",
            "pattern",
            id="code of another form",
        ),
        pytest.param(
            CHOICE, lambda i: i.pop("code"), "item number 1, code", "required", id="no code"
        ),
        pytest.param(
            CHOICE,
            lambda i: i.update(stem="  "),
            "item UJI-01, stem",
            "at least 1",
            id="empty stem",
        ),
        pytest.param(
            CHOICE,
            lambda i: i.update(kind="essay"),
            "item UJI-01, item",
            "essay",
            id="unknown kind",
        ),
        pytest.param(
            CHOICE,
            lambda i: i.update(ratonale="x"),
            "item UJI-01, ratonale",
            "not permitted",
            id="unknown field",
        ),
        pytest.param(
            CHOICE,
            lambda i: i.update(target_level=6),
            "item UJI-01, target_level",
            "less than or equal to 5",
            id="level above 5",
        ),
        pytest.param(
            KEYED, lambda i: i.update(key=5), "item UJI-02, item", "key is 5", id="key out of range"
        ),
        pytest.param(
            KEYED, lambda i: i.update(key=0), "item UJI-02, key", "greater than", id="key of zero"
        ),
        pytest.param(
            KEYED,
            lambda i: i["options"].__setitem__(0, "9"),
            "item UJI-02, item",
            "two options are the same",
            id="two options alike",
        ),
        pytest.param(
            KEYED,
            lambda i: i["table"]["rows"][1].pop(),
            "item UJI-02, table",
            "table row 2 has 1 cells, expected 2",
            id="table row too short",
        ),
        pytest.param(
            FREE_TEXT,
            lambda i: i["rubric"]["levels"].pop(),
            "item UJI-F1, rubric",
            "levels must be 1, 2, 3, 4, 5",
            id="four levels",
        ),
        pytest.param(
            FREE_TEXT,
            lambda i: i["rubric"]["levels"][2]["anchors"].pop(),
            "item UJI-F1, rubric, levels number 3, anchors",
            "at least 3",
            id="two anchors",
        ),
    ],
)
def test_fault_is_named_by_file_item_and_field(
    tmp_path: Path, item: dict[str, Any], change: Change, named: str, said: str
) -> None:
    [problem] = problems_of(folder_of(tmp_path, changed(item, change)))
    place, _, words = problem.partition(": ")
    assert place == f"uji.yaml, {named}"
    assert said in words


def test_every_fault_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        changed(CHOICE, lambda i: i.pop("stem")),
        changed(KEYED, lambda i: i.update(key=9)),
    )
    (folder / "items" / "rusak.yaml").write_text("items: [")
    problems = problems_of(folder)
    assert len(problems) == 3
    assert [problem.split(",")[0].split(":")[0] for problem in problems] == [
        "rusak.yaml",
        "uji.yaml",
        "uji.yaml",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("items: [", "not readable as YAML", id="broken YAML"),
        pytest.param("a: 1\na: 2\n", "'a' stands twice", id="a key twice"),
        pytest.param("", "the file is empty", id="empty"),
        pytest.param("# only a comment\n", "the file is empty", id="only a comment"),
        pytest.param("- 1\n", "valid dictionary", id="a list"),
        pytest.param("!!python/object/apply:os.getcwd []", "not readable as YAML", id="a command"),
    ],
)
def test_file_that_is_no_item_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    folder = folder_of(tmp_path, CHOICE)
    (folder / "items" / "lain.yaml").write_text(text)
    [problem] = problems_of(folder)
    assert problem.startswith("lain.yaml")
    assert said in problem


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, CHOICE)
    (folder / "items" / "lain.yaml").write_bytes(b"\xff\xfe\x00")
    [problem] = problems_of(folder)
    assert problem.startswith("lain.yaml: not readable")


def test_repeated_code_names_both_files(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, CHOICE)
    shutil.copy(folder / "items" / "uji.yaml", folder / "items" / "ulang.yaml")
    assert problems_of(folder) == ["ulang.yaml, item UJI-01, code: it stands already in uji.yaml"]


def test_unknown_competency_is_refused(tmp_path: Path) -> None:
    assert problems_of(folder_of(tmp_path, CHOICE, competency="lain")) == [
        "uji.yaml, competency: 'lain' is not in competencies.yaml"
    ]


def test_competencies_are_checked_and_blamed_once(tmp_path: Path) -> None:
    """Item files are not blamed for a list of competencies that could not be read."""
    bad = [{**COMPETENCIES[0], "kind": "technical"}]
    [problem] = problems_of(folder_of(tmp_path, CHOICE, competencies=bad))
    assert problem.startswith("competencies.yaml, number 1, kind: ")


def test_competency_that_stands_twice_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, CHOICE, competencies=COMPETENCIES * 2)
    assert problems_of(folder) == ["competencies.yaml, code: 'uji' stands 2 times"]


def test_missing_files_are_named(tmp_path: Path) -> None:
    assert problems_of(tmp_path) == ["competencies.yaml: the file is missing"]
    folder = folder_of(tmp_path, CHOICE)
    (folder / "items" / "uji.yaml").unlink()
    [problem] = problems_of(folder)
    assert problem.endswith("no item files were found below items/")


# --- writing -------------------------------------------------------------------------------------


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A transaction that is taken back, so that each test begins with the seeded bank."""
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


def versions(session: Session, code: str) -> list[ItemVersion]:
    return list(
        session.exec(
            select(ItemVersion)
            .join(Item, col(Item.id) == col(ItemVersion.item_id))
            .where(Item.code == code)
            .order_by(col(ItemVersion.version))
        ).all()
    )


def rows(session: Session) -> dict[str, int]:
    tables = (Competency, Item, ItemVersion, ParameterSet, Assessment)
    return {
        table.__tablename__: session.exec(select(func.count()).select_from(table)).one()
        for table in tables
    }


def imported(session: Session, folder: Path) -> Imported:
    done = write_bank(session, read_bank(folder))
    session.flush()
    return done


def test_second_import_of_the_same_changes_nothing(session: Session, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, CHOICE, KEYED, FREE_TEXT)
    assert imported(session, folder) == Imported(added=3, changed=0, unchanged=0)
    before = rows(session)
    assert imported(session, folder) == Imported(added=0, changed=0, unchanged=3)
    assert rows(session) == before


def test_starter_bank_imported_again_adds_no_set_and_no_assessment(session: Session) -> None:
    before = rows(session)
    again = import_bank(session)
    assert (again.items.added, again.items.changed) == (0, 0)
    assert rows(session) == before


def test_changed_word_gives_a_further_version_beside_the_first(
    session: Session, tmp_path: Path
) -> None:
    imported(session, folder_of(tmp_path, CHOICE, KEYED))
    [first] = versions(session, "UJI-01")
    kept = (first.id, first.digest, deepcopy(first.body))
    reworded = changed(CHOICE, lambda i: i.update(stem="Apa yang sebaiknya Anda lakukan?"))
    done = imported(session, folder_of(tmp_path, reworded, KEYED))
    assert done == Imported(added=0, changed=1, unchanged=1)
    session.expire_all()
    one, two = versions(session, "UJI-01")
    assert (one.version, two.version) == (1, 2)
    assert (one.id, one.digest, one.body) == kept
    assert two.body["stem"] == "Apa yang sebaiknya Anda lakukan?"
    assert [
        text.version.version for text in latest_texts(session) if text.item.code == "UJI-01"
    ] == [2]


def test_old_parameter_set_keeps_its_version_and_its_pool(session: Session, tmp_path: Path) -> None:
    """Words, setting and time of an item change; a sitting on the old set must not notice."""
    old = import_bank(session).parameter_set
    digest = load_pool(session, old.id).digest
    folder = tmp_path / "bank"
    shutil.copytree(STARTER, folder)
    path = folder / "items" / "integritas.yaml"
    content = yaml.safe_load(path.read_text())
    content["items"][0].update(stem="Apa yang Anda lakukan?", setting="museum", seconds=45)
    path.write_text(yaml.safe_dump(content, allow_unicode=True))
    code = content["items"][0]["code"]

    new = import_bank(session, folder).parameter_set

    session.expire_all()
    assert new.id != old.id
    assert text_in_set(session, old.id, code).version.version == 1
    assert text_in_set(session, new.id, code).version.version == 2
    assert load_pool(session, old.id).digest == digest
    assert load_pool(session, new.id)[code].content == "museum"
    assert load_pool(session, new.id)[code].seconds == 45


@pytest.mark.parametrize(
    ("item", "competency", "said"),
    [
        (CHOICE, "lain", "uji.yaml, item UJI-01, competency: 'lain' came, but the bank has 'uji'"),
        (
            {**KEYED, "code": "UJI-01"},
            "uji",
            "uji.yaml, item UJI-01, kind: 'keyed' came, but the bank has 'choice'",
        ),
    ],
    ids=["another competency", "another kind"],
)
def test_code_is_never_reused(
    session: Session, tmp_path: Path, item: dict[str, Any], competency: str, said: str
) -> None:
    imported(session, folder_of(tmp_path, CHOICE))
    before = rows(session)
    both = [*COMPETENCIES, {**COMPETENCIES[0], "code": "lain"}]
    folder = folder_of(tmp_path, item, competency=competency, competencies=both)
    with pytest.raises(ImportFileError) as caught:
        imported(session, folder)
    assert caught.value.problems[0].startswith(said)
    assert rows(session) == before


def test_retired_item_stays_retired_when_its_words_change(session: Session, tmp_path: Path) -> None:
    imported(session, folder_of(tmp_path, CHOICE))
    item = session.exec(select(Item).where(Item.code == "UJI-01")).one()
    item.status = "retired"
    session.flush()
    imported(session, folder_of(tmp_path, changed(CHOICE, lambda i: i.update(seconds=90))))
    assert (item.status, item.seconds) == ("retired", 90)


def test_nothing_is_written_from_a_folder_with_a_fault(engine: Engine, tmp_path: Path) -> None:
    with Session(engine) as reader:
        before = rows(reader)
    folder = folder_of(tmp_path, CHOICE, changed(KEYED, lambda i: i.update(key=7)))
    with pytest.raises(ImportFileError), unit_of_work(engine) as writer:
        write_bank(writer, read_bank(folder))
    with Session(engine) as reader:
        assert rows(reader) == before
