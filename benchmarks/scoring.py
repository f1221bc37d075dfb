"""Everything that is measured of the scorer, part by part, each in a process of its own.

| what | goal | to beat | part |
|---|---|---|---|
| IDSAG per question: mean / pooled QWK, RMSE | .84 / .92, .67 | .829 / .913, .689 | answers |
| IDSAG with 10 scored answers a question, mean QWK | .72 | .704 | answers |
| IDSAG at 80 % coverage, mean QWK | .88 | .872 | answers |
| UKARA dev, pooled F1 | .83 | .8225 | answers |
| conformal 90 % sets on unseen questions: coverage | .88-.93 | .918 | answers |
| IndoNLI val: entailed above contradicted | .88 | .85 | encoders |
| 100-word answer, warm; batch; resident memory | 150 ms; 80 a second; 900 MB | 1.7 GB | encoders |
| gaming caught at 2 % false alarms, each kind | .95 | .77 to 1 | gaming |
| the gate's check on the bank's answers: wrongly flagged; attacks caught | .02; .95 | - | gate |
| 95 % intervals of ability without / with bias | .94-.96 / .92-.96 | .88 | ability |
| level moved by length, spelling, courtesy, dialect | .25 | - | fairness |
| levels told by rubrics alone | - | - | rubrics |
| indicators shown and violated on unseen prompts, given the level | - | - | indicators |

Each part's module, ``benchmarks/scoring_PART.py``, states its protocol, fixed before its results.

Run: python -m benchmarks.scoring [--only PART ...] [--idsag DIR] [--ukara DIR] [--indonli DIR]
"""

import argparse
import subprocess
import sys
from pathlib import Path

# Options that name data, by part; a part runs without the data that it can do without.
DATA = {
    "answers": ("idsag", "ukara"),
    "encoders": ("indonli",),
    "gaming": ("idsag", "ukara"),
    "gate": (),
    "ability": (),
    "fairness": (),
    "rubrics": (),
    "indicators": (),
}
NEEDS_DATA = {"answers"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=DATA, default=list(DATA), metavar="PART")
    for name in ("idsag", "ukara", "indonli"):
        parser.add_argument(f"--{name}", type=Path, help=f"folder of {name}'s files")
    arguments = parser.parse_args()
    failed = []
    for part in arguments.only:
        given = [
            word
            for name in DATA[part]
            if getattr(arguments, name) is not None
            for word in (f"--{name}", str(getattr(arguments, name)))
        ]
        print(f"\n{part}: python -m benchmarks.scoring_{part} {' '.join(given)}", flush=True)
        if part in NEEDS_DATA and not given:
            print(f"left out: give {' or '.join(f'--{name} DIR' for name in DATA[part])}")
            continue
        command = [sys.executable, "-m", f"benchmarks.scoring_{part}", *given]
        if subprocess.run(command, check=False).returncode:
            failed.append(part)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
