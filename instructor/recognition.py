"""Recognition, measured: of all wrong answers, how many are told what is wrong, and how many by the right name.

The right name of a declared mistake is its own. The right name of an answer written by hand stands behind its ⇒,
where somebody has read both; one without a ⇒ should get no name, since nobody has confirmed one.
"""

from collections.abc import Iterable, Sequence

from rich.table import Table

from instructor.examine import Findings

LEAST_NAMED = 0.85  # of all wrong answers of a course; what is left over is mostly what nobody would write twice
COLUMNS = ("wrong answers", "declared", "by hand", "named", "share", "right name", "wrong name", "no name")


def recognition_table(findings: Sequence[Findings]) -> Table:
    """A row for each assignment, and one for all."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("assignment", *COLUMNS):
        table.add_column(column, justify="left" if column == "assignment" else "right")
    for found in findings:
        table.add_row(found.assignment.id, *_row([found]))
    if len(findings) > 1:
        table.add_section()
        table.add_row("all", *_row(findings), style="bold")
    return table


def _row(findings: Iterable[Findings]) -> list[str]:
    declared, written, right, wrong = _counts(findings)
    total = declared + written
    counts = (total, declared, written, right + wrong)
    return [*map(str, counts), _share(right + wrong, total), str(right), str(wrong), str(total - right - wrong)]


def _counts(findings: Iterable[Findings]) -> tuple[int, int, int, int]:
    """Wrong answers declared and written by hand, and of both together those named rightly and wrongly."""
    counts = [(f.declared, f.wrong, f.recognised + f.named, f.misnamed) for f in findings]
    declared, written, right, wrong = map(sum, zip(*counts, strict=True)) if counts else (0, 0, 0, 0)
    return declared, written, right, wrong


def told(findings: Sequence[Findings]) -> str:
    """The three shares in one sentence, and that of the answers written by hand alone; empty where there are none."""
    declared, written, right, wrong = _counts(findings)
    if not (total := declared + written):
        return ""
    by_hand = sum(found.named for found in findings)
    return (
        f"of {total} wrong answers {right + wrong} are told what is wrong ({_share(right + wrong, total)}), "
        f"{right} of them by the right name ({_share(right, right + wrong)}) and {wrong} by a wrong one; "
        f"of the {written} written by hand alone {by_hand} by the right name ({_share(by_hand, written)})"
    )


def shortfall(findings: Sequence[Findings]) -> str | None:
    """One sentence where a course names fewer of its wrong answers than it should, else None."""
    declared, written, right, _ = _counts(findings)
    if right >= LEAST_NAMED * (declared + written):
        return None
    return (
        f"{_share(right, declared + written)} of the wrong answers are told what is wrong by the right name; "
        f"at least {LEAST_NAMED:.0%} are asked for: declare what those without a ⇒ in instructor/wrong do"
    )


def _share(part: int, whole: int) -> str:
    """A share in per cent, rounded down: 100 % is all of them."""
    return f"{1000 * part // whole / 10:.1f}%" if whole else "-"
