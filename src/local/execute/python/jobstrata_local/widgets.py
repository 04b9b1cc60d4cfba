"""``dbutils.widgets``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class InputWidgetNotDefined(Exception):
    """No widget or parameter has this name."""


class Widgets:
    """Parameters of the notebook. Values of the run override defaults of the notebook."""

    def __init__(self, parameters: dict[str, str]) -> None:
        self._given = dict(parameters)
        self._defaults: dict[str, str] = {}

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:
        """A widget for any text."""
        self._define(name, defaultValue, None)

    def dropdown(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        """A widget with a choice of values."""
        self._define(name, defaultValue, choices)

    def combobox(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        """A widget with a choice of values that also accepts others."""
        self._define(name, defaultValue, None)

    def multiselect(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        """A widget with a choice of several values, joined by commas."""
        self._define(name, defaultValue, choices)

    def get(self, name: str) -> str:
        """
        The value of a widget or parameter.

        :raises InputWidgetNotDefined: if neither exists
        """
        value = self._given.get(name, self._defaults.get(name))
        if value is None:
            raise InputWidgetNotDefined(
                f"No input widget named {name} is defined; the notebook defines and the run gives: "
                f"{', '.join(self.getAll()) or 'none'}"
            )
        return value

    def getAll(self) -> dict[str, str]:
        """All values by name."""
        return dict(sorted({**self._defaults, **self._given}.items()))

    def getArgument(self, name: str, defaultValue: str | None = None) -> str:
        """The value, or the default if there is none."""
        return defaultValue if defaultValue is not None and name not in self.getAll() else self.get(name)

    def remove(self, name: str) -> None:
        """
        Removes a widget.

        :raises InputWidgetNotDefined: if it does not exist
        """
        self.get(name)
        self._defaults.pop(name, None)
        self._given.pop(name, None)

    def removeAll(self) -> None:
        """Removes all widgets."""
        self._defaults.clear()
        self._given.clear()

    @contextmanager
    def preferring(self, arguments: dict[str, str]) -> Iterator[None]:
        """Context in which the arguments of a %run override other values."""
        before = self._given
        self._given = {**before, **arguments}
        try:
            yield
        finally:
            self._given = {**self._given, **before}
            for name in arguments:
                if name not in before:
                    self._given.pop(name, None)

    def _define(self, name: str, default: str, choices: Sequence[str] | None) -> None:
        for what, value in (("name", name), ("default value", default)):
            if not isinstance(value, str):
                raise TypeError(f"the {what} of widget {name!r} must be a string, not {type(value).__name__}")
        if choices is not None and default not in choices:
            raise ValueError(
                f"the default value {default!r} of widget {name!r} is not one of its choices: "
                f"{', '.join(map(str, choices))}"
            )
        self._defaults[name] = default
