"""What ``instructor check`` shows at its end: what was examined, what was recognised, and every fault."""

from rich.console import Console
from rich.table import Table

from instructor.attack_bank import attack_table, limits_met
from instructor.check import Check
from instructor.recognition import recognition_table, told

COUNTS = (
    "declared",
    "recognised",
    "wrong",
    "refused",
    "named",
    "right",
    "accepted",
    "mutants",
    "killed",
    "equivalent",
)


def show(done: Check, out: Console) -> None:
    """Write the tables and the faults."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("assignment", *COUNTS, "lesson s", "faults"):
        table.add_column(column, justify="left" if column == "assignment" else "right")
    totals = dict.fromkeys(COUNTS, 0)
    for found in done.findings:
        counts = {name: getattr(found, name) for name in COUNTS}
        totals = {name: totals[name] + counts[name] for name in COUNTS}
        seconds = done.lessons.get(found.assignment.id)
        table.add_row(
            found.assignment.id,
            *map(str, counts.values()),
            f"{seconds:.1f}" if seconds is not None else "-",
            str(len(found.faults)),
        )
    if len(done.findings) > 1:
        faults = sum(len(found.faults) for found in done.findings)
        table.add_section()
        table.add_row("all", *map(str, totals.values()), f"{sum(done.lessons.values()):.1f}", str(faults), style="bold")
    out.print(table)
    out.print()
    out.print(recognition_table(done.findings))
    if done.attacks:
        out.print()
        out.print(attack_table(done.attacks))
        for limit, reason in limits_met(done.attacks):
            print(f"known limit: {limit}: {reason}")
    for fault in done.all_faults:
        print(f"\n{fault}")
    if sentence := told(done.findings):
        print(f"\n{sentence}")
    verdict = f"{len(done.all_faults)} faults" if done.all_faults else "no fault"
    print(f"solutions graded in isolation {', '.join(done.levels)}; {verdict}")
