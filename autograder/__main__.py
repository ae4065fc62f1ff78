"""``python -m autograder``.

Python has put the folder it stands in first on its path. Where that is a student's, a random.py in it is not for us.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from autograder.command import main

main()
