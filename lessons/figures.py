"""Pictures of the lessons: shown where there is a display, saved to lessons/figures/ where there is none."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

FOLDER = Path(__file__).resolve().parent / "figures"

# Okabe and Ito's colours, which stay apart for colour-blind readers: https://jfly.uni-koeln.de/color/
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILION, SKY, PURPLE = "#D55E00", "#56B4E9", "#CC79A7"


def show(figure: Figure, name: str) -> None:
    """Show `figure`, or write it to lessons/figures/<name>.png, 100 dots an inch, where nothing can be shown.

    With a display a script waits here until the window is closed. Without one it never waits:
    matplotlib falls back to the backend "agg", which only draws to files.
    """
    if plt.get_backend().lower() != "agg":
        plt.show()
        return
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.png"
    figure.savefig(path, dpi=100)
    plt.close(figure)
    print(f"No display, so the picture went to {path}")
