"""Whatever cells do: a name whose value is another afterwards is recorded as written.

The values are lists, dictionaries, instances, arrays and functions that share each other; cells change them through
aliases, functions, methods, closures and `exec`, fail half-way, delete, and run again. What is compared is a deep copy.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernelferry.kernel import cell
from kernelferry.kernel.namespace import user_names
from kernelferry.kernel.tracker import Tracker
from tests.kernelferry.kernel.conftest import make_shell

NAMES = "abcd"
CLASS = """class C:
    shared = []
    def __init__(self, held):
        self.held = held
    def grow(self):
        self.held.append({n})
    def spread(self):
        self.shared.append({n})"""
TEMPLATES = (
    "{x} = [{n}]",
    "{x} = [[{n}], {{'k': [{n}]}}]",
    "{x} = {{'k': {y}, 'n': {n}}}",
    "{x} = {y}",
    "{x} = [{y}, {z}]",
    "{x} = {y}[0]",
    "{x} = ({y}, {n})",
    "{x}.append({n})",
    "{x}.append({y})",
    "{x}.pop()",
    "{x}[0].append({n})",
    "{x}['k'] = {n}",
    "{x} += [{n}]",
    "len({x}); print(end='')",
    "del {x}",
    "{x} = {y}\n{z}.append({n})\nraise ValueError\n{z} = 0",
    "del {x}\n{x} = [{n}]",
    "{x}.append(0)\n{x} = None",
    "for {x} in {y}:\n    pass",
    "def f(v):\n    v.append({n})",
    "def f(v):\n    {x}.append({n})",
    "def f(v, held={x}):\n    held.append({n})",
    "def g(v):\n    return f({y})",
    "def outer(held):\n    return lambda v: held.append({n})\nf = outer({x})",
    "f({x})",
    "g({x})",
    "{x} = f",
    "import functools\n{x} = functools.partial(f, {y})",
    "{x}()",
    CLASS,
    "{x} = C({y})",
    "{x}.grow()",
    "{x}.spread()",
    "{x}.held = {y}",
    "C.shared = {x}",
    "class S:\n    __slots__ = ('s',)\n{x} = S()\n{x}.s = {y}",
    "{x}.s.append({n})",
    "import numpy as np\n{x} = np.arange(5)",
    "import numpy as np\n{x} = np.zeros(20_000)",
    "{x} = {y}[1:]",
    "{x}[0] = {n}",
    "{x} = np.array([None, None])\n{x}[0] = {y}",
    "{x} = iter({y})",
    "next({x})",
    "{x} = (v for v in {y})",
    "{x} = {y}.append",
    "{x}({n})",
    "{x} = [{y} for _ in range(40)]",
    "{x} = [[{n}] for _ in range(120)]\n{y} = {x}[17]",
    "{x} = list(range(120))",
    "{x}[17] = {y}",
    "{x}[17].append({n})",
    "exec('{x}.append({n})')",
    "globals()['{x}'] = {n}",
    "globals()['{x}'].append({n})",
    "%time {x}.append({n})",
    "get_ipython().run_cell('{x}.append({n})')",
    "t = {x}[17]\n{y}.append(t)\nt = None",
    "t = {x}[17]\nprint(end='')\n{y} = [t]\ndel t",
    "{x} = [{n}]\n{y} = [[{n}] for _ in range(120)]",
    "{x} = [{n}]\n{x}.append({n})\n{z} = [{x}]",
    "{x} = [{n}]; {x} = {y}; {x}.append({n})",
    "_ = {x}\n_.append({n})",
    "{x}",
    "_.append({n})",
    "{x} = _",
    "{x} = {n} / 2",
)

programs = st.lists(
    st.builds(
        lambda template, x, y, z, n: template.format(x=x, y=y, z=z, n=n),
        st.sampled_from(TEMPLATES),
        *[st.sampled_from(NAMES)] * 3,
        st.integers(0, 3),
    ),
    min_size=3,
    max_size=16,
)


@pytest.fixture(scope="module")
def shell() -> Iterator[Any]:
    main = sys.modules["__main__"]
    shell = make_shell()
    shell.showtraceback = lambda *_, **__: None  # most cells fail on purpose, and a traceback takes longer than a cell
    yield shell
    shell.builtin_trap.deactivate()
    sys.modules["__main__"] = main


def picture(value: object, ways: dict[int, int] | None = None) -> object:
    """What a value is, all the way down, in a form that can be compared; sharing inside it included."""
    ways = {} if ways is None else ways
    if isinstance(value, int | float | str | np.generic | None):
        return type(value).__name__, repr(value)
    if id(value) in ways:
        return "again", ways[id(value)]
    ways[id(value)] = len(ways)
    plain, held = _parts(value)
    return type(value).__name__, plain, [picture(item, ways) for item in held]


def _parts(value: Any) -> tuple[object, list[object]]:  # noqa: PLR0911 - a case for each type
    """What is plain in a value, and what it holds."""
    match type(value).__name__:
        case "list" | "tuple":
            return None, list(value)
        case "dict":
            return list(value), list(value.values())
        case "ndarray":
            return (value.shape, None) if value.dtype.hasobject else (value.shape, value.tobytes()), _objects(value)
        case "function":
            cells = [cell.cell_contents for cell in value.__closure__ or ()]
            return (value.__code__.co_code, repr(value.__code__.co_consts)), [*cells, *(value.__defaults__ or ())]
        case "builtin_function_or_method":
            return None, [value.__self__]
        case "type":
            return None, [vars(value).get("shared")]
        case "C" | "S":
            return None, [getattr(value, "held", None), getattr(value, "s", None)]
        case "partial":
            return None, [value.func, *value.args]
        case "generator":
            return value.gi_frame and value.gi_frame.f_lasti, []
        case name:
            return value.__length_hint__() if "iterator" in name else None, []


def _objects(array: Any) -> list[object]:
    return list(array.tolist()) if array.dtype.hasobject else []


@given(program=programs, steps=st.sampled_from([3, 30, 250]))
def test_a_name_whose_value_has_changed_is_recorded_as_written(shell: Any, program: list[str], steps: int) -> None:
    for name in user_names(shell):
        del shell.user_ns[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kernelferry.kernel.tracker.FIRST_STEPS", steps)
        patch.setattr(cell, "_LAST_STEPS", steps)
        for module in ("cell", "sharing", "tracker"):  # so that a list need not be long to be too long
            patch.setattr(f"kernelferry.kernel.{module}.LARGEST", 60)
        tracker = Tracker(shell)
        tracker.start()
        try:
            for source in program:
                before = {name: picture(value) for name, value in user_names(shell).items()}
                shell.run_cell(source, store_history=True)
                after = {name: picture(value) for name, value in user_names(shell).items()}
                check(tracker, source, before, after)
        finally:
            tracker.stop()
    assert tracker.history.active().keys() == user_names(shell).keys()


def check(tracker: Tracker, source: str, before: dict[str, object], after: dict[str, object]) -> None:
    index = len(tracker.history) - 1
    record = tracker.history[index]
    assert record.source == source
    written = {snapshot.name for snapshot in tracker.history.written(index)}
    changed = {name for name in after if name not in before or after[name] != before[name]}
    assert changed <= written
    assert before.keys() - after.keys() == set(record.deletes)
