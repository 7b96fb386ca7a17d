"""Figures that pyplot has open: `plt.gcf()` and `plt.figure(2)` find them, whether a variable leads to them or not.

Most notebooks have none between two cells, since the inline backend closes them. With others they stay.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.references import Objects, Unresolved
from kernelferry.objects.process.wording import listed


class Figures:
    """The figures, with their numbers, and which is the current one."""

    name = "figures"
    early = False  # after the backend and the variables

    def loaded(self) -> bool:
        """Whether pyplot is."""
        return hasattr(sys.modules.get("matplotlib.pyplot"), "get_fignums")

    def baseline(self) -> None:
        """None is needed: a library has no figures of its own."""

    def capture(self, start: None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Take the figures by reference; pickling one is matplotlib's own work."""
        managers = _managers()
        if not managers:
            return None
        # The last one is the current one.
        data = [(number, objects.refer(manager.canvas.figure)) for number, manager in managers.items()]
        return Captured(data, detail=listed(str(number) for number in managers))

    def restore(self, data: list[Any], objects: Objects) -> list[str]:
        """Give each its number again. A figure that was open opens itself when it is loaded, under the next one."""
        failures = []
        managers = _managers()
        found: dict[int, Any] = {}
        for number, token in data:
            try:
                figure = objects.resolve(token)
            except Unresolved as error:
                failures.append(f"Figure {number} is not open. {error}")
                continue
            manager = next((each for each in managers.values() if each.canvas.figure is figure), None)
            if manager is None:
                failures.append(f"Figure {number} is there and is not open.")
            else:
                found[number] = manager
        others = [each for each in managers.values() if each not in found.values()]
        for manager in others:  # of the new process's own
            manager.num = manager.num if manager.num not in found else max([*found, *managers]) + 1
        for number, manager in found.items():
            manager.num = number
        managers.clear()
        managers.update({manager.num: manager for manager in [*others, *found.values()]})
        return failures


def _managers() -> Any:
    return importlib.import_module("matplotlib._pylab_helpers").Gcf.figs
