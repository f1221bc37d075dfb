"""What can be wrong with the files of a scorer."""

from collections.abc import Sequence

from web.errors import WebError

SHOWN = 20


class ScorerFileError(WebError):
    """A file of answers, a model or an evaluation cannot be used; every problem has its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        super().__init__("\n".join([*problems[:SHOWN], *more]))
        self.problems = tuple(problems)
