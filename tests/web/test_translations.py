"""English is a full second language: every message has its translation, with the same places."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"%\([a-z_]+\)s|\{[a-z]+\}")
METHODS = [("web/**.py", "python"), ("web/templates/**.html", "jinja2")]


def first(message: object) -> str:
    return str(message[0]) if isinstance(message, tuple | list) else str(message)


def test_every_message_is_translated() -> None:
    with (ROOT / "web/translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        english = {first(message.id): message.string for message in read_po(file) if message.id}
    found = {first(row[2]) for row in extract_from_dir(str(ROOT), method_map=METHODS)}
    assert len(found) > 500
    assert sorted(found - set(english)) == []
    wrong = []
    for source, translated in english.items():
        texts = translated if isinstance(translated, tuple | list) else [translated]
        for text in texts:
            if not text or not set(PLACE.findall(str(text))) <= set(PLACE.findall(source)):
                wrong.append(source)
    assert wrong == []


def test_pages_speak_english_when_asked(app: "object") -> None:
    client = app.test_client()  # type: ignore[attr-defined]
    client.set_cookie("bahasa", "en")
    page = client.get("/masuk").text
    assert '<html lang="en"' in page
    assert "Password" in page
    assert "Kata sandi" not in page
