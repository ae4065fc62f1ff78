"""Item analysis: how hard a task is, and how well it tells those who know the rest from those who do not.

Both numbers are about the students who began the task: who has not come to it, or handed in a file that cannot be
loaded, says nothing about it. What is kept are sums of whole numbers, so the order of students cannot change a
result, and nothing is rounded before the last step.
"""

import math
from dataclasses import dataclass


@dataclass
class Item:
    """The running sums of one task. A student's *rest score* is the total in points without this task.

    begun, passed     students
    rest              Σ rest score of those who began
    rest_squared      Σ (rest score)² of those who began
    rest_of_passed    Σ rest score of those who passed
    """

    begun: int = 0
    passed: int = 0
    rest: int = 0
    rest_squared: int = 0
    rest_of_passed: int = 0

    def add(self, passed: bool, rest: int) -> None:
        """One more student who began the task, and the points of that student in all other tasks."""
        self.begun += 1
        self.passed += passed
        self.rest += rest
        self.rest_squared += rest * rest
        self.rest_of_passed += rest * passed

    @property
    def difficulty(self) -> float | None:
        """The share in [0, 1] that passed among those who began, so 1 is easiest; None where nobody began.

        This is the classical difficulty index p: Lord and Novick, Statistical Theories of Mental Test Scores, 1968.
        """
        return self.passed / self.begun if self.begun else None

    @property
    def discrimination(self) -> float | None:
        """The point-biserial correlation in [-1, 1] of passing with the rest score.

        With n students, p the share that passed, M₁ and M₀ the mean rest score of those who passed and of those who
        did not, and s the standard deviation of the rest score (divided by n):

            r = (M₁ - M₀) / s · √(p (1 - p))

        which is Pearson's correlation of the rest score with 1 (passed) and 0 (not). None where it has no meaning:
        nobody or everybody passed, or all rest scores are equal.

        Sources: J. Lev, Annals of Mathematical Statistics 20 (1949) 125-126; the rest score in place of the total,
        which the task itself would inflate: S. Henrysson, Psychometrika 28 (1963) 211-218.
        """
        covariance = self.begun * self.rest_of_passed - self.passed * self.rest  # each times n², so all are whole
        of_passing = self.passed * (self.begun - self.passed)
        of_rest = self.begun * self.rest_squared - self.rest * self.rest
        if not of_passing or not of_rest:
            return None
        squared = covariance * covariance / (of_passing * of_rest)  # rounded once: never above 1
        return math.copysign(math.sqrt(squared), covariance)

    @property
    def is_odd(self) -> bool:
        """Whether those who do better elsewhere pass less often, by more than chance: r under -2 / √n.

        1 / √n is about the standard error of a correlation that is 0.
        """
        r = self.discrimination
        return r is not None and r < -2 / math.sqrt(self.begun)
