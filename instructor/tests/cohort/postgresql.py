"""A PostgreSQL of a test's own: the system's programs, a new cluster in a new folder, a Unix socket and no TCP."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager

import pytest

PATIENCE = 60  # seconds


def programs():
    """The folder with initdb and postgres; Debian keeps it off PATH."""
    found = shutil.which("initdb")
    folders = [os.path.dirname(found)] if found else sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if folders:
        return folders[-1]
    told = "PostgreSQL's initdb is not installed; on Debian: apt-get install postgresql"
    return pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)


def ordinary_user():
    """What makes a subprocess run as somebody else than root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {}
    somebody = pwd.getpwnam("nobody")
    return {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}


@contextmanager
def server():
    """The folder of a running server's socket."""
    where, user = programs(), ordinary_user()
    folder = tempfile.mkdtemp(prefix="postgresql-")
    if user:
        os.chown(folder, user["user"], user["group"])
    environment = {"PATH": where, "LC_ALL": "C"}

    def start(*command):
        # Standard error goes to a file: what stays unread in a pipe would stop the server.
        with open(os.path.join(folder, "log"), "ab") as log:
            return subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **user
            )

    try:
        made = start(f"{where}/initdb", "-D", "data", "-U", "teacher", "-A", "trust", "-E", "UTF8", "--no-sync")
        assert made.wait(PATIENCE) == 0, log_of(folder)
        process = start(f"{where}/postgres", "-D", "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off")
        try:
            until_it_answers(folder, process)
            yield folder
        finally:
            process.terminate()
            process.wait(PATIENCE)
    finally:
        shutil.rmtree(folder)


def until_it_answers(folder, process):
    import psycopg

    end = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(host=folder, user="teacher", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None, log_of(folder)
            assert time.monotonic() < end, log_of(folder)
            time.sleep(0.05)


def log_of(folder):
    with open(os.path.join(folder, "log"), errors="replace") as log:
        return log.read()[-2000:]


def new_database(folder, name, like="template0"):
    """The URL of a database with what another one holds; template0 is empty."""
    import psycopg

    with psycopg.connect(host=folder, user="teacher", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    return f"postgresql+psycopg://teacher@/{name}?host={folder}"
