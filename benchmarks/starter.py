"""The free-text items of a bank's folder, as the scorer's benchmarks read them."""

from pathlib import Path
from typing import Any

import yaml

BANK = Path(__file__).parents[1] / "item_bank" / "starter"


def free_text_items(bank: Path = BANK) -> list[dict[str, Any]]:
    """The items below ``bank/items``, practice left out, each with the competency of its file."""
    return [
        {**item, "competency": path.stem}
        for path in sorted((bank / "items").glob("*.yaml"))
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["items"]
        if item["kind"] == "free_text" and not item.get("practice")
    ]
