"""A result as one HTML page that needs no network and no script."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.grading.result import Result
from autograder.reports.summary import SYMBOL, WORD, encouragement, not_as_released, score_line

_PAGES = Environment(
    loader=PackageLoader("autograder.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def page(result: Result) -> str:
    """The whole page; everything a student wrote is escaped."""
    return _PAGES.get_template("result.html").render(
        result=result,
        symbol=SYMBOL,
        word=WORD,
        score=score_line(result),
        sentence=encouragement(result),
        changed=not_as_released(result),
    )
