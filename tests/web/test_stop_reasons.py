"""Every reason for which the engine ends a section has words."""

from typing import get_args

import pytest
from flask import Flask
from flask_babel import force_locale

from assessment_engine.stopping import RuleReason, StopReason
from web.usecases.placement_words import stop_reason_words


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_reason_has_words(app: Flask, language: str) -> None:
    codes = (*get_args(StopReason), *get_args(RuleReason), "completed", "in_progress")
    with app.test_request_context(), force_locale(language):
        words = {code: stop_reason_words(code) for code in codes}
    assert not [code for code, said in words.items() if said == code]
    assert len(set(words.values())) == len(set(codes))
