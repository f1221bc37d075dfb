"""The engine's errors: their messages say what came, what was expected and how to mend it."""


class EngineError(Exception):
    """Base of every error that the engine raises."""


class ItemError(EngineError):
    """An item's parameters or attributes are not admissible."""


class UnknownItemError(EngineError):
    """An item is named that the pool does not hold."""

    def __init__(self, item: str, n_items: int) -> None:
        super().__init__(
            f"item {item!r} is not in the pool of {n_items} items; use the pool (parameter set) "
            "that the sitting was opened with"
        )
        self.item = item


class ResponseError(EngineError):
    """A response does not fit its item."""


class RulesError(EngineError):
    """Rules are contradictory, or the pool cannot fulfil them."""


class LogError(EngineError):
    """A log's events contradict one another."""


class CutScoreError(EngineError):
    """Cut scores are missing or not ascending."""


class PolicyError(EngineError):
    """A placement policy is contradictory, or does not cover what was asked of it."""


class ConvergenceError(EngineError):
    """An iteration did not converge."""
