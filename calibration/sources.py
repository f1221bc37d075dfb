"""Where the answers are: in this process, in the workers of a cluster, or in files."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy.typing as npt

from calibration.cells import cells_of
from calibration.errors import CalibrationError
from calibration.estimate.answers import merge_equal_persons
from calibration.estimate.estep import Engine, local
from calibration.parameters import ItemParameters
from calibration.parquet import ParquetAnswers
from calibration.prepare import Scheme, code_answers, scheme_of
from calibration.survey import survey


class Source(Protocol):
    """Answers that can be judged, and then summed over."""

    @property
    def items(self) -> tuple[str, ...]: ...

    def scheme(
        self,
        model: str | Sequence[str],
        fixed: Mapping[str, ItemParameters],
        lowest_code: int | None,
    ) -> Scheme: ...

    def engine(self, scheme: Scheme) -> Engine: ...


def source_of(
    responses: Any, client: Any, *, groups: npt.ArrayLike | None, weights: npt.ArrayLike | None
) -> Source:
    """The source that fits the responses, with or without a cluster.

    Raises
    ------
    CalibrationError
        If groups or weights are given beside Parquet files, which hold their own.
    """
    if isinstance(responses, ParquetAnswers):
        if groups is not None or weights is not None:
            raise CalibrationError(
                "groups and weights of Parquet files stand in their columns 'group' and 'weight'; "
                "leave the arguments out"
            )
        from calibration.distribute import FileSource

        return FileSource(responses, client)
    return _Memory(responses, client, groups, weights)


class _Memory:
    def __init__(
        self,
        responses: Any,
        client: Any,
        groups: npt.ArrayLike | None,
        weights: npt.ArrayLike | None,
    ) -> None:
        self._survey, self._used = survey(cells_of(responses, weights), groups)
        self._client = client

    @property
    def items(self) -> tuple[str, ...]:
        return self._survey.items

    def scheme(
        self,
        model: str | Sequence[str],
        fixed: Mapping[str, ItemParameters],
        lowest_code: int | None,
    ) -> Scheme:
        return scheme_of(self._survey, model, fixed, lowest_code)

    def engine(self, scheme: Scheme) -> Engine:
        answers = merge_equal_persons(code_answers(self._used, scheme))
        if self._client is None:
            return local(answers, scheme.n_categories)
        from calibration.distribute import on_workers

        return on_workers(self._client, answers, scheme.n_categories)
