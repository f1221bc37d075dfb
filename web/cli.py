"""The ``takar`` command; a subcommand's module is imported when called, so help answers fast."""

from importlib import import_module

import click

COMMANDS = {
    "demo": (
        "web.commands.demo",
        "A seeded assessment centre, or its main job in the terminal.",
    ),
    "serve": ("web.commands.serve", "Serve the pages (production: behind a proxy with TLS)."),
    "worker": ("web.commands.worker", "Work off background jobs: scoring, calibration, upkeep."),
    "migrate": ("web.commands.migrate", "Bring the database to this version's schema."),
    "bank": ("web.commands.bank", "Import items, parameters and assessments from files."),
    "policy": ("web.commands.policy", "Load a placement policy from a file."),
    "account": ("web.commands.account", "Make an account for staff."),
    "calibrate": ("web.commands.calibrate", "Fit item parameters to a response file."),
    "fit": ("web.commands.fit", "Judge how items, pairs, persons and the model fit a file."),
    "dif": ("web.commands.dif", "Find items that groups of equal ability answer differently."),
    "link": ("web.commands.link", "Put one parameter set on the scale of another."),
    "score": ("web.commands.score", "Train a scorer of free text, judge it, and report."),
    "simulate": ("web.commands.simulate", "Let simulated persons sit a test before it goes live."),
    "exposure": ("web.commands.exposure", "Find Sympson-Hetter parameters by simulation."),
    "replay": ("web.commands.replay", "Recompute a sitting from its log, decision by decision."),
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="takar")
def main() -> None:
    """Takar: an open, adaptive digital assessment centre for civil servants."""


if __name__ == "__main__":
    main()
