"""The recovery study of ``benchmarks.recovery`` in a small form."""

import numpy as np
import pytest

from benchmarks.recovery import run, studies

JUDGED = [study for study in studies() if study.is_judged and study.name != "2PL"]


@pytest.mark.slow
@pytest.mark.parametrize("study", JUDGED, ids=[study.name for study in JUDGED])
def test_intervals_cover_and_errors_are_what_they_are_said_to_be(study):
    """Standard errors a fifth too small would cover .88, a fifth too large .98."""
    replications = 16
    for kind, pairs in run(study, replications, seed=5).items():
        error, se = np.array(pairs).T
        if len(error) < 100:  # means and SDs of groups have a test of their own
            continue
        standardised = error / se
        assert 0.92 < (np.abs(standardised) < 1.96).mean() < 0.978, kind
        by_sample = standardised.reshape(replications, -1).mean(axis=1)
        spread = by_sample.std(ddof=1) / np.sqrt(replications)
        assert abs(by_sample.mean()) < 4 * spread + 0.12, kind
