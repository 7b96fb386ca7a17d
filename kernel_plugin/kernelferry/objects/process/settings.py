"""Settings with a name: each is read, compared with what it was at first, and set again.

Most of what a process and its libraries can be told is of this kind. What differs between them is a table: see
`interpreter` and `libraries`.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.plain import is_plain, same
from kernelferry.objects.process.references import Objects, Token, Unresolved
from kernelferry.objects.process.wording import listed, why

Table = Mapping[str, tuple[Callable[[], object], Callable[[Any], object]]]
"""How each setting is read, and how it is set."""


def _nothing() -> Mapping[str, object]:
    return {}


@dataclass(frozen=True)
class Settings:
    """An aspect that is a table of named settings.

    Args:
        name: as in reports.
        read: all settings as they are.
        write: set one of them.
        defaults: what a setting is that nobody has touched. It counts where no baseline does; a setting that has
            neither is taken as it is.
        library: the module that has to be loaded for it, and is imported before anything is set.
        watched: whether a baseline is worth taking: not where the defaults are known for sure.
        early: see `Aspect`.
    """

    name: str
    read: Callable[[], Mapping[str, object]]
    write: Callable[[str, Any], None]
    defaults: Callable[[], Mapping[str, object]] = _nothing
    library: str = "sys"
    watched: bool = True
    early: bool = True

    def loaded(self) -> bool:
        """Whether the library is; a half-imported one is not."""
        module = sys.modules.get(self.library)
        return module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False)

    def baseline(self) -> object:
        """All settings as they are, or None if they do not matter."""
        if not self.watched or not self.loaded():
            return None
        # Copies of lists: the session may change them in place.
        return {key: copy.deepcopy(value) if is_plain(value) else value for key, value in self.read().items()}

    def capture(self, start: Mapping[str, object] | None, objects: Objects) -> Captured | None:
        """Take what differs."""
        before = {**self.defaults(), **(start or {})}
        now = self.read()
        changed = {key: now[key] for key in now if key not in before or not same(now[key], before[key])}
        if not changed:
            return None
        return Captured({key: objects.refer(value) for key, value in changed.items()}, detail=listed(changed))

    def restore(self, data: Mapping[str, Token], objects: Objects) -> list[str]:
        """Set each; one that fails does not keep the others from being set."""
        try:
            importlib.import_module(self.library)
        except Exception as error:  # noqa: BLE001 - importing runs foreign code
            return [f"{self.library} cannot be imported here ({why(error)})."]
        failures = []
        for key, token in data.items():
            try:
                self.write(key, objects.resolve(token))
            except Unresolved as error:
                failures.append(f"`{key}` was not set. {error}")
            except Exception as error:  # noqa: BLE001 - foreign code too
                failures.append(f"`{key}` could not be set ({why(error)}).")
        return failures


def read_table(table: Table) -> dict[str, object]:
    """All settings of a table as they are."""
    return {key: read() for key, (read, _) in table.items()}


def write_table(table: Table, key: str, value: object) -> None:
    """Set one setting of a table."""
    table[key][1](value)


def function(module: str, name: str) -> Callable[..., Any]:
    """A function by name, whose module is imported when it is called."""

    def call(*args: object) -> object:
        return getattr(importlib.import_module(module), name)(*args)

    return call


def attribute(module: str, name: str) -> tuple[Callable[[], object], Callable[[Any], object]]:
    """How an attribute of a module is read, None where there is none, and how it is set."""

    def write(value: object) -> None:
        owner = importlib.import_module(module)
        if value is None and name == "tracebacklimit":
            with contextlib.suppress(AttributeError):
                delattr(owner, name)
        else:
            setattr(owner, name, value)

    return lambda: getattr(sys.modules.get(module), name, None), write
