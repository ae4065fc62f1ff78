"""The autograder that Classroom 50 is given: one script, the course's grader and its tests."""
