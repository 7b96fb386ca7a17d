"""Switches of modules of the standard library, and the contexts of decimal arithmetic."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from typing import Any

from kernelferry.objects.process.settings import Settings, Table, attribute, function, read_table, write_table


def standard_library() -> Settings:
    """Switches of modules that are loaded. Their defaults are known, so a module may come at any time."""
    table: Table = {
        "socket.setdefaulttimeout": (function("socket", "getdefaulttimeout"), function("socket", "setdefaulttimeout")),
        "csv.field_size_limit": (function("csv", "field_size_limit"), function("csv", "field_size_limit")),
        "csv dialects": (_dialects, _set_dialects),
        "tempfile.tempdir": attribute("tempfile", "tempdir"),
        "start method of processes": (_start_method, _set_start_method),
        "ssl certificates": attribute("ssl", "_create_default_https_context"),
        "urllib opener": attribute("urllib.request", "_opener"),
        "tracemalloc": (_tracing, _set_tracing),
        "faulthandler": (function("faulthandler", "is_enabled"), _set_faulthandler),
    }

    def read() -> dict[str, object]:
        modules = {key: key.partition(".")[0] for key in table} | {
            "csv dialects": "csv",
            "start method of processes": "multiprocessing",
            "ssl certificates": "ssl",
            "urllib opener": "urllib.request",
        }
        return read_table({key: table[key] for key in table if modules[key] in sys.modules})

    def defaults() -> dict[str, object]:
        return {
            "socket.setdefaulttimeout": None,
            "csv.field_size_limit": 131072,
            "csv dialects": {},
            "tempfile.tempdir": _usual_folder(),
            "start method of processes": None,
            "ssl certificates": getattr(sys.modules.get("ssl"), "create_default_context", None),
            "urllib opener": None,
            "tracemalloc": 0,
            # ipykernel switches it on, and whether it did cannot be seen afterwards
            "faulthandler": function("faulthandler", "is_enabled")() if "faulthandler" in sys.modules else False,
        }

    return Settings("standard library", read, functools.partial(write_table, table), defaults)


def decimals() -> Settings:
    """The contexts of decimal arithmetic: the current one, and those that new ones are made from.

    To be captured and restored where cells run: each thread has its own.
    """

    def read() -> dict[str, object]:
        decimal = sys.modules["decimal"]
        contexts = {"current context": decimal.getcontext()}
        contexts |= {name: getattr(decimal, name) for name in ("DefaultContext", "BasicContext", "ExtendedContext")}
        return {
            name: {
                field: getattr(context, field) for field in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
            }
            | {"traps": sorted(signal.__name__ for signal, on in context.traps.items() if on)}
            | {"flags": sorted(signal.__name__ for signal, on in context.flags.items() if on)}
            for name, context in contexts.items()
        }

    def write(name: str, fields: dict[str, Any]) -> None:
        decimal = importlib.import_module("decimal")
        context = decimal.getcontext() if name == "current context" else getattr(decimal, name)
        # In place, since whoever has this context sees it then.
        for field, value in fields.items():
            if field in {"traps", "flags"}:
                for signal in getattr(context, field):
                    getattr(context, field)[signal] = signal.__name__ in value
            else:
                setattr(context, field, value)

    usual = {"prec": 28, "rounding": "ROUND_HALF_EVEN", "Emin": -999999, "Emax": 999999, "capitals": 1, "clamp": 0}
    trapped = {"traps": ["DivisionByZero", "InvalidOperation", "Overflow"], "flags": []}
    fresh = {"current context": {**usual, **trapped}, "DefaultContext": {**usual, **trapped}}
    return Settings("decimal", read, write, lambda: {**read(), **fresh}, library="decimal")


def _dialects() -> dict[str, dict[str, Any]]:
    csv = sys.modules["csv"]
    fields = ("delimiter", "quotechar", "escapechar", "doublequote", "skipinitialspace", "lineterminator", "quoting")
    return {
        name: {field: getattr(csv.get_dialect(name), field) for field in (*fields, "strict")}
        for name in sorted(set(csv.list_dialects()) - {"excel", "excel-tab", "unix"})
    }


def _set_dialects(dialects: dict[str, dict[str, Any]]) -> None:
    csv = importlib.import_module("csv")
    for name, fields in dialects.items():
        csv.register_dialect(name, **fields)


def _start_method() -> str | None:
    # Whoever asks for the usual one sets it: that is not the user's doing.
    multiprocessing = sys.modules["multiprocessing"]
    method: str | None = multiprocessing.get_start_method(allow_none=True)
    return None if method == multiprocessing.get_all_start_methods()[0] else method


def _set_start_method(method: str) -> None:
    importlib.import_module("multiprocessing").set_start_method(method, force=True)


def _tracing() -> int:
    tracemalloc = sys.modules["tracemalloc"]
    return tracemalloc.get_traceback_limit() if tracemalloc.is_tracing() else 0


def _set_tracing(frames: int) -> None:
    importlib.import_module("tracemalloc").start(frames)


def _set_faulthandler(on: bool) -> None:  # noqa: FBT001 - called with a value from a table
    faulthandler = importlib.import_module("faulthandler")
    (faulthandler.enable if on else faulthandler.disable)()


def _usual_folder() -> object:
    # Asking for the folder for temporary files writes the answer down: that is not the user's doing.
    tempfile = sys.modules.get("tempfile")
    if tempfile is None or tempfile.tempdir is None:
        return None
    candidates = tempfile._candidate_tempdir_list()  # noqa: SLF001 - the public way writes a file to find out
    return next((folder for folder in candidates if os.access(folder, os.W_OK)), None)
