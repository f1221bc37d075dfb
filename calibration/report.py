"""A calibration in words and columns, for a terminal table."""

from collections.abc import Sequence

from calibration.result import CalibrationResult

COLUMNS = ("item", "model", "a", "se(a)", "b", "se(b)", "c", "se(c)")


def table(result: CalibrationResult) -> list[tuple[str, ...]]:
    """Rows of ``COLUMNS``, one an item; several difficulties stand in one cell, apart by spaces.

    A parameter that the model does not estimate has an empty standard error, and so has every one
    where standard errors were not asked for.
    """
    rows: list[tuple[str, ...]] = []
    for place, name in enumerate(result.item_names):
        model = result.models[place]
        guessing = model == "3PL"
        rows.append(
            (
                name,
                model,
                f"{result.a[place]:.3f}",
                _errors([result.se_a[place]]) if result.se_a and model != "Rasch" else "",
                " ".join(f"{one:.3f}" for one in result.b[place]),
                _errors(result.se_b[place]) if result.se_b else "",
                f"{result.c[place]:.3f}" if guessing else "",
                _errors([result.se_c[place]]) if result.se_c and guessing else "",
            )
        )
    return rows


def summary(result: CalibrationResult) -> dict[str, str]:
    """What stands above the table: fit, size, convergence, notes."""
    out = {
        "persons": f"{result.n_persons:g}",
        "items": str(len(result.item_names)),
        "log-likelihood": f"{result.log_likelihood:.3f}",
        "AIC": f"{result.aic:.3f}",
        "BIC": f"{result.bic:.3f}",
        "free parameters": str(result.n_parameters),
        "iterations": str(result.iterations),
        "converged": "yes" if result.converged else "no",
        "largest change": f"{result.largest_change:.2g}",
        "quadrature": result.provenance["quadrature"],
        "data": f"{result.provenance['source']}, sha256 {result.provenance['data_sha256'][:12]}",
    }
    if result.notes:
        out["notes"] = "; ".join(result.notes)
    return out


def _errors(values: Sequence[float]) -> str:
    return " ".join(f"{value:.3f}" for value in values)
