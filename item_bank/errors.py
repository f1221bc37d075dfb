"""Errors that the item bank raises."""

from uuid import UUID


class ItemBankError(Exception):
    """The root of this package's errors."""


class ImportFileError(ItemBankError):
    """A file that cannot be taken in; ``problems`` name file, place and mend, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class UnknownSittingError(ItemBankError):
    """There is no such sitting for the one who asks."""


class BrokenLogError(ItemBankError):
    """A stored event does not agree with its digest; ``sequence`` is the first such."""

    def __init__(self, sitting_id: UUID, sequence: int) -> None:
        super().__init__(f"sitting {sitting_id}: event {sequence} was altered or removed")
        self.sequence = sequence
