"""Penalties for what was handed in late, as nbgrader gives them: by its plugin, chosen in ``nbgrader_config.py``.

    c.LateSubmissionPlugin.penalty_method = "zero"      # nbgrader's own plugin; its default gives no penalty
    c.AssignLatePenalties.plugin_class = MyPlugin       # or one of yours

API: https://nbgrader.readthedocs.io/en/stable/plugins/late-plugin.html
"""

from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course import CourseError

if TYPE_CHECKING:
    from nbgrader.api import SubmittedAssignment
    from nbgrader.plugins import BasePlugin
    from sqlalchemy.orm import Session

CONFIG = "nbgrader_config.py"  # in the course folder, or in Jupyter's folders of configuration


def late_plugin(course: Path) -> "BasePlugin":
    """The plugin that nbgrader's configuration names. Raises CourseError where that cannot be loaded."""
    from jupyter_core.paths import jupyter_config_path
    from nbgrader.preprocessors import AssignLatePenalties
    from traitlets.config import Config, ConfigFileNotFound, PyFileConfigLoader

    config = Config()
    for folder in [*reversed(jupyter_config_path()), str(course)]:  # the nearest has the last word
        try:
            config.merge(PyFileConfigLoader(CONFIG, path=folder).load_config())
        except ConfigFileNotFound:
            continue
        except Exception as error:  # it is a program
            raise CourseError(f"{folder}/{CONFIG} cannot be loaded: {type(error).__name__}: {error}") from None
    try:
        step = AssignLatePenalties(config=config)
        step.init_plugin()
    except Exception as error:  # a plugin that cannot be imported, or is none
        raise CourseError(f"the late plugin named in {CONFIG} cannot be used: {error}") from None
    return step.plugin_inst


def penalise(submission: "SubmittedAssignment", plugin: "BasePlugin", database: "Session") -> None:
    """Set the penalty of each notebook, between 0 and its score; none where the submission is in time."""
    seconds = submission.total_seconds_late
    for notebook in submission.notebooks:
        penalty = None
        if seconds > 0:
            database.flush()
            database.refresh(notebook, ["score"])  # the database adds it up
            penalty = plugin.late_submission_penalty(submission.student.id, notebook.score, seconds)
        if penalty is not None:
            penalty = min(max(penalty, 0.0), notebook.score)
        if penalty != notebook.late_submission_penalty:
            notebook.late_submission_penalty = penalty
