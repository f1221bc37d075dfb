"""``takar score``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.responses import DATA, show_table
from web.commands.shared import plain_errors

if TYPE_CHECKING:
    from scoring_models.report import ScoringReport

NEW_FILE = click.Path(dir_okay=False, path_type=Path)
SYNTHETIC = "synthetic answers, never validation"

bank_option = click.option(
    "--bank",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the item bank, shaped as item_bank/starter.",
)


@click.group("score")
def command() -> None:
    """Train a scorer of free text on people's levels, judge it, and report."""


@command.command("train")
@click.argument("data", type=DATA)
@bank_option
@click.option("--out", required=True, type=NEW_FILE, help="Write the model, one file.")
@click.option("--encoder", help="Sentence encoder by name or path; the default one if left out.")
@plain_errors
def train(data: Path, bank: Path, out: Path, encoder: str | None) -> None:
    """Train on DATA: CSV with the columns item, text, level and, where there are any, rater,
    person, synthetic, and groups."""
    from rich.console import Console

    from web.scorer.answers import read_answers
    from web.scorer.encoded import Encoder
    from web.scorer.model_file import write_scorer
    from web.scorer.training import bank_of
    from web.scorer.training import train as train_scorer

    console = Console()
    questions = bank_of(bank)
    given = read_answers(data, list(questions))
    _warn(console, given.synthetic)
    scorer, left = train_scorer(given, questions, Encoder(encoder), encoder)
    digest = write_scorer(scorer, out)
    rows = [
        (one.item, str(one.n_answers), one.stage, "yes" if one.accepted else "no")
        for one in scorer.trained
    ]
    show_table(console, ("item", "answers", "stage", "accepted"), rows)
    for taught in scorer.trained:
        if taught.prior is not None:
            known = "{answers} answers to {prompts} other prompts".format_map(taught.prior)
            _say(console, f"{taught.item}: rests on {known} as well")
    for one in left:
        _say(console, f"{one.item}: no model, people score it: {one.reason}")
    for n, kappa, prompts in scorer.curve:
        _say(console, f"{n} answers a prompt: QWK {kappa:.3f}, cross-validated, {prompts} prompts")
    _say(console, f"model: {out}, sha256 {digest[:12]}")


@command.command("evaluate")
@click.argument("model", type=DATA)
@click.argument("data", type=DATA)
@bank_option
@click.option("--out", required=True, type=NEW_FILE, help="Write the evaluation as JSON.")
@click.option("--seed", default=1, show_default=True, help="Of the bootstrap intervals.")
@plain_errors
def evaluate(model: Path, data: Path, bank: Path, out: Path, seed: int) -> None:
    """Judge MODEL by DATA, answers with people's levels that it did not learn from."""
    from rich.console import Console

    from web.scorer.answers import read_answers
    from web.scorer.encoded import Encoder
    from web.scorer.evaluation import evaluate_file, write_evaluation
    from web.scorer.model_file import read_scorer
    from web.scorer.training import bank_of

    console = Console()
    scorer = read_scorer(model)
    questions = bank_of(bank)
    given = read_answers(data, list(questions))
    report = evaluate_file(scorer, given, questions, Encoder(scorer.encoder_name), seed)
    write_evaluation(report, out)
    _warn(console, report.synthetic)
    _show(console, report)
    _say(console, f"evaluation: {out}")


@command.command("report")
@click.argument("evaluation", type=DATA)
@click.option("--out", required=True, type=NEW_FILE, help="Write the report, .html or .pdf.")
@click.option(
    "--language", default="id", show_default=True, type=click.Choice(["id", "en"]), help="Of it."
)
@plain_errors
def report(evaluation: Path, out: Path, language: str) -> None:
    """Write EVALUATION as a page or a PDF with charts."""
    from rich.console import Console

    from calibration.documents import check_ending
    from web.scorer.evaluation import read_evaluation
    from web.scorer.report import write_report

    console = Console()
    check_ending(out)
    found = read_evaluation(evaluation)
    _warn(console, found.synthetic)
    write_report(found, out, language=language)
    _say(console, f"report: {out}")


def _show(console: Any, report: "ScoringReport") -> None:
    _say(
        console,
        f"{report.n} answers, {report.n_double} rated twice or more; "
        f"{100 * report.left_to_people:.0f} % left to people; left out: "
        f"{report.facts['learned_from']} that the model learned from, "
        f"{report.facts['without_model']} of prompts without a model",
    )
    show_table(
        console,
        ("machine and people", "value", "95 %", "n"),
        [
            (one.name, _number(one.value), _interval(one.low, one.high), str(one.n))
            for one in report.machine_human
        ],
    )
    show_table(
        console,
        ("condition", "found", "limit", "met"),
        [
            (
                one.name,
                _number(one.value),
                f"{'>=' if one.at_least else '<='} {one.limit:.2f}",
                "yes" if one.applies and one.passed else "no" if one.applies else "not judged",
            )
            for one in report.conditions
        ],
    )
    length = report.lengths[0]
    _say(
        console,
        f"words: correlation with the machine's level {_number(length.machine)}, given people's "
        f"level {_number(length.partial)}",
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.3f} to {high:.3f}"


def _warn(console: Any, synthetic: bool) -> None:
    if synthetic:
        _say(console, SYNTHETIC)


def _say(console: Any, words: str) -> None:
    console.print(words, highlight=False, soft_wrap=True)
