"""The descendants of a process: who they are, what they hold in memory, and how they are ended.

Reads /proc itself: psutil would put a compiled package beside the one that a notebook may bring. See ADR 14.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PROC = Path("/proc")


def adopt_orphans() -> None:
    """Makes this process the parent of those of its descendants whose own parent ends. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> Callable[[], None]:
    """What a new process is to call first, so that it is killed when its parent is. Linux only."""
    if sys.platform != "linux":
        return lambda: None
    # Loaded before the fork: afterwards hardly anything may be done.
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def descendants(pid: int) -> list[int]:
    """Children of a process, their children and so on; those that have ended and are not waited for as well."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found: list[int] = []
    ahead = [pid]
    while ahead:
        below = children.pop(ahead.pop(), [])
        found += below
        ahead += below
    return found


def memory_of(pids: list[int], limit: int) -> int:
    """Bytes that processes hold in memory. What they share is counted once where it matters: above the limit."""
    resident = sum(_resident(pid) for pid in pids)
    return resident if resident <= limit else sum(_proportional(pid) for pid in pids)


def end_descendants(grace: float) -> None:
    """Ends all that is below this process, whatever session or group it has moved to.

    :param grace: seconds between asking with SIGTERM and SIGKILL; 0 for no asking
    """
    deadline = time.monotonic() + grace
    if grace > 0:
        _signal_all(descendants(os.getpid()), signal.SIGTERM)
        while _reap() and time.monotonic() < deadline:
            time.sleep(0.01)
    # Repeatedly, since a process may start others while it is being ended.
    for _ in range(1000):
        below = descendants(os.getpid())
        _signal_all(below, signal.SIGKILL)
        if not _reap():
            return
        time.sleep(0.005)


def _reap() -> bool:
    """Takes leave of the children that have ended. False when no child is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
        return True
    except ChildProcessError:
        return False


def _signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _parents() -> list[tuple[int, int]]:
    """Each process of this machine with its parent."""
    if not _PROC.joinpath("self/stat").exists():
        listed = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
        return [(int(pid), int(parent)) for pid, parent in (line.split() for line in listed.splitlines())]
    pairs = []
    for name in os.listdir(_PROC):
        if not name.isdigit():
            continue
        try:
            stat = _PROC.joinpath(name, "stat").read_bytes()
        except OSError:
            continue
        # The name of the program, in parentheses, may hold anything.
        pairs.append((int(name), int(stat[stat.rindex(b")") + 2 :].split()[1])))
    return pairs


def _resident(pid: int) -> int:
    try:
        pages = int(_PROC.joinpath(str(pid), "statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _proportional(pid: int) -> int:
    """Its share of what it holds together with others."""
    try:
        lines = _PROC.joinpath(str(pid), "smaps_rollup").read_text().splitlines()
    except OSError:
        return _resident(pid)
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Pss:", "SwapPss:")))
