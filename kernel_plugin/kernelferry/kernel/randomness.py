"""The states of the global random generators, before and after a cell.

What a cell drew can only be drawn again from the state in which the generator was before. So that state is kept for
each cell that advanced one, as plain data in the form that `objects.process.randomness` restores.
"""

from __future__ import annotations

import ast
import pickle
import random
import sys
from collections.abc import Callable, Mapping
from typing import Any

_FRESH = 623

States = Mapping[str, object]
"""By the name of the generator what it answers when asked for its state; not yet plain."""


def look() -> dict[str, object]:
    """The states of the generators that are loaded; some microseconds each."""
    states: dict[str, object] = {"random": random.getstate()}
    for name, (module, read, _, _) in _LIBRARIES.items():
        if (library := sys.modules.get(module)) is not None:
            try:
                states[name] = read(library)
            except AttributeError:  # it is still being imported
                continue
    return states


def advanced(before: States, after: States) -> list[str]:
    """The generators that are not as they were, or that have come into being; the latter may have drawn."""
    return [name for name, state in after.items() if name not in before or not _same(name, before[name], state)]


def has_drawn(name: str, state: object) -> bool:
    """Tell whether a generator that has just come into being may have been used; seeding it is no use."""
    if name != "numpy.random" or not isinstance(state, dict):
        return True
    # The Mersenne Twister begins behind the last of its 624 words, and makes new ones at the first draw.
    return state.get("bit_generator") != "MT19937" or state["state"]["pos"] < _FRESH or bool(state["has_gauss"])


def pickled(name: str, state: object) -> bytes:
    """A state in plain types, pickled: what the aspect of that name restores."""
    plain = _LIBRARIES[name][3](state) if name in _LIBRARIES else state
    return pickle.dumps(plain, protocol=5)


def seeds_first(source: str) -> bool:
    """Tell whether a cell seeds a generator before it can have drawn: it does nothing before but import.

    For the cell that imports numpy, and so has no state before it. `numpy.random.seed(0)` with a constant, at the top.
    """
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return False
    for statement in statements:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        match statement:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(attr="seed" | "manual_seed"), args=[ast.Constant(value=int())])
            ):
                return True
            case _:
                return False
    return False


def _same(name: str, one: object, other: object) -> bool:
    return bool(_LIBRARIES[name][2](one, other)) if name in _LIBRARIES else one == other


def _numpy_read(module: Any) -> object:
    return module.get_state(legacy=False)


def _numpy_same(one: Any, other: Any) -> bool:
    return _freeze(one) == _freeze(other)


def _numpy_plain(state: Any) -> object:
    if isinstance(state, dict):
        return {key: _numpy_plain(value) for key, value in state.items()}
    return state.tolist() if hasattr(state, "tolist") else state


def _freeze(state: Any) -> object:
    if isinstance(state, dict):
        return {key: _freeze(value) for key, value in state.items()}
    return state.tobytes() if hasattr(state, "tobytes") else state


def _torch_read(torch: Any) -> object:
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return torch.get_rng_state(), devices


def _torch_same(one: Any, other: Any) -> bool:
    tensors, others = (one[0], *one[1]), (other[0], *other[1])
    return len(tensors) == len(others) and all(a.equal(b) for a, b in zip(tensors, others, strict=True))


def _torch_plain(state: Any) -> object:
    cpu, devices = state
    return {"cpu": bytes(cpu.tolist()), "cuda": [bytes(device.tolist()) for device in devices]}


_Library = tuple[str, Callable[[Any], object], Callable[[Any, Any], bool], Callable[[Any], object]]
# By the name of the aspect: the module to look for, how to read, compare, and write down a state.
_LIBRARIES: dict[str, _Library] = {
    "numpy.random": ("numpy.random", _numpy_read, _numpy_same, _numpy_plain),
    "torch.random": ("torch", _torch_read, _torch_same, _torch_plain),
}
