"""What a result was computed from, in words."""

import pytest
from flask import Flask
from flask_babel import force_locale

from web.usecases.placement_words import version_rows


@pytest.mark.parametrize(
    ("language", "label", "said"),
    [
        ("id", "Penilai jawaban uraian", "manusia; mesin penilai: head h1"),
        ("en", "Rater of written answers", "people; scoring machine: head h1"),
    ],
)
def test_who_rated_is_said_in_words(app: Flask, language: str, label: str, said: str) -> None:
    scorers = [{"kind": "human"}, {"kind": "machine", "head": "h1"}]
    with app.test_request_context(), force_locale(language):
        ((shown, value),) = version_rows({"scorers": scorers})
        ((_label, nobody),) = version_rows({"scorers": []})
    assert (shown, value, nobody) == (label, said, "–")
