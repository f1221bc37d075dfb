"""What the item page shows, computed from where a sitting stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from assessment_engine.records import Offered
from item_bank.assessments import SectionIn
from item_bank.bank import ItemText
from web.usecases.sittings import AnswerIn
from web.usecases.standing import Current

SECONDS_SHOWN_BELOW = 120.0
"""Seconds left under which the page counts seconds, as it otherwise counts minutes."""


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option at its place on the page, from 1."""

    place: int
    number: int
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item as its page shows it."""

    position: int
    item: ItemText
    section: SectionIn
    number: int
    options: tuple[OptionView, ...]
    text: str
    saved_at: datetime | None
    drafted_at: datetime | None
    seconds_left: float | None
    stimulus_continues: bool
    """Whether the item before came with the same stimulus."""

    @property
    def body(self) -> dict[str, Any]:
        return self.item.body

    @property
    def free_text(self) -> bool:
        return bool(self.body["kind"] == "free_text")

    @property
    def clock(self) -> tuple[int, int] | None:
        """Minutes and seconds left; whole minutes, rounded up, until the last two."""
        if self.seconds_left is None:
            return None
        if self.seconds_left >= SECONDS_SHOWN_BELOW:
            return ceil(self.seconds_left / 60), 0
        return divmod(ceil(self.seconds_left), 60)


def item_page(standing: Current, sent: AnswerIn | None = None) -> ItemPage:
    """The page of the offer in hand; what was ``sent`` and refused stands before the draft."""
    if standing.offer is None or standing.item is None:
        raise ValueError("no item is offered")
    offer, draft = standing.offer, standing.draft
    drafted = draft.option if draft else None
    place = offer.option_order.index(drafted) + 1 if drafted in offer.option_order else None
    written = (draft.text if draft else None) or ""
    if sent is not None:
        place, written = sent.shown, sent.text or ""
    return ItemPage(
        position=offer.position,
        item=standing.item,
        section=_section(standing, offer.section),
        number=standing.number_in_section,
        options=options_of(standing.item.body, offer.option_order, place),
        text=written,
        saved_at=standing.last_saved,
        drafted_at=draft.saved_at if draft else None,
        seconds_left=seconds_left(standing),
        stimulus_continues=_stimulus_continues(standing),
    )


def options_of(
    body: dict[str, Any], order: Sequence[int], chosen: int | None
) -> tuple[OptionView, ...]:
    """The options of an item body in the order of the page."""
    options = body.get("options", ())
    return tuple(
        OptionView(place, number, _words(options[number - 1]), place == chosen)
        for place, number in enumerate(order, start=1)
    )


def seconds_left(standing: Current) -> float | None:
    """Seconds left for the item in hand: of its section, or of the whole if that ends sooner."""
    limits = [rest for rest in (standing.left.section, standing.left.total) if rest is not None]
    return min(limits, default=None)


def _stimulus_continues(standing: Current) -> bool:
    offered = [event.item for event in standing.log if isinstance(event, Offered)]
    stimuli = [standing.form.pool[item].stimulus for item in offered[-2:]]
    return len(stimuli) == 2 and stimuli[0] == stimuli[1] != ""


def _section(standing: Current, code: str) -> SectionIn:
    return next(one for one in standing.form.definition.sections if one.code == code)


def _words(option: str | dict[str, Any]) -> str:
    return option if isinstance(option, str) else str(option["text"])
