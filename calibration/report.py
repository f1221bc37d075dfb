"""A calibration in words and columns, for a terminal table."""

from collections.abc import Sequence

from calibration.result import CalibrationResult

COLUMNS = ("item", "model", "a", "se(a)", "b", "se(b)", "c", "se(c)", "d", "se(d)")
GROUP_COLUMNS = ("group", "persons", "mean", "se(mean)", "SD", "se(SD)")


def table(result: CalibrationResult) -> list[tuple[str, ...]]:
    """Rows of ``COLUMNS``, one an item; several numbers stand in one cell, apart by spaces.

    A parameter that was not estimated has an empty standard error, and so has every one where
    standard errors were not asked for.
    """
    errors = result.standard_errors or (None,) * len(result.items)
    rows: list[tuple[str, ...]] = []
    for item, own in zip(result.items, errors, strict=True):
        guessing, slipping = item.model in ("3PL", "4PL"), item.model == "4PL"
        rows.append(
            (
                item.name,
                item.model,
                _numbers(item.a),
                _errors(own.a) if own else "",
                _numbers(item.b),
                _errors(own.b) if own else "",
                f"{item.c:.3f}" if guessing else "",
                _errors([own.c]) if own and guessing else "",
                f"{item.d:.3f}" if slipping else "",
                _errors([own.d]) if own and slipping else "",
            )
        )
    return rows


def group_table(result: CalibrationResult) -> list[tuple[str, ...]]:
    """Rows of ``GROUP_COLUMNS``, one a group."""
    return [
        (
            group.name,
            f"{group.n_persons:g}",
            f"{group.mean:.3f}",
            _errors([group.se_mean or 0.0]),
            f"{group.sd:.3f}",
            _errors([group.se_sd or 0.0]),
        )
        for group in result.groups
    ]


def summary(result: CalibrationResult) -> dict[str, str]:
    """What stands above the table: fit, size, convergence, notes."""
    out = {
        "persons": f"{result.n_persons:g}",
        "items": str(len(result.items)),
        "log-likelihood": f"{result.log_likelihood:.3f}",
        "AIC": f"{result.aic:.3f}",
        "BIC": f"{result.bic:.3f}",
        "free parameters": str(result.n_parameters),
        "iterations": str(result.iterations),
        "converged": "yes" if result.converged else "no",
        "largest change": f"{result.largest_change:.2g}",
        "quadrature": result.provenance["quadrature"],
        "data": f"{result.provenance['source']}, answers sha256 "
        f"{result.provenance['data_sha256'][:12]}",
    }
    if "priors" in result.provenance:
        out["priors"] = result.provenance["priors"]
    if result.notes:
        out["notes"] = "; ".join(result.notes)
    return out


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.3f}" for value in values)


def _errors(values: Sequence[float]) -> str:
    return " ".join(f"{value:.3f}" for value in values if value > 0)
