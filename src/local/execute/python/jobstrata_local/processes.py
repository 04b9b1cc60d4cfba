"""Finds, measures and ends the descendants of a process.

Reads /proc itself: psutil would add a compiled package that may clash with a notebook's own version. See ADR 14.
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
    """Makes this process the new parent of orphaned descendants. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> Callable[[], None]:
    """A function for a new process to call first, so that it is killed with its parent. Linux only."""
    if sys.platform != "linux":
        return lambda: None
    # Load before the fork: few operations are safe between fork and exec.
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def descendants(pid: int) -> list[int]:
    """All descendants of a process, including ended ones that were not yet waited for."""
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
    """Memory of processes; bytes. Counts shared memory once if the simple sum exceeds the limit."""
    resident = sum(_resident(pid) for pid in pids)
    return resident if resident <= limit else sum(_proportional(pid) for pid in pids)


def end_descendants(grace: float) -> None:
    """Ends all descendants of this process, in whatever session or process group.

    :param grace: seconds between SIGTERM and SIGKILL; 0 skips SIGTERM
    """
    deadline = time.monotonic() + grace
    if grace > 0:
        _signal_all(descendants(os.getpid()), signal.SIGTERM)
        while _reap() and time.monotonic() < deadline:
            time.sleep(0.01)
    # Repeat, since a process may start others meanwhile.
    for _ in range(1000):
        below = descendants(os.getpid())
        _signal_all(below, signal.SIGKILL)
        if not _reap():
            return
        time.sleep(0.005)


def _reap() -> bool:
    """Reaps ended children. False when no child is left."""
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
    """All processes of this machine with their parents."""
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
        # The program's name in parentheses may contain any character.
        pairs.append((int(name), int(stat[stat.rindex(b")") + 2 :].split()[1])))
    return pairs


def _resident(pid: int) -> int:
    try:
        pages = int(_PROC.joinpath(str(pid), "statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _proportional(pid: int) -> int:
    """Memory of a process, with its share of shared memory."""
    try:
        lines = _PROC.joinpath(str(pid), "smaps_rollup").read_text().splitlines()
    except OSError:
        return _resident(pid)
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Pss:", "SwapPss:")))
