"""Which warnings are shown, and how.

The list of filters travels as a whole, since the first that fits decides. What the new process has besides, and the old
one never had, comes behind. That a warning was shown already is not carried over: at worst it is shown once more.
"""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.references import Objects, Unresolved

_HOOKS = ("showwarning", "formatwarning")


class Warnings:
    """The filters of the module `warnings`, and the functions that show a warning."""

    name = "warnings"
    early = True

    def loaded(self) -> bool:
        """The interpreter itself needs it."""
        return True

    def baseline(self) -> dict[str, Any]:
        """The filters and the functions."""
        return {"filters": list(warnings.filters), **{name: getattr(warnings, name) for name in _HOOKS}}

    def capture(self, start: Mapping[str, Any] | None, objects: Objects) -> Captured | None:
        """Take them if any of them differ."""
        before: Mapping[str, Any] = start or {"filters": []}
        now = list(warnings.filters)
        hooks = {
            name: objects.refer(getattr(warnings, name))
            for name in _HOOKS
            if getattr(warnings, name) is not before.get(name, _original(name)) and not _captured_by_logging(name)
        }
        data = {
            "filters": [_written(entry, objects) for entry in now],
            "removed": [_written(entry, objects) for entry in before["filters"] if entry not in now],
            "hooks": hooks,
            "logging": _captured_by_logging("showwarning"),
        }
        if now == before["filters"] and not hooks and not data["logging"]:
            return None
        return Captured(data)

    def restore(self, data: Mapping[str, Any], objects: Objects) -> list[str]:
        """Replace the filters, then the functions."""
        failures: list[str] = []
        filters = _readable(data["filters"], objects, failures)
        removed = _readable(data["removed"], objects, [])
        own = [entry for entry in warnings.filters if entry not in filters and entry not in removed]
        # This, and not only an assignment, makes Python forget which warnings no longer need to be looked up.
        warnings.resetwarnings()
        warnings.filters[:] = [*filters, *own]  # type: ignore[index]  # declared as a sequence, and a list for ever
        logging.captureWarnings(data["logging"])
        for name, token in data["hooks"].items():
            try:
                setattr(warnings, name, objects.resolve(token))
            except Unresolved as error:
                failures.append(f"warnings.{name} is the usual one. {error}")
        return failures


def _original(name: str) -> object:
    return getattr(warnings, f"_{name}_orig", None)


def _captured_by_logging(name: str) -> bool:
    return name == "showwarning" and getattr(sys.modules["logging"], "_warnings_showwarning", None) is not None


def _written(entry: Iterable[Any], objects: Objects) -> tuple[Any, ...]:
    action, message, category, module, line = entry
    return action, _pattern(message), objects.refer(category), _pattern(module), line


def _pattern(pattern: re.Pattern[str] | str | None) -> tuple[str, int] | str | None:
    return (pattern.pattern, pattern.flags) if isinstance(pattern, re.Pattern) else pattern


def _readable(entries: Iterable[Any], objects: Objects, failures: list[str]) -> list[Any]:
    found = []
    for action, message, category, module, line in entries:
        try:
            found.append((action, _compiled(message), objects.resolve(category), _compiled(module), line))
        except Unresolved as error:
            failures.append(f"A filter of warnings ({action}) is missing. {error}")
    return found


def _compiled(pattern: tuple[str, int] | str | None) -> re.Pattern[str] | str | None:
    return re.compile(*pattern) if isinstance(pattern, tuple) else pattern
