"""What a scoring report says, section by section."""

from collections.abc import Sequence
from functools import partial

from calibration.documents import Figure, Section, Table
from calibration.documents.content import number
from scoring_models.report import Grouping, ScoringReport, Statistic
from scoring_models.scored.stages import FEWEST_SCORES, AcceptanceLimits, Stage
from web.scorer import charts
from web.scorer.words import Words

LEAST = FEWEST_SCORES[Stage.AUTOMATIC]
COUNTED = ("learned_from", "without_model")


def sections(report: ScoringReport, words: Words, language: str) -> tuple[Section, ...]:
    """All sections; those of synthetic answers each begin by saying so."""
    write = _Writer(report, words, language)
    return tuple(
        write.marked(one)
        for one in (
            write.verdict(),
            write.data(),
            write.agreement(),
            write.prompts(),
            write.calibration(),
            write.coverage(),
            write.groups(),
            write.curve(),
            write.length(),
            write.provenance(),
        )
    )


class _Writer:
    def __init__(self, report: ScoringReport, words: Words, language: str) -> None:
        self._report, self._words = report, words
        self._number = partial(number, language=language)

    def marked(self, section: Section) -> Section:
        if not self._report.synthetic:
            return section
        return Section(
            section.title,
            (self._words.synthetic, *section.paragraphs),
            section.remarks,
            section.figures,
            section.tables,
            section.sections,
            section.beside,
        )

    def verdict(self) -> Section:
        report, words = self._report, self._words
        said = [words.accepted if report.accepted else words.refused]
        if report.n < LEAST:
            said = [words.few.format(n=report.n, least=LEAST), *([] if report.accepted else said)]
        rows = tuple(
            (
                words.names[one.name],
                self._or_empty(one.value),
                f"{'≥' if one.at_least else '≤'} {self._number(one.limit, digits=2)}",
                words.does_not_apply
                if not one.applies
                else words.passed
                if one.passed
                else words.failed,
            )
            for one in report.conditions
        )
        head = (words.condition, words.found, words.limit, words.outcome)
        return Section(
            words.verdict,
            paragraphs=tuple(said),
            tables=(Table(words.conditions_caption, head, rows),),
        )

    def data(self) -> Section:
        report, words = self._report, self._words
        rows = (
            (words.n, str(report.n)),
            (words.persons, str(report.n_persons) if report.n_persons else words.unknown),
            (words.raters, str(report.n_raters)),
            (words.double, str(report.n_double)),
            (words.left, self._percent(report.left_to_people)),
            (words.learned, report.facts.get("learned_from", "0")),
            (words.without, report.facts.get("without_model", "0")),
        )
        means = [
            sum(one.level * getattr(one, by) for one in report.shares) / report.n
            for by in ("human", "machine")
        ]
        said = words.levels_said.format(
            human=self._number(means[0], digits=2), machine=self._number(means[1], digits=2)
        )
        return Section(
            words.data,
            paragraphs=(said,),
            figures=(Figure(words.levels_caption, charts.levels(report, words), said),),
            tables=(Table(words.data_caption, (words.fact, words.value), rows),),
        )

    def agreement(self) -> Section:
        report, words = self._report, self._words
        kappa = report.machine_human[0]
        interval = f" ({self._interval(kappa)})" if kappa.low is not None else ""
        said = words.agreement_said.format(kappa=self._or_empty(kappa.value), interval=interval)
        people = report.human_human if report.n_double else ()
        parts = [
            (words.machine_human, report.machine_human),
            (words.decided_alone, report.decided_alone),
            (words.human_human, people),
        ]
        counts = report.confusion
        same = sum(row[place] for place, row in enumerate(counts))
        far = sum(n for i, row in enumerate(counts) for j, n in enumerate(row) if abs(i - j) > 1)
        told = words.confusion_said.format(same=same, n=report.n, far=far)
        return Section(
            words.agreement,
            paragraphs=(said, told) if report.n_double else (said, told, words.no_pairs),
            figures=(Figure(words.confusion_caption, charts.confusion(report, words), told),),
            sections=tuple(
                Section(title, tables=(self._statistics(found),)) for title, found in parts if found
            ),
        )

    def prompts(self) -> Section:
        words = self._words
        rows = tuple(
            (
                one.item,
                words.names[one.stage],
                str(one.n),
                str(one.n_double),
                *(self._or_empty(own.value) for own in one.statistics[:4]),
            )
            for one in self._report.items
        )
        measured = ("kappa", "exact", "adjacent", "difference")
        head = (words.prompt, words.stage, words.n, words.double)
        names = tuple(words.names[name] for name in measured)
        table = Table(words.prompts_caption, (*head, *names), rows, text_columns=2)
        return Section(words.prompts, tables=(table,))

    def calibration(self) -> Section:
        report, words = self._report, self._words
        said = words.calibration_said.format(
            error=self._number(report.calibration_error),
            noise=self._number(report.calibration_noise),
        )
        rows = tuple(
            (self._number(one.predicted), self._number(one.observed), str(one.n))
            for one in report.reliability
        )
        head = (words.predicted, words.observed, words.statements)
        return Section(
            words.calibration,
            paragraphs=(said,),
            figures=(Figure(words.reliability_caption, charts.reliability(report, words), said),),
            tables=(Table(words.reliability_table, head, rows, text_columns=0),),
        )

    def coverage(self) -> Section:
        report, words = self._report, self._words
        if not report.coverage or report.wanted_coverage is None:
            return Section(words.coverage, paragraphs=(words.no_coverage,))
        said = words.coverage_said.format(
            wanted=self._percent(report.wanted_coverage),
            found=self._percent(report.coverage[0].coverage),
        )
        rows = tuple(
            (
                self._where(one.name),
                str(one.n),
                self._percent(one.coverage),
                self._number(one.mean_size, digits=2),
            )
            for one in report.coverage
        )
        head = (words.where, words.n, words.covered, words.size)
        return Section(
            words.coverage,
            paragraphs=(said,),
            tables=(Table(words.coverage_caption, head, rows),),
        )

    def _where(self, name: str) -> str:
        if name == "all":
            return self._words.all_answers
        return f"{self._words.level} {name}" if name.isdecimal() else name

    def groups(self) -> Section:
        report, words = self._report, self._words
        if not report.groupings:
            return Section(words.groups, paragraphs=(words.no_groups,))
        limit = AcceptanceLimits().most_subgroup_difference
        said = [words.groups_said.format(limit=self._number(limit, digits=2))]
        found = [
            (one.dsm, f"{own.column}: {one.group}")
            for own in report.groupings
            for one in own.groups
            if one.dsm is not None
        ]
        figures = []
        if found:
            value, name = max(found, key=lambda pair: abs(pair[0]))
            largest = words.dsm_said.format(group=name, value=self._number(value))
            said.append(largest)
            chart = charts.standardised_differences(report, words, limit)
            figures = [Figure(words.dsm_caption, chart, largest)]
        return Section(
            words.groups,
            paragraphs=tuple(said),
            figures=tuple(figures),
            sections=tuple(self._grouping(one) for one in report.groupings),
        )

    def _grouping(self, one: Grouping) -> Section:
        words = self._words
        rows = tuple(
            (
                f"{own.group} ({words.base})" if own.group == one.base else own.group,
                str(own.n),
                self._number(own.human_mean, digits=2),
                self._number(own.machine_mean, digits=2),
                *map(self._or_empty, (own.dsm, own.accuracy, own.difference, own.conditional)),
            )
            for own in one.groups
        )
        head = (words.group, words.n, words.human_mean, words.machine_mean, "DSM")
        kinds = {"accuracy": "OSA", "difference": "OSD", "conditional": "CSD"}
        explained = tuple(
            (kinds[name], self._number(share), self._number(one.p[name]))
            for name, share in one.explained.items()
        )
        tables = [
            Table(words.base_caption.format(column=one.column), (*head, *kinds.values()), rows)
        ]
        if explained:
            caption = words.explained_caption.format(column=one.column)
            tables.append(Table(caption, (words.measure, words.share, "p"), explained))
        remarks = (one.note,) if one.note else ()
        return Section(one.column, remarks=remarks, tables=tuple(tables))

    def curve(self) -> Section:
        report, words = self._report, self._words
        if not report.learning_curve:
            return Section(words.curve, paragraphs=(words.no_curve,))
        said = tuple(
            words.curve_said.format(n=one.n, kappa=self._number(one.kappa), prompts=one.prompts)
            for one in report.learning_curve
        )
        drawn = charts.learning_curve(report, words)
        return Section(
            words.curve,
            paragraphs=said,
            figures=(Figure(words.curve_caption, drawn, said[-1]),),
        )

    def length(self) -> Section:
        words, found = self._words, self._report.lengths
        said = words.length_said.format(
            machine=self._or_empty(found[0].machine), partial=self._or_empty(found[0].partial)
        )
        rows = tuple(
            (words.names[one.length], *map(self._or_empty, (one.human, one.machine, one.partial)))
            for one in found
        )
        head = (words.feature, words.with_human, words.with_machine, words.partial)
        return Section(
            words.length,
            paragraphs=(said,),
            tables=(Table(words.length_caption, head, rows),),
        )

    def provenance(self) -> Section:
        words = self._words
        rows = tuple(
            (words.names[name], value)
            for name, value in self._report.facts.items()
            if name not in COUNTED
        )
        head = (words.fact, words.value)
        return Section(
            words.provenance,
            tables=(Table(words.provenance_caption, head, rows, text_columns=2),),
        )

    def _statistics(self, found: Sequence[Statistic]) -> Table:
        words = self._words
        rows = tuple(
            (words.names[one.name], self._or_empty(one.value), self._interval(one), str(one.n))
            for one in found
        )
        head = (words.statistic, words.value, words.interval, words.n)
        return Table(words.agreement_caption, head, rows)

    def _interval(self, one: Statistic) -> str:
        if one.low is None or one.high is None:
            return ""
        return f"{self._number(one.low)} – {self._number(one.high)}"

    def _or_empty(self, value: float | None) -> str:
        return "" if value is None else self._number(value)

    def _percent(self, share: float) -> str:
        return f"{self._number(100 * share, digits=1)} %"
