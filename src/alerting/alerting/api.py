"""Calls the workspace API: retries transient errors, detects denied access, measures latencies."""

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
"""Maximum concurrent requests."""
SDK_RETRY_SECONDS = 5
"""``retry_timeout_seconds`` for a WorkspaceClient, whose own retries otherwise take up to five minutes."""

TRANSIENT = (
    errors.TooManyRequests,
    errors.InternalError,
    errors.TemporarilyUnavailable,
    errors.DeadlineExceeded,
    ConnectionError,
    Timeout,
    TimeoutError,  # Raised by the SDK when its retries time out.
)
DENIED = (errors.PermissionDenied, errors.Unauthenticated)
"""Errors that would repeat for every request."""


class Api:
    """Calls the API with retries and records latencies. Thread-safe.

    :param wait_seconds: delay before the first retry; doubles with each retry, with jitter
    """

    def __init__(self, wait_seconds: float = 1.0) -> None:
        self._wait = wait_seconds
        self._lock = threading.Lock()
        self.latencies_ms: list[float] = []

    def call(self, request: Callable[[], T]) -> T:
        """Returns the result of ``request``. Retries up to three times after transient errors.

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
        """Returns the result of ``make``. Before a retry, ``find`` checks whether the failed request created the object
        anyway."""
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
