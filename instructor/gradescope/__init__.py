"""The autograder that Gradescope is given: a zip of two scripts, the course's grader and its tests."""
