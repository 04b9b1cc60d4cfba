"""Runs the program of one task in a child process and cleans up all of its descendants: ``python -m
jobstrata_local.supervise``.

Standard input carries the request as one line of JSON and then stays open; its end stops the task. The task prints to
standard output. Its outcome goes as JSON to file descriptor 3, or to the descriptor in the only argument. See
`run_task` for both formats.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from typing import Any

from .processes import adopt_orphans, descendants, die_with_parent, end_descendants, memory_of

OUTCOME_FD = int(sys.argv[1]) if len(sys.argv) > 1 else 3
GRACE = 1.0
"""Seconds between SIGTERM and SIGKILL."""
_LOOK = 0.25
"""Seconds between memory checks."""


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _end(GRACE, 1))
    adopt_orphans()
    request = _read_line(0)
    if not request:
        return 1
    outcome, told = os.pipe()
    task = _start(request, told)
    os.close(told)
    answer = _watch(task, outcome, json.loads(request).get("memoryLimitBytes"))
    if answer is None:
        _end(GRACE, 1)
    end_descendants(0)
    with os.fdopen(OUTCOME_FD, "wb") as report:
        report.write(answer or b"")
    return 0


def _start(request: bytes, told: int) -> subprocess.Popen[bytes]:
    task = subprocess.Popen(
        [sys.executable, "-u", "-m", "jobstrata_local.run_task", str(told)],
        stdin=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[told],
        start_new_session=True,
        preexec_fn=die_with_parent(),
    )
    assert task.stdin is not None
    try:
        with task.stdin as stdin:
            stdin.write(request)
    except BrokenPipeError:
        pass  # The task ended at once; its outcome has the reason.
    return task


def _watch(task: subprocess.Popen[bytes], outcome: int, limit: int | None) -> bytes | None:
    """The outcome of the task as a line of JSON; ``None`` if the task must be stopped."""
    answer = b""
    next_look = 0.0
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        selector.register(outcome, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select(_LOOK):
                data = os.read(key.fd, 65536)
                if key.fd == 0 and not data:
                    return None
                if key.fd == outcome:
                    answer += data
                    if answer.endswith(b"\n"):
                        return answer
                    if not data:
                        selector.unregister(outcome)
            code = task.poll()
            if code is not None:
                # A descendant may hold the pipe open, but the task's own outcome is already in it.
                os.set_blocking(outcome, False)
                return _rest(outcome, answer) or _failure(_ended(code))
            if limit is not None and time.monotonic() >= next_look:
                next_look = time.monotonic() + _LOOK
                if memory_of(descendants(os.getpid()), limit) > limit:
                    return _failure(f"MemoryError: the task exceeded its memory limit of {_readable(limit)}")


def _rest(outcome: int, answer: bytes) -> bytes | None:
    try:
        while data := os.read(outcome, 65536):
            answer += data
    except BlockingIOError:
        pass
    return answer if answer.endswith(b"\n") else None


def _ended(code: int) -> str:
    if code >= 0:
        return f"the task's process ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"the task's process was ended by {name}"


def _failure(error: str) -> bytes:
    outcome: dict[str, Any] = {"succeeded": False, "error": error, "errorTrace": error}
    return json.dumps(outcome).encode() + b"\n"


def _readable(size: int) -> str:
    return f"{size / 1024**3:.3g} GiB" if size >= 1024**3 else f"{size / 1024**2:.3g} MiB"


def _end(grace: float, code: int) -> None:
    end_descendants(grace)
    os._exit(code)


def _read_line(fd: int) -> bytes:
    """Reads exactly one line. Empty if the input ends before the line does."""
    line = b""
    while not line.endswith(b"\n"):
        data = os.read(fd, 65536)
        if not data:
            return b""
        line += data
    return line


if __name__ == "__main__":
    sys.exit(main())
