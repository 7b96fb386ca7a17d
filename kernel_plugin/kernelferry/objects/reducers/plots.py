"""Figures: the session's functions that they call.

matplotlib leaves all callbacks out when it is pickled, since its own are connected anew. The session's would be lost.
"""

from __future__ import annotations

from typing import Any


def set_callbacks(made: Any, state: tuple[Any, list[tuple[str, Any]]]) -> None:
    """Give a registry its state, and connect the session's functions again."""
    own, functions = state
    made.__setstate__(own)
    for signal, function in functions:
        made.connect(signal, function)


def callbacks(found: Any) -> Any:
    """Write a registry of callbacks."""
    functions = [
        (signal, function)
        for signal, connected in found.callbacks.items()
        for reference in connected.values()
        if (function := reference()) is not None and _is_lost(function)
    ]
    if not functions:
        return NotImplemented
    make, arguments, own = found.__reduce_ex__(4)[:3]
    return make, arguments, (own, functions), None, None, set_callbacks


def _is_lost(function: Any) -> bool:
    """Say whether nobody connects a function again: it is not one of matplotlib's own."""
    owner = getattr(function, "__self__", None)
    places = {_package(function), _package(type(owner))}
    if not places & {"matplotlib", "mpl_toolkits"}:
        return True
    # Widgets wrap what they are given.
    cells = getattr(function, "__closure__", None) or ()
    return any(callable(cell.cell_contents) and _is_lost(cell.cell_contents) for cell in cells)


def _package(thing: Any) -> str:
    return str(getattr(thing, "__module__", "")).partition(".")[0]
