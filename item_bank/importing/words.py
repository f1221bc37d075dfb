"""How much there is to read in an item, for budgets of words."""

from collections.abc import Iterator

from item_bank.importing.schema import ItemIn, KeyedItemIn, OptionIn, StimulusIn, TableIn


def words_to_read(item: ItemIn, stimulus: StimulusIn | None) -> int:
    """The number given in the file, or else the words of stimulus, stem, table and options.

    A word is whatever stands between blanks and holds a letter or a digit. A shared stimulus counts
    with each of its items, so that a budget's maximum is never less than what there is to read.
    """
    if item.words is not None:
        return item.words
    return sum(map(_count, _texts(item, stimulus)))


def _count(text: str) -> int:
    return sum(any(map(str.isalnum, word)) for word in text.split())


def _texts(item: ItemIn, stimulus: StimulusIn | None) -> Iterator[str]:
    if stimulus is not None:
        yield from (stimulus.title, stimulus.text)
        yield from _cells(stimulus.table)
    yield item.stem
    yield from _cells(item.table if isinstance(item, KeyedItemIn) else None)
    for option in getattr(item, "options", ()):
        yield option.text if isinstance(option, OptionIn) else option


def _cells(table: TableIn | None) -> Iterator[str]:
    if table is not None:
        yield table.caption
        yield from table.columns
        for row in table.rows:
            yield from map(str, row)
