"""The shell's part of a session: inputs and outputs, their numbers, extensions, aliases, magics and callbacks.

Outputs are objects, and move with the variables that they share something with. All else is text and numbers, or goes
the same way.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from kernelferry.kernel.namespace import Shell

_EVENTS = ("pre_execute", "pre_run_cell", "post_execute", "post_run_cell")


class Baseline:
    """What a shell had before the session began: extensions, aliases, magics."""

    def __init__(self, shell: Shell) -> None:
        self.extensions = set(shell.extension_manager.loaded)
        self.aliases = dict(shell.alias_manager.aliases)
        self.magics = {kind: dict(found) for kind, found in shell.magics_manager.magics.items()}
        self.formatters = {
            kind: dict(formatter.type_printers) for kind, formatter in shell.display_formatter.formatters.items()
        }
        self.callbacks = {event: list(shell.events.callbacks.get(event, ())) for event in _EVENTS}


def capture(shell: Shell, start: Baseline, *, next_count: int) -> dict[str, Any]:
    """Describe the shell in plain types.

    Args:
        shell: the shell.
        start: what it had before the session.
        next_count: the number that the next cell will have.
    """
    history = shell.history_manager
    return {
        "execution_count": next_count,
        "inputs": [_text(each) for each in history.input_hist_parsed],
        "raw_inputs": [_text(each) for each in history.input_hist_raw],
        "folders": [str(folder) for folder in history.dir_hist],
        "shown": _shown(shell),
        # Which cell the code of a file name comes from: tracebacks say `Cell In[3], line 1`.
        "cells": dict(getattr(shell.compile, "_filename_map", {})),
        "extensions": sorted(set(shell.extension_manager.loaded) - start.extensions - {"kernelferry"}),
        "aliases": [
            [name, command] for name, command in shell.alias_manager.aliases if name not in dict(start.aliases)
        ],
        "submodules": _submodules(shell),
        "compiler_flags": int(shell.compile.flags),
        "xmode": str(shell.InteractiveTB.mode) if hasattr(shell, "InteractiveTB") else "",
        "ast_node_interactivity": str(shell.ast_node_interactivity),
        "autocall": int(shell.autocall),
        "automagic": bool(shell.automagic),
        "pprint": bool(shell.display_formatter.formatters["text/plain"].pprint),
        "float_precision": str(shell.display_formatter.formatters["text/plain"].float_precision),
    }


def _submodules(shell: Shell) -> list[str]:
    """Return the modules inside of packages that the session has names for: `import a.b` binds `a` alone."""
    packages = {
        value.__name__
        for value in list(shell.user_ns.values())
        if type(value) is types.ModuleType and hasattr(value, "__path__")
    }
    return sorted(name for name in sys.modules if name.rpartition(".")[0] and name.partition(".")[0] in packages)


def import_submodules(names: Iterable[str]) -> None:
    """Import those that importing their package does not; what cannot be imported is missed by whoever needs it."""
    for name in names:
        if name not in sys.modules and name.partition(".")[0] in sys.modules:
            with suppress(Exception):
                importlib.import_module(name)


def outputs(shell: Shell) -> dict[int, Any]:
    """Return the objects in `Out`, by number."""
    found = shell.history_manager.output_hist
    return {number: value for number, value in dict(found).items() if isinstance(number, int)}


def objects(shell: Shell, start: Baseline) -> dict[str, Any]:
    """Return the user's functions that the shell calls: magics and callbacks."""
    found: dict[str, Any] = {}
    for kind, magics in shell.magics_manager.magics.items():
        for name, function in magics.items():
            if start.magics[kind].get(name) is not function and getattr(function, "__module__", "") == "__main__":
                found[f"magic:{kind}:{name}"] = function
    found.update(_transformers(shell))
    for event in _EVENTS:
        for place, function in enumerate(shell.events.callbacks.get(event, ())):
            known = any(function is each for each in start.callbacks[event])
            if not known and getattr(function, "__module__", "") == "__main__":
                found[f"callback:{event}:{place}"] = function
    found.update(_formatters(shell, start))
    if hasattr(sys, "last_value"):
        found["error"] = (sys.last_type, sys.last_value, sys.last_traceback)
    return found


def _transformers(shell: Shell) -> dict[str, Any]:
    """Return the user's own transformers of code."""
    return {
        f"transformer:{kind}:{place}": each
        for kind, transformers in _lists_of_transformers(shell).items()
        for place, each in enumerate(transformers)
        if "__main__" in {getattr(each, "__module__", ""), type(each).__module__}
    }


def _lists_of_transformers(shell: Shell) -> dict[str, list[Any]]:
    manager = shell.input_transformer_manager
    return {
        "ast": shell.ast_transformers,
        "post": shell.input_transformers_post,
        "cleanup": manager.cleanup_transforms,
        "line": manager.line_transforms,
    }


def _formatters(shell: Shell, start: Baseline) -> dict[str, Any]:
    found = {}
    for kind, formatter in shell.display_formatter.formatters.items():
        before = start.formatters.get(kind, {})
        for place, (cls, function) in enumerate(formatter.type_printers.items()):
            if before.get(cls) is not function:
                found[f"formatter:{kind}:{place}"] = (cls, function)
    return found


def restore(shell: Shell, state: Mapping[str, Any], found: Mapping[int, Any], extra: Mapping[str, Any]) -> list[str]:
    """Put the shell's state back; say what could not be.

    Args:
        shell: the shell.
        state: what `capture` has described.
        found: the outputs that could be loaded.
        extra: what of `objects` could be.
    """
    history = shell.history_manager
    history.input_hist_parsed[:] = state["inputs"]
    history.input_hist_raw[:] = state["raw_inputs"]
    history.output_hist.clear()
    history.output_hist.update(sorted(found.items()))
    history.dir_hist[:] = state["folders"]
    _push_history(shell, state, found)
    if hasattr(shell.compile, "_filename_map"):
        shell.compile._filename_map.update(state["cells"])  # noqa: SLF001 - there is no public way
    failures = _restore_extensions(shell, state)
    for name, command in state["aliases"]:
        shell.alias_manager.define_alias(name, command)
    shell.ast_node_interactivity = state["ast_node_interactivity"]
    shell.compile.flags = state["compiler_flags"]  # such as those of `from __future__ import annotations`
    shell.autocall = state["autocall"]
    shell.automagic = state["automagic"]
    if state["xmode"]:
        shell.InteractiveTB.set_mode(mode=state["xmode"])
    text = shell.display_formatter.formatters["text/plain"]
    text.pprint = state["pprint"]
    text.float_precision = state["float_precision"]
    _restore_objects(shell, extra)
    return failures


def set_count(shell: Shell, count: int, *, within_cell: bool) -> None:
    """Set the number that the next cell will have; a cell that is running adds one at its end."""
    shell.execution_count = count - 1 if within_cell else count


def _shown(shell: Shell) -> list[int]:
    """Return the numbers of the outputs that `_`, `__` and `___` stand for; 0 for none of them."""
    hook = shell.displayhook
    found = []
    for value in (hook._, hook.__, hook.___):
        numbers = [number for number, each in outputs(shell).items() if each is value]
        found.append(max(numbers, default=0))
    return found


def _push_history(shell: Shell, state: Mapping[str, Any], found: Mapping[int, Any]) -> None:
    raw = state["raw_inputs"]
    own: dict[str, Any] = {f"_{number}": value for number, value in found.items()}
    own.update({f"_i{number}": text for number, text in enumerate(raw) if number})
    last = ["", "", "", *raw][::-1]
    own.update({"_i": last[0], "_ii": last[1], "_iii": last[2]})
    history = shell.history_manager
    history._i00, history._i, history._ii, history._iii = last[0], last[0], last[1], last[2]  # noqa: SLF001 - as run_cell
    hook = shell.displayhook
    shown = [found.get(number, "") for number in state["shown"]]
    hook._, hook.__, hook.___ = shown
    own.update(dict(zip(("_", "__", "___"), shown, strict=True)))
    # Hidden, so that the shell goes on updating them.
    shell.push(own, interactive=False)


def _restore_extensions(shell: Shell, state: Mapping[str, Any]) -> list[str]:
    failures = []
    for name in state["extensions"]:
        try:
            shell.extension_manager.load_extension(name)
        except Exception as exc:  # noqa: BLE001 - foreign code
            failures.append(f"The extension {name} could not be loaded ({type(exc).__name__}: {exc}).")
    return failures


def _restore_objects(shell: Shell, extra: Mapping[str, Any]) -> None:
    for key, value in extra.items():
        what, _, where = key.partition(":")
        kind, _, name = where.rpartition(":")
        if what == "magic":
            shell.register_magic_function(value, kind, name)
        elif what == "callback":
            shell.events.register(kind, value)
        elif what == "transformer":
            _lists_of_transformers(shell)[kind].append(value)
        elif what == "error":
            sys.last_type, sys.last_value, sys.last_traceback = value
        else:
            shell.display_formatter.formatters[kind].for_type(*value)


def _text(found: Any) -> str:
    return found if isinstance(found, str) else str(found)
