"""Settings of the interpreter and of the operating system's process."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import locale
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.references import Objects
from kernelferry.objects.process.settings import Settings, Table, attribute, read_table, write_table
from kernelferry.objects.process.wording import kind

_SHELLS = {"IPython", "ipykernel", "debugpy", "_pydevd_bundle", "_pydev_bundle"}


def interpreter() -> Settings:
    """What can be told to `sys` and `gc`."""
    attributes = ["argv", "tracebacklimit", "dont_write_bytecode"]
    table: Table = {
        "recursion limit": (sys.getrecursionlimit, sys.setrecursionlimit),
        "switch interval": (sys.getswitchinterval, sys.setswitchinterval),
        "garbage collection": (_collection, _set_collection),
        **{f"sys.{name}": attribute("sys", name) for name in attributes},
    }
    if hasattr(sys, "set_int_max_str_digits"):  # since 3.11, and late releases of 3.10
        table = {**table, "digits of integers": (sys.get_int_max_str_digits, sys.set_int_max_str_digits)}
    # A fresh interpreter's, where they are the same everywhere; the others are then left as they are.
    usual = {"recursion limit": 1000, "switch interval": 0.005, "sys.tracebacklimit": None, "digits of integers": 4300}
    read = functools.partial(read_table, table)
    return Settings("sys", read, functools.partial(write_table, table), lambda: {**read(), **usual})


def hooks() -> Settings:
    """Functions that Python calls on certain occasions, if they are not Python's or the shell's own."""
    places = [("sys", "excepthook"), ("sys", "unraisablehook"), ("sys", "breakpointhook"), ("threading", "excepthook")]
    table: Table = {f"{module}.{name}": attribute(module, name) for module, name in places}

    def read() -> dict[str, object]:
        # The shell changes its own back and forth around every cell, and debuggers put theirs on top.
        return {key: None if _usual_hook(hook) else hook for key, hook in read_table(table).items()}

    def usual() -> dict[str, object]:
        return dict.fromkeys(table)

    return Settings("hooks", read, functools.partial(write_table, table), usual, early=False)


def _usual_hook(hook: object) -> bool:
    module = getattr(hook, "__module__", None) or ""
    return module.partition(".")[0] in {"sys", "threading", "_thread", *_SHELLS}


def umask() -> Settings:
    """Which permissions new files do not get."""
    return Settings("umask", lambda: {"umask": _umask()}, _set_umask)


def limits() -> Settings:
    """Limits of the operating system, such as `RLIMIT_NOFILE`."""

    def read() -> dict[str, object]:
        try:
            resource = importlib.import_module("resource")
        except ImportError:  # Windows
            return {}
        names = sorted(name for name in dir(resource) if name.startswith("RLIMIT_"))
        return {name: resource.getrlimit(getattr(resource, name)) for name in names}

    def write(name: str, limit: tuple[int, int]) -> None:
        resource = importlib.import_module("resource")
        resource.setrlimit(getattr(resource, name), limit)

    # Each pod has its own: only what was changed after the start is the user's.
    return Settings("rlimit", read, write, read)


def locales() -> Settings:
    """The locale of each category."""
    names = ("LC_CTYPE", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES", "LC_NUMERIC", "LC_TIME")
    categories = {name: getattr(locale, name) for name in names if hasattr(locale, name)}

    def write(name: str, value: str) -> None:
        if locale.setlocale(categories[name]) != value:
            locale.setlocale(categories[name], value)

    return Settings("locale", lambda: {name: locale.setlocale(number) for name, number in categories.items()}, write)


class Timezone:
    """What the C library takes the variable TZ to mean: `time.tzset` was called after it had been changed."""

    name = "timezone"
    early = True

    def loaded(self) -> bool:
        """Where there is `time.tzset`, that is, not on Windows."""
        return hasattr(time, "tzset")

    def baseline(self) -> object:
        """The zone at the start."""
        return _zone()

    def capture(self, start: object, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Take the zone if it is another one."""
        return None if _zone() == start else Captured(_zone(), detail=time.tzname[0])

    def restore(self, data: object, objects: Objects) -> list[str]:  # noqa: ARG002
        """Let the C library read TZ again, which is an environment variable and so is here already."""
        if _zone() != data:
            time.tzset()
        return [] if _zone() == data else ["The time zone is not known here, or TZ is not what it was."]


class StandardStreams:
    """`sys.stdout` and `sys.stderr`, if something else is in their place. That is reported only.

    Saving may well happen inside `%%capture` or `redirect_stdout`, and a kernel that prints into such a stream for ever
    would be mute.
    """

    name = "standard streams"
    early = False

    def loaded(self) -> bool:
        """Every process has them."""
        return True

    def baseline(self) -> dict[str, object]:
        """The streams themselves."""
        return {name: getattr(sys, name) for name in ("stdin", "stdout", "stderr")}

    def capture(self, start: Mapping[str, object] | None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Name those that were replaced."""
        replaced = [name for name in start or {} if getattr(sys, name) is not (start or {})[name]]
        left = [
            f"sys.{name} has been replaced by an {kind(getattr(sys, name))}; the new kernel has its own again."
            for name in replaced
        ]
        return Captured(left=tuple(left)) if left else None

    def restore(self, data: object, objects: Objects) -> list[str]:  # noqa: ARG002
        """Nothing is ever put back."""
        return []


def _collection() -> dict[str, Any]:
    return {"enabled": gc.isenabled(), "thresholds": gc.get_threshold(), "debug": gc.get_debug()}


def _set_collection(state: dict[str, Any]) -> None:
    (gc.enable if state["enabled"] else gc.disable)()
    gc.set_threshold(*state["thresholds"])
    gc.set_debug(state["debug"])


def _umask() -> int:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    # There is no call that only asks. For this moment other threads create files that nobody else can read.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _set_umask(_: str, mask: int) -> None:
    os.umask(mask)


def _zone() -> tuple[object, ...]:
    return time.tzname, time.timezone, time.altzone, time.daylight
