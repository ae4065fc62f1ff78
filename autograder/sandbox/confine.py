"""The walls around a worker on Linux: privileges, limits, Landlock, seccomp.

The verdict does not rest on them (values are judged elsewhere); they limit damage. seccomp is an allow-list: a
deny-list leaves chmod, prlimit on the grader, signals by F_SETOWN and more. Landlock can only add, so the reading
list names single entries, and site-packages is never one of them.
"""

from __future__ import annotations

import ctypes
import errno
import importlib.util
import os
import signal
import struct
import sys
import sysconfig
from pathlib import Path
from typing import Any

NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_GET_SECCOMP, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 21, 22, 38
_PR_SET_KEEPCAPS, _CAP_DAC_READ_SEARCH = 8, 2
_PR_SET_NAME, _PR_GET_NAME, _PR_SET_VMA = 15, 16, 0x53564D41
_CLONE_THREAD = 0x10000
_OWN_NUMBER = 0x5EC0DE5A  # stands in the compiled filter for the worker's process number
_STEP = struct.Struct("=HBBI")  # one instruction of a filter
_TCGETS = 0x5401
_F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC = 1, 2, 3, 1030

# What torch, its threads, vmap, optimizers and matplotlib's Agg were seen to use, and their near relations on
# other C libraries and machines. Names that a machine does not have are left out.
_CALLS = """
    read write readv writev pread64 close lseek fstat newfstatat stat lstat statx access faccessat
    faccessat2 open openat readlink readlinkat getdents64 getcwd chdir fchdir statfs fstatfs brk mmap
    munmap mprotect mremap madvise mincore futex futex_waitv futex_wait futex_wake set_robust_list
    get_robust_list rseq membarrier sched_yield sched_getaffinity sched_getparam sched_getscheduler
    sched_get_priority_max sched_get_priority_min getcpu exit exit_group restart_syscall rt_sigaction
    rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack clock_gettime clock_getres clock_nanosleep
    nanosleep gettimeofday time times getrusage select pselect6 poll ppoll getpid getppid gettid getuid
    geteuid getgid getegid getgroups getresuid getresgid getpgrp getpgid getsid getrlimit uname sysinfo
    getrandom set_tid_address arch_prctl get_mempolicy dup
"""
CALLS = tuple(_CALLS.split())

# Packages a kind of worker may read, beside the standard library. torch itself needs what follows it.
_NUMPY = "numpy numpy.libs"
_TORCH = """
    torch torchgen functorch torch.libs typing_extensions.py sympy mpmath networkx jinja2 markupsafe
    filelock fsspec opt_einsum matplotlib matplotlib.libs mpl_toolkits contourpy cycler dateutil
    fontTools kiwisolver packaging PIL pillow.libs pyparsing six.py
"""
PACKAGES = {"hand": tuple(_NUMPY.split()), "torch": (*_NUMPY.split(), *_TORCH.split())}
_SITE = {"site-packages", "dist-packages"}


def _prctl(option: int, *values: int) -> int:
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (ctypes.c_int, *(ctypes.c_ulong,) * 4)
    return prctl(option, *values, *(0,) * (4 - len(values)))


def unavailable_reason() -> str | None:
    """Why full isolation cannot be had here, as the end of a sentence, or None where it can."""
    if sys.platform != "linux":
        return f"Landlock and seccomp are parts of Linux, and this is {sys.platform}"
    for package in ("landlock", "pyseccomp"):
        if importlib.util.find_spec(package) is None:
            return f"the package {package} is not installed"
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return "the library libseccomp is not installed"
    if _prctl(_PR_GET_SECCOMP) < 0:
        return "this kernel has no seccomp"
    ctypes.set_errno(0)  # landlock takes any earlier errno for its own
    try:
        import landlock

        landlock.landlock_abi_version()
    except Exception as problem:
        return f"this kernel has no Landlock ({problem})".replace("\n", " ")
    return None


def reading_list(kind: str) -> list[str]:
    """Files and folders that a worker may read."""
    library = Path(os.path.realpath(sysconfig.get_path("stdlib")))
    entries = [entry for entry in library.iterdir() if entry.name not in _SITE]
    for package in PACKAGES[kind]:
        entries.extend(place / package for place in _package_folders())
    entries.append(Path("/proc/cpuinfo"))  # torch complains without it
    return [str(entry) for entry in entries if entry.exists()]


def _package_folders() -> list[Path]:
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    places.update(place for place in sys.path if Path(place).name in _SITE)
    return [Path(os.path.realpath(place)) for place in sorted(places)]


def prepare_reading(kind: str) -> Any:
    """A Landlock ruleset, made once by the server and inherited by its workers."""
    import landlock

    ctypes.set_errno(0)
    rules = landlock.Ruleset()
    on_file = landlock.FSAccess.READ_FILE
    on_folder = on_file | landlock.FSAccess.READ_DIR
    for path in reading_list(kind):
        rules.allow(path, rules=on_folder if os.path.isdir(path) else on_file)
    return rules


def prepare_calls() -> bytes:
    """The seccomp filter as a program of the kernel's, compiled once; apply_calls puts in the worker's number."""
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in CALLS:
        _allow(rules, name)
    thread = seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD)
    _allow(rules, "clone", thread)
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")  # the C library then asks for clone
    _allow(rules, "ioctl", seccomp.Arg(1, seccomp.EQ, _TCGETS))
    for command in (_F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC):
        _allow(rules, "fcntl", seccomp.Arg(1, seccomp.EQ, command))
    for option in (_PR_SET_NAME, _PR_GET_NAME, _PR_SET_VMA):
        _allow(rules, "prctl", seccomp.Arg(0, seccomp.EQ, option))
    for call in ("tgkill", "prlimit64"):
        _allow(rules, call, seccomp.Arg(0, seccomp.EQ, _OWN_NUMBER))
    _allow(rules, "prlimit64", seccomp.Arg(0, seccomp.EQ, 0))
    with os.fdopen(os.memfd_create("calls"), "w+b") as file:  # in memory: there may be no disk to write to
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _allow(rules: Any, name: str, *arguments: Any) -> None:
    import pyseccomp as seccomp

    try:
        rules.add_rule(seccomp.ALLOW, name, *arguments)
    except (OSError, ValueError):
        if not arguments:
            return  # no such call on this machine
        raise


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def apply_calls(program: bytes) -> None:
    """Load the filter into this process, for good. Raises OSError."""
    steps = [_STEP.unpack_from(program, at) for at in range(0, len(program), _STEP.size)]
    own = os.getpid()
    filled = b"".join(_STEP.pack(*head, own if value == _OWN_NUMBER else value) for *head, value in steps)
    loaded = _Program(len(steps), filled)
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1) or _prctl(_PR_SET_SECCOMP, 2, ctypes.addressof(loaded)):
        raise OSError(ctypes.get_errno(), "seccomp refused the filter")


def library_is_closed() -> bool:
    """Whether nobody could not read what this process imports from, as with an interpreter in root's home."""
    places = [Path(os.path.realpath(sysconfig.get_path("stdlib"))), *_package_folders()]
    folders = {folder for place in places if place.exists() for folder in (place, *place.parents)}
    return any(folder.stat().st_mode & 0o5 != 0o5 for folder in places if folder.exists()) or any(
        not folder.stat().st_mode & 0o1 for folder in folders
    )


def drop_root(library_is_closed: bool) -> None:
    """Become nobody where the grader runs as root.

    Where nobody cannot read the library, an honest answer would fail at the first import that torch or the student
    puts off. Then one capability is kept, to read whatever the file modes say; what may be read is Landlock's to
    decide in any case, and the call that gets around it (open_by_handle_at) is not allowed.
    """
    if os.geteuid() != 0:
        return
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    if library_is_closed:
        _prctl(_PR_SET_KEEPCAPS, 1)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    if library_is_closed:
        _keep_capability(_CAP_DAC_READ_SEARCH)


def _keep_capability(number: int) -> None:
    """Drop all capabilities but one. Layout: struct __user_cap_header_struct, __user_cap_data_struct[2]."""
    header = struct.pack("=Ii", 0x20080522, 0)
    sets = struct.pack("=6I", 1 << number, 1 << number, 0, 0, 0, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "could not give up root's capabilities")


def set_limits(memory: int) -> None:
    """At most so many bytes above what the process has now; no core files, no files written."""
    import resource

    with open("/proc/self/statm", "rb", buffering=0) as file:
        pages = int(file.read().split()[0])
    most = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for name in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(name, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def die_with_parent(parent: int) -> None:
    """Be killed when the server ends. After drop_root, as a change of user clears it."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
