"""Hands on what ../figures.py offers: a script finds only the modules in its own folder."""

from pathlib import Path
from runpy import run_path

globals().update(run_path(str(Path(__file__).resolve().parents[1] / "figures.py"), run_name="figures"))
