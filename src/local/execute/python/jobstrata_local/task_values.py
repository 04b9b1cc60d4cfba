"""``dbutils.jobs.taskValues``."""

from __future__ import annotations

import json
from typing import Any

from .context import Context

MAX_BYTES = 48 * 1024
"""Maximum size of a value as JSON."""


class TaskValues:
    """Values shared between the tasks of a run."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def set(self, key: str, value: Any) -> None:
        """
        Sets a value for later tasks. Does nothing in a notebook that does not run as a task.

        :raises ValueError: if the value is larger than 48 KiB as JSON
        :raises TypeError: if the value cannot be converted to JSON
        """
        if not isinstance(key, str) or key == "":
            raise ValueError(f"the key of a task value must be a string that is not empty, not {key!r}")
        try:
            text = json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise TypeError(f"task value {key!r} cannot be JSON: {error}") from None
        size = len(text.encode())
        if size > MAX_BYTES:
            raise ValueError(f"task value {key!r} is too large: {size} bytes as JSON; at most {MAX_BYTES} are allowed")
        if self._context.task_key is not None:
            self._context.values[key] = json.loads(text)

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:
        """
        The value that another task of the run has set.

        :param default: returned if the value is not set
        :param debugValue: returned in a notebook that does not run as a task
        :raises ValueError: if the value is not set and there is no default
        :raises TypeError: in a notebook that does not run as a task, without a debugValue
        """
        context = self._context
        if context.task_key is None:
            if debugValue is None:
                raise TypeError("Must pass debugValue when calling get outside of a job context")
            return debugValue
        known = {
            **context.task_values,
            context.task_key: {**context.task_values.get(context.task_key, {}), **context.values},
        }
        if key in known.get(taskKey, {}):
            return known[taskKey][key]
        if default is not None:
            return default
        if taskKey not in known:
            raise ValueError(f"Task key does not exist in run: {taskKey}; there are: {', '.join(sorted(known))}")
        raise ValueError(
            f"Task value with key {key!r} was not set by task {taskKey!r}; "
            f"it set: {', '.join(sorted(known[taskKey])) or 'none'}"
        )
