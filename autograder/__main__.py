"""``python -m autograder``."""

from autograder.command import main

main()
