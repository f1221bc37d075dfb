"""``takar fit``."""

from pathlib import Path
from typing import Any

import click

from web.commands.responses import (
    DATA,
    item_model_option,
    missing_option,
    model_option,
    models_of,
    number,
    probability,
    show_table,
    skip_option,
    weights_option,
)
from web.commands.shared import plain_errors

MISFIT = 0.05


@click.command("fit")
@click.argument("data", type=DATA)
@model_option
@item_model_option
@weights_option
@click.option(
    "--parameters", type=DATA, help="Judge this parameter set (JSON) instead of calibrating."
)
@skip_option
@missing_option
@plain_errors
def command(
    data: Path,
    model: str,
    item_models: tuple[str, ...],
    skip: tuple[str, ...],
    missing: tuple[str, ...],
    weights: str | None,
    parameters: Path | None,
) -> None:
    """Judge how a model fits DATA: CSV or XLSX, a column an item, a row a person.

    Items by S-X2 (by posterior-weighted chi-square where answers are missing), infit and outfit;
    pairs by Q3; the whole by M2 or C2; persons by lz*.
    """
    from rich.console import Console

    from calibration import calibrate, normal_grid, read_responses
    from calibration.exchange import read_parameters
    from calibration.prepare import categories_for

    console = Console()
    responses = read_responses(data, frequency=weights, skip=skip, missing=missing)
    if parameters is None:
        models = models_of(model, item_models, responses.items)
        result = calibrate(responses, models)
        items, quadrature, lowest = result.items, result.quadrature, result.lowest_code
    else:
        known = read_parameters(parameters)
        items, lowest = known.items, known.lowest_code
        quadrature = known.quadrature or normal_grid()
    categories = categories_for(items, responses, lowest_code=lowest)
    judged = _Judged(
        console, items, categories, quadrature, responses.weights, estimated=parameters is None
    )
    judged.show_items()
    judged.show_pairs()
    judged.show_model()
    judged.show_persons()


class _Judged:
    def __init__(
        self,
        console: Any,
        items: Any,
        categories: Any,
        quadrature: Any,
        weights: Any,
        *,
        estimated: bool,
    ) -> None:
        self._console = console
        self._items = items
        self._categories = categories
        self._quadrature = quadrature
        self._weights = weights
        self._estimated = estimated
        self._complete = bool((categories >= 0).all())

    def show_items(self) -> None:
        from calibration.fit import item_fit, mean_squares, sparse_item_fit

        judge: Any = item_fit if self._complete else sparse_item_fit
        found = judge(
            self._items,
            self._categories,
            self._quadrature,
            weights=self._weights,
            estimated=self._estimated,
        )
        squares = mean_squares(
            self._items,
            self._categories,
            weights=self._weights,
        ).items
        statistic = "S-X2" if self._complete else "chi2"
        rows = [
            (
                one.item,
                number(one.statistic, 2),
                "" if one.df is None else str(one.df),
                probability(one.p),
                number(one.rmsea),
                number(square.infit, 2),
                number(square.outfit, 2),
                one.reason or square.reason,
            )
            for one, square in zip(found, squares, strict=True)
        ]
        headings = ("item", statistic, "df", "p", "RMSEA", "infit", "outfit", "")
        show_table(self._console, headings, rows)
        self._say(
            "infit and outfit rest on estimated abilities (WLE): the fewer items, the further "
            "below 1"
        )
        misfitting = [one.item for one in found if one.p is not None and one.p < MISFIT]
        self._say(f"items with p < {MISFIT:g}: {', '.join(misfitting) or 'none'}")

    def show_pairs(self) -> None:
        from calibration.fit import local_dependence

        found = local_dependence(
            self._items, self._categories, quadrature=self._quadrature, weights=self._weights
        )
        pairs = ", ".join(f"{one} & {other}" for one, other in found.flagged) or "none"
        self._say(f"local dependence (Q3 more than .2 above its mean): {pairs}")

    def show_model(self) -> None:
        from calibration.fit.model import ModelFitError, model_fit
        from calibration.posterior import eap
        from calibration.reliability import empirical_reliability, marginal_reliability

        if self._complete and self._estimated:
            most = max(item.n_categories for item in self._items)
            try:
                found = model_fit(
                    self._items,
                    self._categories,
                    self._quadrature,
                    statistic="M2" if most == 2 else "C2",
                    weights=self._weights,
                )
            except ModelFitError as error:
                self._say(f"model: {error}")
            else:
                low, high = found.rmsea_interval
                self._say(
                    f"model: {found.statistic} {found.value:.3f}, df {found.df}, "
                    f"p {probability(found.p)}; "
                    f"RMSEA {found.rmsea:.3f} [{low:.3f}, {high:.3f}], SRMSR {found.srmsr:.3f}, "
                    f"TLI {number(found.tli)}, CFI {number(found.cfi)}"
                )
        else:
            self._say("model: M2 and C2 need complete answers and parameters estimated from them")
        ability = eap(self._items, self._categories, self._quadrature)
        empirical = empirical_reliability(ability.theta, ability.se, weights=self._weights)
        marginal = marginal_reliability(self._items, self._quadrature, error="posterior")
        whole = f"marginal {marginal:.3f} for all {len(self._items)} items"
        self._say(f"reliability: empirical {empirical:.3f}, {whole}")

    def show_persons(self) -> None:
        import numpy as np

        from calibration.fit import person_fit

        found = person_fit(self._items, self._categories, quadrature=self._quadrature)
        rows = len(self._categories)
        weights = np.ones(rows) if self._weights is None else self._weights
        judged = weights[found.persons]
        low = judged[found.p < MISFIT].sum()
        more = f"; {len(found.left_out)} without a value" if found.left_out else ""
        self._say(
            f"persons with an unlikely pattern (lz*, p < {MISFIT:g}): {low:g} of "
            f"{judged.sum():g}{more}"
        )

    def _say(self, words: str) -> None:
        self._console.print(words, highlight=False)
