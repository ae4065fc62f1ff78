"""What a watch writes: lines that stay, and below them one line that does not.

Nothing is cleared, so what was written can be scrolled back to. Without a terminal there are the lines that stay alone,
and no escape sequences.
"""

from rich.console import Console
from rich.live import Live
from rich.text import Text

from autograder.grading.result import Result, Status
from autograder.reports.table import COLOUR, show


class Screen:
    """The terminal while a watch is running."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self.below = ""

    def __enter__(self) -> "Screen":
        self.resume()
        return self

    def __exit__(self, *exception: object) -> None:
        self.pause()

    def resume(self) -> None:
        """Draw the last line."""
        self.live.start()
        self.draw()

    def pause(self) -> None:
        """Take the last line away, and show the cursor."""
        self.live.stop()

    @property
    def width(self) -> int:
        """Columns of the terminal as it is now."""
        return self.console.width

    def say(self, text: str, style: str = "", *, whole_lines: bool = False) -> None:
        """A text that stays. `whole_lines`: none is broken but by the terminal, as where `autograder grade` writes."""
        self.console.print(Text(text, style=style), soft_wrap=whole_lines)

    def say_status(self, text: str, status: Status) -> None:
        """A text in the colour of a status, after an empty line."""
        self.console.print()
        self.say(text, f"bold {COLOUR[status]}")

    def show(self, result: Result) -> None:
        """The table of `autograder grade`."""
        self.console.print()
        show(result, self.console)

    def say_below(self, text: str) -> None:
        """Replace the last line, where there is one."""
        if text != self.below:
            self.below = text
            self.draw()

    def draw(self) -> None:
        """The last line anew, cut to the width there is now: a line that wraps could not be taken away."""
        self.live.update(Text(self.below[: self.width - 1], style="dim", no_wrap=True), refresh=True)
