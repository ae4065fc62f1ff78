"""A world for attacks: a course, a home, submissions and results that are really in use, watched before and after.

Attacks are told where everything lies (``World.told``), so that none fails for want of knowing. What they could
harm is compared: files, the limits of the grader and of its servers, processes left over, and what reaches four
listeners on this machine.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from autograder.course import Assignment
from instructor.release import solution_of

NOBODY = 65534
GRACE = 3.0  # seconds for a killed worker to be gone
SHARED = ("/dev/shm", "/tmp")  # folders of the machine's; an attack names its files there TOLD["abstract"]-left…
FILES, LIMITS, PROCESSES, NETWORK = "files", "limits", "processes", "network"


@dataclass
class World:
    """Folders under `root`, listeners, and a process of the student's user that stands for any other."""

    root: Path
    listeners: dict[str, socket.socket] = field(default_factory=dict)
    bystander: Any = None

    @property
    def course(self) -> Path:
        return self.root / "course"

    def submission(self, student: str) -> Path:
        """A student's folder, as `instructor grade` takes it."""
        return self.root / "submissions" / student

    def told(self) -> dict[str, Any]:
        """What an attack is told: plain values, to be written into its text."""
        tcp, udp = (self.listeners[name].getsockname()[1] for name in ("tcp", "udp"))
        return {
            "course": str(self.course),
            "home": str(self.root / "home"),
            "tmp": str(self.root / "tmp"),
            "next": str(self.submission("next")),
            "results": str(self.root / "out" / "results.json"),
            "bystander": self.bystander.pid,
            "tcp": tcp,
            "udp": udp,
            "unix": str(self.root / "out" / "socket"),
            "abstract": self.root.name,
        }


@contextmanager
def world(course: Path, assignments: list[Assignment]) -> Iterator[World]:
    """A world with a copy of these assignments, their tests and solutions; home and TMPDIR lie in it meanwhile."""
    before = {name: os.environ.get(name) for name in ("HOME", "TMPDIR")}
    made = World(Path(os.path.realpath(tempfile.mkdtemp(prefix="attack-world-"))))
    try:
        for one in assignments:
            for file in (one.tests, one.answer, solution_of(one)):
                (made.course / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(course / file, made.course / file)
        for name in ("home", "tmp", "out", "submissions"):
            (made.root / name).mkdir()
        (made.root / "out" / "results.json").write_text('{"score": 0}\n')
        _place_answers(made, assignments)
        _open_to_all(made.root)
        os.environ |= {"HOME": str(made.root / "home"), "TMPDIR": str(made.root / "tmp")}
        tempfile.tempdir = None
        made.listeners = _listeners(made.root)
        made.bystander = _bystander()
        yield made
    finally:
        tempfile.tempdir = None
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        for listener in made.listeners.values():
            listener.close()
        if made.bystander is not None:
            made.bystander.kill()
            made.bystander.wait()
        shutil.rmtree(made.root, ignore_errors=True)


def _place_answers(made: World, assignments: list[Assignment]) -> None:
    """The next student's answers: the solutions."""
    for one in assignments:
        answer = made.submission("next") / one.answer
        answer.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made.course / solution_of(one), answer)


def _open_to_all(root: Path) -> None:
    """Nothing is refused for want of rights: walls are to refuse it."""
    for entry in (root, *root.rglob("*")):
        os.chmod(entry, 0o777 if entry.is_dir() else 0o666)


def _listeners(root: Path) -> dict[str, socket.socket]:
    found = {"tcp": socket.socket(), "udp": socket.socket(type=socket.SOCK_DGRAM)}
    for listener in found.values():
        listener.bind(("127.0.0.1", 0))
    if sys.platform == "linux":
        found |= {"unix": socket.socket(socket.AF_UNIX), "abstract": socket.socket(socket.AF_UNIX)}
        found["unix"].bind(str(root / "out" / "socket"))
        os.chmod(root / "out" / "socket", 0o777)
        found["abstract"].bind(f"\0{root.name}")
    for name, listener in found.items():
        listener.setblocking(False)
        if name != "udp":
            listener.listen()
    return found


def _bystander() -> subprocess.Popen[bytes]:
    user: dict[str, Any] = {}
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    command = [shutil.which("sleep") or "sleep", "600"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd="/", env={}, start_new_session=True, **user)


@dataclass
class State:
    """What a world looked like, and which processes there were at all."""

    files: dict[str, Any]
    limits: dict[str, Any]
    processes: set[int]


def look(made: World) -> State:
    """The world as it is now, with the limits of this process and its children."""
    return State(_files(made), _limits(made), running())


def running() -> set[int]:
    """The numbers of all processes."""
    return set(psutil.pids())


def harm(made: World, before: State) -> dict[str, str]:
    """What has changed since, by kind (FILES, LIMITS, PROCESSES, NETWORK), and where it can be, put right again."""
    found = {}
    left = _left_over(made, before)
    if left:
        found[PROCESSES] = f"left behind: {', '.join(left)}"
    files = _files(made)
    changed = sorted(name for name in before.files | files if before.files.get(name) != files.get(name))
    if changed:
        found[FILES] = f"changed: {', '.join(changed[:5])}"
        _remove_new(made, [name for name in changed if name not in before.files])
    limits = _limits(made)
    if changed := sorted(name for name, value in before.limits.items() if limits.get(name) != value):
        found[LIMITS] = f"changed: {', '.join(changed[:5])}"
        made.bystander.kill()
        made.bystander.wait()
        made.bystander = _bystander()
    if heard := [name for name, listener in made.listeners.items() if _heard(name, listener)]:
        found[NETWORK] = f"reached: {', '.join(heard)}"
    return found


def _files(made: World) -> dict[str, Any]:
    own = {str(path.relative_to(made.root)): _look_of(path) for path in sorted(made.root.rglob("*"))}
    shared = {str(path): True for place in SHARED for path in Path(place).glob(f"{made.root.name}-left*")}
    return own | shared


def _look_of(path: Path) -> tuple[Any, ...]:
    status = path.lstat()
    owned = status.st_mode, status.st_uid, status.st_nlink
    if path.is_symlink():
        return (*owned, os.readlink(path))
    if path.is_file():
        return (*owned, status.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
    return owned


def _remove_new(made: World, names: list[str]) -> None:
    for name in sorted(names, reverse=True):
        path = made.root / name
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def _limits(made: World) -> dict[str, Any]:
    """Of the grader, of the processes that it started, and of the bystander."""
    found: dict[str, Any] = {"folder": os.getcwd(), "handlers": [signal.getsignal(n) for n in signal.valid_signals()]}
    watched = {"grader": psutil.Process(), "bystander": psutil.Process(made.bystander.pid)}
    watched |= {f"server {child.pid}": child for child in psutil.Process().children() if child != watched["bystander"]}
    for name, process in watched.items():
        with contextlib.suppress(psutil.Error):
            found |= {f"{name}: {what}": value for what, value in _limits_of(process).items()}
    return found


def _limits_of(process: psutil.Process) -> dict[str, Any]:
    found: dict[str, Any] = {"alive": process.status() != psutil.STATUS_ZOMBIE, "nice": process.nice()}
    if found["alive"] and sys.platform == "linux":
        found["cores"] = process.cpu_affinity()
        with contextlib.suppress(OSError):
            found["limits"] = Path(f"/proc/{process.pid}/limits").read_text()
    return found


def _started(made: World, known: set[int]) -> set[int]:
    """Every process beside the known that was started from this world: its first environment has the world's home."""
    mark, found = str(made.root / "home"), set()
    for number in running() - known:
        with contextlib.suppress(psutil.Error, OSError):
            process = psutil.Process(number)
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("HOME") == mark:
                found.add(process.pid)
    return found


def _left_over(made: World, before: State) -> list[str]:
    """Names of processes that were not there before and do not go, ended here."""
    servers = {child.pid for child in psutil.Process().children()}
    known = before.processes | servers
    end = time.monotonic() + GRACE
    while (left := _started(made, known)) and time.monotonic() < end:
        time.sleep(0.02)
    names: Counter[str] = Counter()
    for number in sorted(left):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(number)
            names[" ".join(process.cmdline()[-3:])[:60] or process.name()] += 1
            process.kill()
    return [f"{count} × {name}" for name, count in names.items()]


def _heard(name: str, listener: socket.socket) -> bool:
    """Whether anything came, all of it taken."""
    heard, take = False, _receiver(name, listener)
    with contextlib.suppress(BlockingIOError):
        while True:
            take()
            heard = True
    return heard


def _receiver(name: str, listener: socket.socket) -> Callable[[], Any]:
    return (lambda: listener.recv(1 << 16)) if name == "udp" else (lambda: listener.accept()[0].close())
