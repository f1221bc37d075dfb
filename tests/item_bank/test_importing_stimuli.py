"""Shared stimuli, tags, enemies and words in bank files: faults by name, versions, and counts."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from item_bank.bank import latest_texts
from item_bank.browse import ItemFilter, find_items, relations_of, tags_in_use
from item_bank.errors import ImportFileError
from item_bank.importing.bank import Imported, read_bank, write_bank
from item_bank.importing.schema import KeyedItemIn, StimulusIn
from item_bank.importing.words import words_to_read
from item_bank.models import Item, ItemEnemy, ItemVersion, Stimulus, StimulusVersion
from tests.item_bank.reading_bank import COMPETENCY, folder_of, item

OTHER = COMPETENCY | {"code": "lain", "name_id": "Lain"}
TABLE = {"columns": ["hari", "warga"], "rows": [["Senin", 40], ["Selasa", 55]]}

Change = Callable[[dict[str, Any]], object]


def small_bank() -> dict[str, Any]:
    """Two items of one stimulus, one alone; the first names the third as its enemy."""
    return {
        "competency": "baca",
        "stimuli": [{"code": "BCA-S1", "title": "Layanan", "text": "Warga datang pagi."}],
        "items": [
            item(1, stimulus="BCA-S1", enemies=["BCA-03"], tags=["sulit", "dok=3"]),
            item(2, stimulus="BCA-S1", tags=[]),
            item(3, tags=["mudah"]),
        ],
    }


def changed(change: Change) -> dict[str, Any]:
    content = deepcopy(small_bank())
    change(content)
    return content


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(ImportFileError) as caught:
        read_bank(folder)
    return caught.value.problems


def of_item(number: int, **fields: Any) -> Change:
    return lambda content: content["items"][number].update(fields)


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        pytest.param(
            of_item(0, enemies=["BCA-01"]),
            "item BCA-01, enemies",
            "it is its own enemy; take it off",
            id="its own enemy",
        ),
        pytest.param(
            of_item(0, enemies=["BCA-03", "BCA-03"]),
            "item BCA-01, enemies",
            "BCA-03 stands twice",
            id="an enemy twice",
        ),
        pytest.param(
            of_item(0, enemies=["bca 3"]),
            "item BCA-01, enemies number 1",
            "pattern",
            id="enemy that is no code",
        ),
        pytest.param(
            of_item(0, stimulus=["BCA-S1", "BCA-S2"]),
            "item BCA-01, stimulus",
            "an item comes with one stimulus, 2 came",
            id="item in two stimuli",
        ),
        pytest.param(
            of_item(0, tags=["stimulus=BCA-S1"]),
            "item BCA-01, tags number 1",
            "would pass for the item's own stimulus",
            id="tag that looks like the item's own label",
        ),
        pytest.param(
            of_item(0, tags=["a", "b", "a"]),
            "item BCA-01, tags",
            "a stands twice; once is enough",
            id="a tag twice",
        ),
        pytest.param(
            of_item(0, tags=[" "]), "item BCA-01, tags number 1", "at least 1", id="empty tag"
        ),
        pytest.param(
            of_item(0, words=0), "item BCA-01, words", "greater than or equal to 1", id="no words"
        ),
        pytest.param(
            lambda content: content["stimuli"][0].pop("text"),
            "stimulus BCA-S1, stimulus",
            "neither a text nor a table",
            id="stimulus with nothing to read",
        ),
        pytest.param(
            lambda content: content["stimuli"][0].pop("title"),
            "stimulus BCA-S1, title",
            "required",
            id="stimulus without a title",
        ),
        pytest.param(
            lambda content: content["stimuli"][0].pop("code"),
            "stimulus number 1, code",
            "required",
            id="stimulus without a code",
        ),
        pytest.param(
            of_item(2, stimulus="BCA-S9"),
            "item BCA-03, stimulus",
            "no file here has a stimulus 'BCA-S9'; correct the code, or add the stimulus",
            id="unknown stimulus",
        ),
        pytest.param(
            lambda content: content["stimuli"].append(content["stimuli"][0] | {"code": "BCA-S2"}),
            "stimulus BCA-S2",
            "no item comes with it",
            id="stimulus of no item",
        ),
        pytest.param(
            lambda content: content["stimuli"].append(content["stimuli"][0]),
            "stimulus BCA-S1, code",
            "it stands already in baca.yaml",
            id="stimulus twice",
        ),
    ],
)
def test_fault_is_named_by_its_place_and_its_mend(
    tmp_path: Path, change: Change, place: str, said: str
) -> None:
    [problem] = problems_of(folder_of(tmp_path, changed(change)))
    named, _, words = problem.partition(": ")
    assert named == f"baca.yaml, {place}"
    assert said in words


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            {"competency": "lain"},
            "BCA-S1 in baca.yaml has competency 'baca', the item 'lain'; a stimulus and its items",
        ),
        ({"competency": "baca", "language": "en"}, "has language 'id', the item 'en'"),
    ],
)
def test_stimulus_of_another_competency_or_language_is_refused(
    tmp_path: Path, other: dict[str, str], said: str
) -> None:
    folder = folder_of(tmp_path, small_bank())
    (folder / "competencies.yaml").write_text(yaml.safe_dump([COMPETENCY, OTHER]))
    (folder / "items" / "lain.yaml").write_text(
        yaml.safe_dump(other | {"items": [item(9, stimulus="BCA-S1")]})
    )
    [problem] = problems_of(folder)
    assert problem.startswith("lain.yaml, item BCA-09, stimulus: ")
    assert said in problem


def test_stimulus_may_stand_in_another_file_of_its_competency(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, small_bank())
    (folder / "items" / "aneka.yaml").write_text(
        yaml.safe_dump({"competency": "baca", "items": [item(9, stimulus="BCA-S1")]})
    )
    assert [file.name for file in read_bank(folder).files] == ["aneka.yaml", "baca.yaml"]


# --- words ---------------------------------------------------------------------------------------


def words_of(given: dict[str, Any], stimulus: dict[str, Any] | None = None) -> int:
    shared = StimulusIn.model_validate(stimulus) if stimulus else None
    return words_to_read(KeyedItemIn.model_validate(given), shared)


def test_words_are_those_of_stem_table_and_options() -> None:
    """Counted by hand: 4 + 2 + 4 + 6; a dash and a question mark alone are no words."""
    own = item(1, stem="Berapa warga - pada Senin ?", table=TABLE)
    own["options"] = ["40", "55 orang", "95", "lebih lagi"]
    assert words_of(own) == 4 + (2 + 4) + 6


def test_words_of_the_stimulus_are_added_to_each_of_its_items() -> None:
    own = item(1, stem="Siapa?", options=["a", "b", "c", "d"])
    assert words_of(own) == 5
    assert words_of(own, {"code": "BCA-S1", "title": "Layanan", "text": "Warga datang."}) == 5 + 3
    assert words_of(own, {"code": "BCA-S1", "title": "Layanan", "table": TABLE}) == 5 + 1 + 6


def test_words_that_the_file_gives_are_taken_as_they_are() -> None:
    assert words_of(item(1, words=12), {"code": "BCA-S1", "title": "T", "text": "a b c"}) == 12


# --- writing -------------------------------------------------------------------------------------


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


def imported(session: Session, folder: Path) -> Imported:
    done = write_bank(session, read_bank(folder))
    session.flush()
    return done


def refused(session: Session, folder: Path) -> list[str]:
    before = rows(session)
    with pytest.raises(ImportFileError) as caught:
        write_bank(session, read_bank(folder))
    assert rows(session) == before
    return caught.value.problems


def rows(session: Session) -> dict[str, int]:
    tables = (Item, ItemVersion, ItemEnemy, Stimulus, StimulusVersion)
    return {
        table.__tablename__: session.exec(select(func.count()).select_from(table)).one()
        for table in tables
    }


def newest(session: Session, code: str) -> ItemVersion:
    return next(text.version for text in latest_texts(session) if text.item.code == code)


def test_second_import_of_the_same_changes_nothing(session: Session, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, small_bank())
    assert imported(session, folder) == Imported(added=3, changed=0, unchanged=0)
    before = rows(session)
    again = changed(lambda content: content["items"][0]["tags"].reverse())
    assert imported(session, folder_of(tmp_path, again)) == Imported(0, 0, 3)
    assert rows(session) == before


def test_version_keeps_stimulus_tags_words_and_enemies_beside_its_body(
    session: Session, tmp_path: Path
) -> None:
    imported(session, folder_of(tmp_path, small_bank()))
    version = newest(session, "BCA-01")
    assert version.tags == ["dok=3", "sulit"]
    assert version.words == 4 + 6 + 5 * 4  # stimulus, stem, options
    assert not {"stimulus", "tags", "enemies", "words"} & {*version.body}
    found = relations_of(session, version)
    assert found.stimulus is not None
    assert found.stimulus.body["text"] == "Warga datang pagi."
    assert found.companions == ("BCA-02",)
    assert found.enemies == ("BCA-03",)


def test_pair_of_enemies_holds_from_the_other_side(session: Session, tmp_path: Path) -> None:
    imported(session, folder_of(tmp_path, small_bank()))
    other = relations_of(session, newest(session, "BCA-03"))
    assert (other.stimulus, other.companions, other.enemies) == (None, (), ("BCA-01",))


def test_pair_is_gone_once_the_item_that_named_it_names_it_no_more(
    session: Session, tmp_path: Path
) -> None:
    imported(session, folder_of(tmp_path, small_bank()))
    done = imported(session, folder_of(tmp_path, changed(of_item(0, enemies=[]))))
    assert done == Imported(added=0, changed=1, unchanged=2)
    assert relations_of(session, newest(session, "BCA-03")).enemies == ()
    assert relations_of(session, newest(session, "BCA-01")).enemies == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (of_item(1, tags=["sulit"]), "BCA-02"),
        (of_item(1, words=99), "BCA-02"),
        (of_item(1, enemies=["BCA-03"]), "BCA-02"),
        (of_item(2, stimulus="BCA-S1"), "BCA-03"),
    ],
)
def test_changed_facts_give_a_further_version(
    session: Session, tmp_path: Path, change: Change, code: str
) -> None:
    imported(session, folder_of(tmp_path, small_bank()))
    assert imported(session, folder_of(tmp_path, changed(change))) == Imported(0, 1, 2)
    assert newest(session, code).version == 2


def test_changed_stimulus_gives_its_items_further_versions(
    session: Session, tmp_path: Path
) -> None:
    imported(session, folder_of(tmp_path, small_bank()))
    first = newest(session, "BCA-01")
    change = changed(lambda content: content["stimuli"][0].update(text="Warga datang siang."))
    assert imported(session, folder_of(tmp_path, change)) == Imported(0, 2, 1)
    second = newest(session, "BCA-01")
    assert (first.version, second.version) == (1, 2)
    assert second.body == first.body
    assert second.digest != first.digest
    texts = [
        session.get_one(StimulusVersion, version.stimulus_version_id).body["text"]
        for version in (first, second)
    ]
    assert texts == ["Warga datang pagi.", "Warga datang siang."]


def test_changed_stimulus_without_all_of_its_items_is_refused(
    session: Session, tmp_path: Path
) -> None:
    """Or one test could show two texts under one stimulus."""
    imported(session, folder_of(tmp_path, small_bank()))
    change = changed(lambda content: content["stimuli"][0].update(text="Warga datang siang."))
    del change["items"][1]
    assert refused(session, folder_of(tmp_path, change)) == [
        "baca.yaml, stimulus BCA-S1: its words changed, but BCA-02 in the bank come with it and "
        "are not in these files; import them together"
    ]


def test_unknown_enemy_is_refused(session: Session, tmp_path: Path) -> None:
    change = changed(of_item(0, enemies=["BCA-99"]))
    assert refused(session, folder_of(tmp_path, change)) == [
        "baca.yaml, item BCA-01, enemies: neither these files nor the bank have an item 'BCA-99'; "
        "correct the code, or take it off the list"
    ]


def test_enemy_may_be_in_the_bank_already(session: Session, tmp_path: Path) -> None:
    imported(session, folder_of(tmp_path, changed(of_item(0, enemies=["INT-01"]))))
    assert relations_of(session, newest(session, "INT-01")).enemies == ("BCA-01",)


def test_stimulus_code_is_not_reused_for_another_competency(
    session: Session, tmp_path: Path
) -> None:
    imported(session, folder_of(tmp_path, small_bank()))
    folder = folder_of(
        tmp_path,
        {
            "competency": "lain",
            "stimuli": small_bank()["stimuli"],
            "items": [item(9, stimulus="BCA-S1")],
        },
    )
    (folder / "competencies.yaml").write_text(yaml.safe_dump([OTHER]))
    [problem] = refused(session, folder)
    assert problem == (
        "baca.yaml, stimulus BCA-S1, competency: 'lain' came, but the bank has 'baca' under this "
        "code; codes are never reused, give the stimulus a new one"
    )


def test_items_are_found_by_tag_and_by_the_words_of_their_stimulus(
    session: Session, tmp_path: Path
) -> None:
    imported(session, folder_of(tmp_path, small_bank()))
    assert {"dok=3", "mudah", "sulit"} <= {*tags_in_use(session)}
    by_tag = find_items(session, ItemFilter(competency="baca", tag="sulit"))
    by_words = find_items(session, ItemFilter(words="warga DATANG pagi"))
    assert [text.item.code for text in by_tag] == ["BCA-01"]
    assert [text.item.code for text in by_words] == ["BCA-01", "BCA-02"]


def test_question_is_the_stimulus_and_the_stem(session: Session, tmp_path: Path) -> None:
    imported(session, folder_of(tmp_path, small_bank()))
    found = {text.item.code: text.question for text in latest_texts(session)}
    assert found["BCA-01"] == "Warga datang pagi.\n\nPernyataan nomor 1 mana yang sesuai?"
    assert found["BCA-03"] == "Pernyataan nomor 3 mana yang sesuai?"


def test_every_starter_item_has_its_words_counted(session: Session) -> None:
    """Against the stems' lengths, which are 45 to 90 words for situations."""
    versions = session.exec(
        select(ItemVersion).join(Item, col(Item.id) == col(ItemVersion.item_id))
    ).all()
    assert versions
    assert all(version.words >= len(version.body["stem"].split()) // 2 for version in versions)
    situations = [version for version in versions if version.body["kind"] == "choice"]
    assert all(60 <= version.words <= 250 for version in situations)
