"""Attacks on what lies outside a worker, and a world in which to try them.

Run as ``python doors.py LEVEL KIND``: tries each attack once and prints what came of it as JSON, by name:
"refused ..." (it raised, or found nothing), "opened ..." (it got something), "harmed ..." (the world is changed).
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import autograder.sandbox
from autograder.sandbox import Limits, StudentRaised, WorkerDied, open_workers

ATTACKS = """
import ctypes, fcntl, os, resource, socket, subprocess, sys, tempfile
libc = ctypes.CDLL(None, use_errno=True)

def called(result):
    return result if result >= 0 else None

def own_descriptors():
    found = []
    for number in range(3, 1024):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            pass
    return found

def finds_more_descriptors(w): return own_descriptors()[1:] or None
def reads_a_file_of_the_course(w): return open(w["secret"]).read()
def reads_it_by_a_way_round(w): return open("/proc/self/root" + w["secret"]).read()
def lists_the_course(w): return os.listdir(w["place"])
def reads_the_grader_source(w): return open(w["source"]).read()[:40]
def reads_passwords(w): return open("/etc/passwd").read()[:40]
def lists_the_root(w): return os.listdir("/")
def reads_its_first_environment(w): return open("/proc/self/environ", "rb").read()[:40]
def reads_its_descriptors(w): return os.listdir("/proc/self/fd")
def lists_processes(w): return os.listdir("/proc")
def reads_the_graders_environment(w): return open(f"/proc/{w['grader']}/environ", "rb").read()[:40]
def lists_a_siblings_descriptors(w): return os.listdir(f"/proc/{w['sibling']}/fd")
def opens_a_siblings_null(w): return os.open(f"/proc/{w['sibling']}/fd/0", os.O_RDONLY)
def takes_a_siblings_descriptor(w):
    number = called(libc.syscall(434, w["sibling"], 0))
    return None if number is None else called(libc.syscall(438, number, 0, 0))

def writes_a_file(w): return open(w["file"], "w").write("x")
def appends_to_a_file(w): return open(w["file"], "a").write("x")
def makes_a_file(w): return open(w["place"] + "/new", "w") and True
def makes_a_temporary_file(w): return tempfile.TemporaryFile() and True
def makes_a_file_without_name(w): return os.open(w["place"], os.O_TMPFILE | os.O_RDWR)
def makes_shared_memory(w): return os.open("/dev/shm/door", os.O_CREAT | os.O_RDWR)
def makes_a_file_in_memory(w): return os.memfd_create("x")
def makes_a_folder(w): return os.mkdir(w["place"] + "/new") or True
def makes_a_link(w): return os.symlink(w["secret"], w["place"] + "/new") or True
def makes_a_hard_link(w): return os.link(w["file"], w["place"] + "/new") or True
def makes_a_pipe_with_a_name(w): return os.mkfifo(w["place"] + "/new") or True
def renames(w): return os.rename(w["file"], w["place"] + "/new") or True
def removes(w): return os.unlink(w["file"]) or True
def truncates(w): return os.truncate(w["file"], 0) or True
def changes_the_mode(w): return os.chmod(w["file"], 0o777) or True
def changes_the_owner(w): return os.chown(w["file"], os.getuid(), -1) or True
def changes_the_times(w): return os.utime(w["file"], (1, 1)) or True
def adds_an_attribute(w): return os.setxattr(w["file"], "user.door", b"x") or True

def signals_another(w): return os.kill(w["victim"], 0) or True
def kills_another(w): return os.kill(w["victim"], 9) or True
def signals_by_thread(w): return called(libc.syscall(234, w["victim"], w["victim"], 0))
def signals_all(w): return os.kill(-1, 0) or True
def signals_by_descriptor(w):
    for number in own_descriptors():
        fcntl.fcntl(number, fcntl.F_SETOWN, w["victim"])
        fcntl.fcntl(number, 10, 9)
        return True
def opens_a_process(w): return os.pidfd_open(w["victim"])
def limits_another(w): return resource.prlimit(w["victim"], resource.RLIMIT_NOFILE, (10, 10))
def reads_limits_of_another(w): return resource.prlimit(w["victim"], resource.RLIMIT_NOFILE)
def slows_another(w): return os.setpriority(os.PRIO_PROCESS, w["victim"], 19) or True
def moves_another(w): return os.sched_setaffinity(w["victim"], {min(os.sched_getaffinity(0))}) or True
def traces_another(w): return called(libc.ptrace(0x4206, w["victim"], 0, 0))
def reads_anothers_memory(w): return called(libc.process_vm_readv(w["victim"], 0, 0, 0, 0, 0))

def forks(w):
    child = os.fork()
    if child == 0:
        os._exit(0)
    return child
def forks_by_clone(w):
    child = libc.syscall(56, 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return called(child)
def runs_a_program(w): return subprocess.run(["/bin/true"]).returncode == 0
def becomes_a_program(w): os.execv("/bin/true", ["true"])
def opens_a_socket(w): return socket.socket().fileno()
def opens_a_socket_pair(w): return socket.socketpair()[0].fileno()
def connects_to_a_socket(w): return socket.socket(socket.AF_UNIX).connect(w["place"] + "/socket") or True
def survives_the_server(w): return True if libc.prctl(1, 0, 0, 0, 0) == 0 else None
def leaves_the_namespace(w): return called(libc.unshare(0x10000000))
def opens_a_ring(w): return called(libc.syscall(425, 1, ctypes.create_string_buffer(256)))
def asks_for_keys(w): return called(libc.syscall(250, 0, -1, 0))
def handles_page_faults(w): return called(libc.syscall(323, 1))
def loads_a_program_into_the_kernel(w): return called(libc.syscall(321, 0, ctypes.create_string_buffer(72), 72))
def pushes_into_a_terminal(w): return called(libc.ioctl(0, 0x5412, b"x"))
def finds_an_environment(w): return dict(os.environ) or None
def reads_torch(w): return open(w["torch"]).read()[:40]
def reads_another_package(w): return open(w["package"]).read()[:40]
"""
NAMES = re.findall(r"^def (\w+)\(w\)", ATTACKS, re.MULTILINE)

# Doors that may be shut without our walls too: by the kernel's settings, a missing right, or closed descriptors.
SHUT_ANYWAY = {
    "traces_another",
    "reads_anothers_memory",
    "leaves_the_namespace",
    "opens_a_ring",
    "asks_for_keys",
    "handles_page_faults",
    "loads_a_program_into_the_kernel",
    "pushes_into_a_terminal",
    "finds_more_descriptors",
    "finds_an_environment",
    "makes_a_temporary_file",
    "makes_a_file_without_name",
    "takes_a_siblings_descriptor",
    "lists_a_siblings_descriptors",
    "opens_a_siblings_null",
    "reads_the_graders_environment",
    "adds_an_attribute",
    "forks_by_clone",
    "writes_a_file",
    "appends_to_a_file",
}
# A process that was root and keeps no right may not read these of itself.
SHUT_BY_A_CHANGE_OF_USER = {"reads_its_first_environment"}


class World:
    """A folder with files, and a process of the same user: everything an attack could reach or harm."""

    def __init__(self, folder: Path) -> None:
        self.place = folder
        self.reset()

    def reset(self) -> None:
        for entry in self.place.iterdir():
            entry.rmdir() if entry.is_dir() else entry.unlink()
        for name in ("file", "secret"):
            (self.place / name).write_text("forty-two")
            os.chmod(self.place / name, 0o666)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.place / "socket"))
        listener.listen()
        self.listener = listener
        os.chmod(self.place, 0o777)
        if os.geteuid() == 0:
            for entry in (self.place, *self.place.iterdir()):
                os.chown(entry, 65534, 65534)
        user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        self.victim = subprocess.Popen(["/bin/sleep", "100"], stdin=subprocess.DEVNULL, **user)
        self.before = self.state()

    def state(self) -> object:
        entries = sorted((entry.name, entry.lstat().st_mode) for entry in self.place.iterdir())
        file = self.place / "file"
        of_file = (file.read_text(), file.stat().st_mtime, os.listxattr(file)) if file.exists() else None
        number = self.victim.pid
        if self.victim.poll() is not None:
            return "the victim is dead"
        limits = Path(f"/proc/{number}/limits").read_text()
        priority, processors = os.getpriority(os.PRIO_PROCESS, number), os.sched_getaffinity(number)
        return entries, of_file, limits, priority, processors

    def end(self) -> None:
        self.victim.kill()
        self.victim.wait()
        self.listener.close()


def told(world: World, sibling: int) -> dict[str, object]:
    """What an attacker is told, so that nothing fails for want of knowing."""
    package = Path(autograder.sandbox.__file__)
    import msgspec
    import numpy

    return {
        "place": str(world.place),
        "file": str(world.place / "file"),
        "secret": str(world.place / "secret"),
        "source": str(package.with_name("wire.py")),
        "torch": str(Path(numpy.__file__).parents[1] / "torch" / "__init__.py"),
        "package": msgspec.__file__,
        "grader": os.getpid(),
        "victim": world.victim.pid,
        "sibling": sibling,
    }


def outcomes(level: str, by_hand: bool) -> dict[str, str]:
    """What came of each attack, by its name."""
    found = {}
    kind = "hand" if by_hand else "torch"
    limits = Limits(cpu=5, wall=10)
    with open_workers(level, limits, warm=(kind,)) as workers, tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        with workers.session("x = 1", "sibling.py", by_hand=by_hand) as sibling:
            sibling.loaded()
            with workers.session(ATTACKS, "attacks.py", by_hand=by_hand) as session:
                for name in NAMES:
                    found[name] = outcome(world, session, name, sibling.line.pid)
        world.end()
    with contextlib.suppress(OSError):
        os.unlink("/dev/shm/door")
    return found


def outcome(world: World, session, name: str, sibling: int) -> str:
    session.begin_test()
    try:
        value = session.call(name, (told(world, sibling),))
        result = "refused" if value is None else f"opened: {value!r:.60}"
    except StudentRaised as problem:
        result = f"refused: {problem}"
    except WorkerDied as problem:
        result = f"opened: {problem}"
    with contextlib.suppress(subprocess.TimeoutExpired):
        world.victim.wait(0.01)
    if world.state() != world.before:
        result = f"harmed: {world.state()}"
        world.end()
        world.reset()
    return result


if __name__ == "__main__":
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    print(json.dumps(outcomes(sys.argv[1], sys.argv[2] == "hand")))
