#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: a Python of its own with torch and the course's grader.
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}
course=$root/source/course

# The newest Python that can make virtual environments. The system's own python3 is left as it is: Gradescope uses it.
find_python() {
    local name
    for name in python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends libseccomp2 # for the sandbox
if ! python=$(find_python); then
    # Ubuntu 24.04 has 3.12; 22.04 has 3.11 beside its 3.10.
    apt-get install -y --no-install-recommends python3.12-venv || apt-get install -y --no-install-recommends python3.11-venv
    if ! python=$(find_python); then
        echo "The course needs Python 3.11 or newer; choose the base image Ubuntu 22.04 or newer." >&2
        exit 1
    fi
fi

"$python" -m venv "$root/venv"
torch=$(grep -o -m 1 'torch==[0-9.]*' "$course/pyproject.toml")
"$root/venv/bin/pip" install --no-cache-dir "$torch" --index-url https://download.pytorch.org/whl/cpu
"$root/venv/bin/pip" install --no-cache-dir "$course" nbformat ipython # the last two read notebooks
"$root/venv/bin/python" -c 'import autograder.grading.deadline'

chmod -R go= "$root/source" # the tests and their seed are not for the user that runs answers
