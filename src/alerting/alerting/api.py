"""Requests to the workspace: which errors pass by themselves, which end everything, and how long each request took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from databricks.sdk import errors
from requests.exceptions import ConnectionError, Timeout
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

T = TypeVar("T")

RETRIES = 3
PARALLEL = 8
"""How many requests are under way at the same time."""
SDK_RETRY_SECONDS = 5
"""What a WorkspaceClient is to be made with as ``retry_timeout_seconds``: it tries some errors again by itself, for five
minutes by default."""

TRANSIENT = (
    errors.TooManyRequests,
    errors.InternalError,
    errors.TemporarilyUnavailable,
    errors.DeadlineExceeded,
    ConnectionError,
    Timeout,
    TimeoutError,  # The SDK's own, when its patience ends.
)
DENIED = (errors.PermissionDenied, errors.Unauthenticated)
"""What fails for one fails for all."""


class Api:
    """Makes requests, again when an error may pass, and remembers how long they took. Threads may share one.

    :param wait_seconds: before the first repetition; it doubles, with jitter
    """

    def __init__(self, wait_seconds: float = 1.0) -> None:
        self._wait = wait_seconds
        self._lock = threading.Lock()
        self.latencies_ms: list[float] = []

    def call(self, request: Callable[[], T]) -> T:
        """What ``request`` gives; it is made up to three times more after a transient error.

        :raises DatabricksError: the last error
        """
        attempts = Retrying(
            retry=retry_if_exception_type(TRANSIENT),
            stop=stop_after_attempt(1 + RETRIES),
            wait=wait_random_exponential(multiplier=self._wait, max=30),
            reraise=True,
        )
        result: T = attempts(self._timed, request)
        return result

    def create(self, make: Callable[[], T], find: Callable[[], T | None]) -> T:
        """What ``make`` gives. Before it is made again after an error, ``find`` looks whether it is there all the same."""
        tried = False

        def once() -> T:
            nonlocal tried
            there = find() if tried else None
            tried = True
            return make() if there is None else there

        return self.call(once)

    def _timed(self, request: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return request()
        finally:
            with self._lock:
                self.latencies_ms.append((time.perf_counter() - started) * 1000)


def reason(error: BaseException) -> str:
    """An error in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return f"{type(error).__name__}: {text}"[:500]
