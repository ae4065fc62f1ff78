"""``python -m instructor``."""

from instructor.command import main

main()
