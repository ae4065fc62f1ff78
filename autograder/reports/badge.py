"""A result as a badge: a small drawing with the score, for the student's own README.

Its text is set to a fixed length, so that it fits whatever font there is; no font is fetched.
"""

from autograder.grading.result import Result
from autograder.reports.pages import pages_of

LABEL = "gradients"
CHARACTER, PADDING = 6.3, 7  # pixels: about Verdana's width at size 11, and the room on each side
BEGUN, DONE, FRESH = "#0b5cad", "#0a6b4b", "#57606a"  # white stands out from each by 4.5 to 1 or more
_PAGES = pages_of("autograder.reports")


def badge(result: Result) -> str:
    """The badge as SVG, 20 pixels high."""
    score = f"{result.score} / {result.max_score}"
    left, right = (round(CHARACTER * len(text)) + 2 * PADDING for text in (LABEL, score))
    share = result.score / result.max_score if result.max_score else 0.0
    return _PAGES.get_template("badge.svg").render(
        title=f"Gradients in PyTorch: {result.score} of {result.max_score} points",
        label=LABEL,
        score=score,
        width=left + right,
        label_width=left,
        done=round(right * share, 1),
        colour=DONE if share >= 1 else BEGUN if share > 0 else FRESH,
    )
