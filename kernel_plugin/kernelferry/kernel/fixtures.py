"""What every kernel has of its own: shell, kernel, streams. Objects point to them, and none of them is moved."""

from __future__ import annotations

import builtins
import os
import sys
import warnings
from typing import Any

from kernelferry.kernel.namespace import Shell

_OF_SHELL = (
    "history_manager", "displayhook", "display_pub", "display_formatter", "events", "extension_manager", "compile",
    "magics_manager", "input_transformer_manager", "alias_manager", "prefilter_manager", "config", "payload_manager",
    "data_pub_class", "Completer", "user_module",
)  # fmt: skip
_OF_KERNEL = ("session", "iopub_socket", "iopub_thread", "io_loop", "log", "comm_manager", "control_thread", "parent")


def fixtures(shell: Shell) -> dict[str, Any]:
    """Return a kernel's own objects, by names that are the same in every kernel."""
    kernel = getattr(shell, "kernel", None)
    found = {
        "shell": shell,
        "kernel": kernel,
        "stdout": sys.stdout,
        "stderr": sys.stderr,
        "stdin": sys.stdin,
        "stdout of the process": sys.__stdout__,
        "stderr of the process": sys.__stderr__,
        "comms": _comms(),
        **{f"shell.{name}": getattr(shell, name, None) for name in _OF_SHELL},
        **{f"kernel.{name}": getattr(kernel, name, None) for name in _OF_KERNEL},
    }
    found.update(_underneath(found))
    # The session's own module is a module, and known as one.
    del found["shell.user_module"]
    return {name: thing for name, thing in found.items() if thing is not None and type(thing).__module__ != "builtins"}


def containers(shell: Shell) -> dict[str, Any]:
    """Return the plain lists and dictionaries that a process has once, by names that are the same everywhere.

    Where a variable is bound to one of them, it is so afterwards; inside of other objects they are not known again.
    """
    history = shell.history_manager
    return {
        "sys.modules": sys.modules,
        "sys.path": sys.path,
        "sys.argv": sys.argv,
        "warnings.filters": warnings.filters,
        "Out": history.output_hist,
        "In": history.input_hist_parsed,
    }


def of_process(shell: Shell) -> frozenset[int]:
    """Return the identities of all that belongs to the process and not to the session; the process keeps it alive."""
    found = [*fixtures(shell).values(), *containers(shell).values(), shell.user_ns, vars(builtins), os.environ]
    return frozenset(map(id, found))


def _underneath(found: dict[str, Any]) -> dict[str, Any]:
    """Return what the streams are made of: somebody may hold `sys.stdout.buffer`."""
    layers = {}
    for name in ("stdout of the process", "stderr of the process", "stdin"):
        buffer = getattr(found[name], "buffer", None)
        layers[f"{name}, buffer"] = buffer
        layers[f"{name}, raw"] = getattr(buffer, "raw", None)
    return layers


def _comms() -> Any:
    comm = sys.modules.get("comm")
    return None if comm is None else comm.get_comm_manager()
