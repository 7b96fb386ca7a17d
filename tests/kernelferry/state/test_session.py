"""Whatever a session has done: following the steps of its plan in an empty namespace gives the same names again.

Cells are run for real, by `exec`, and watched by a change detector that is slow and perfect. The values are lists, so
there are aliases, sharing, and changes in place; cells fail, delete, shadow, run again, and hide what they do.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kernelferry.state.costs import Component, Costs
from kernelferry.state.history import CellExecution, HistoryGraph
from kernelferry.state.history_json import from_json, to_json
from kernelferry.state.names import cell_names
from kernelferry.state.plan import make_plan
from kernelferry.state.reach import MISSING, reachable_globals
from kernelferry.state.steps import Load, Run, Step, schedule

NAMES = "abcd"
TEMPLATES = (
    "{x} = [{n}]",
    "{x} = {y}",
    "{x} = [{y}]",
    "{x} = {y} + [{n}]",
    "{x} = len({y})",
    "{x}.append({n})",
    "{x}[0].append({n})",
    "{x} += [{n}]",
    "del {x}",
    "{x} = [{n}]\ndel {y}",
    "{x} = {y}\n{z}.append({n})\nraise ValueError\n{z} = 0",
    "try:\n    {x}.append({n})\nexcept (NameError, AttributeError):\n    {x} = [{n}]",
    "for {x} in {y}:\n    pass",
    "if {y}:\n    {x} = [{n}]",
    "def f():\n    return {y}",
    "def f():\n    global {x}\n    {x} = {y}",
    "{x} = f()",
    "f()",
    "{x} = [{y} for {z} in range(2)]",
    "{x}, {y} = {y}, {x}",
    "exec('{x} = [{n}]')",
    "globals()['{x}'].append({n})",
    "{x} = [name for name in 'abcd' if name in globals()]",
)

Namespace = dict[str, Any]
programs = st.lists(
    st.one_of(
        st.builds(
            lambda template, x, y, z, n: template.format(x=x, y=y, z=z, n=n),
            st.sampled_from(TEMPLATES),
            *[st.sampled_from(NAMES)] * 3,
            st.integers(0, 3),
        ),
        st.integers(0, 5),  # run the cell again that stands so far above
    ),
    min_size=1,
    max_size=14,
)


def _run(source: str, namespace: Namespace) -> bool:
    try:
        exec(source, namespace)  # noqa: S102 - that is what a kernel does
    except Exception:  # noqa: BLE001 - likewise
        return False
    return True


def _bound(namespace: Namespace) -> Namespace:
    return {name: value for name, value in namespace.items() if name != "__builtins__"}


def _lists_in(value: object) -> dict[int, str]:
    """Every list that can be reached, by identity, with what it holds."""
    found: dict[int, str] = {}
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list) and id(item) not in found:
            found[id(item)] = repr([id(inner) if isinstance(inner, list) else inner for inner in item])
            pending.extend(item)
    return found


class Kernel:
    """A namespace, and the history that a perfect watcher writes of it."""

    def __init__(self) -> None:
        self.namespace: Namespace = {}
        self.history = HistoryGraph()

    def run(self, source: str) -> None:
        before = _bound(self.namespace)
        shapes = {name: _lists_in(value) for name, value in before.items()}
        names = cell_names(source)
        reach = reachable_globals(
            names.reads, lambda name: before.get(name, MISSING), self.namespace, deferred=names.deferred
        )
        success = _run(source, self.namespace)
        after = _bound(self.namespace)
        self.history.record(
            source=source,
            seconds=1,
            success=success,
            reads=reach.reads,
            # A value may be the same object as before: then nobody can tell whether it was bound anew.
            writes=[name for name in after if name not in before or after[name] is not before[name]],
            mutates=[
                name
                for name in after
                if name in before
                and after[name] is before[name]
                and (name in names.binds | reach.binds or _lists_in(after[name]) != shapes[name])
            ],
            deletes=before.keys() - after.keys(),
            opaque=names.opaque + reach.opaque,
            checked=len(source) % 2 == 0,  # the watcher is perfect, but need not say so
        )


def _components(namespace: Namespace) -> list[frozenset[str]]:
    """Names that share a list."""
    groups: list[tuple[frozenset[str], frozenset[int]]] = []
    for name, value in namespace.items():
        names, lists = frozenset({name}), frozenset(_lists_in(value))
        for group in [group for group in groups if group[1] & lists]:
            groups.remove(group)
            names, lists = names | group[0], lists | group[1]
        groups.append((names, lists))
    return [names for names, _ in groups]


def _follow(kernel: Kernel, steps: Iterable[Step], saved: Namespace) -> Namespace:
    restored: Namespace = {}
    for step in steps:
        if isinstance(step, Run):
            cell = kernel.history[step.cell]
            assert cell.source is not None
            assert _run(cell.source, restored) == cell.success
        elif isinstance(step, Load):
            restored.update((name, _with_globals(saved[name], restored)) for name in step.names)
        else:
            for name in step.names:
                del restored[name]
    return _bound(restored)


def _with_globals(value: object, namespace: Namespace) -> object:
    return types.FunctionType(value.__code__, namespace) if isinstance(value, types.FunctionType) else value


def _picture(namespace: Namespace, names: Iterable[str]) -> dict[str, object]:
    """Values and sharing, in a form that can be compared: each list by the way in which it is reached first."""
    ways: dict[int, str] = {}

    def draw(value: object, way: str) -> object:
        if isinstance(value, types.FunctionType):
            return value.__code__.co_code, value.__code__.co_names
        if not isinstance(value, list):
            return value
        if id(value) in ways:
            return f"see {ways[id(value)]}"
        ways[id(value)] = way
        return [draw(item, f"{way}[{place}]") for place, item in enumerate(value)]

    return {name: draw(namespace[name], name) for name in sorted(names)}


@given(program=programs, data=st.data())
def test_following_a_plan_gives_the_same_session(program: list[str | int], data: st.DataObject) -> None:
    kernel = Kernel()
    ran: list[str] = []
    for line in program:
        source = line if isinstance(line, str) else ran[-1 - line % len(ran)] if ran else "a = []"
        kernel.run(source)
        ran.append(source)
    names = _bound(kernel.namespace)
    assert kernel.history.active().keys() == names.keys()

    components = tuple(
        Component(
            linked,
            serialise_seconds=data.draw(st.integers(0, 4), label=f"cost of {sorted(linked)}"),
            unstorable=data.draw(st.sampled_from(["", "", "generator"]), label="unstorable"),
        )
        for linked in _components(names)
    )
    refused = data.draw(st.frozensets(st.integers(0, len(program)), max_size=2), label="refused")

    def refusals(cell: CellExecution) -> tuple[str, ...]:
        return ("refused",) if cell.index in refused else ()

    history = from_json(to_json(kernel.history))
    plan = make_plan(history, Costs(components, 1.0, 1.0), refusals)
    lost = {unmovable.name for unmovable in plan.infeasible}
    memo: dict[int, Any] = {}  # one for all: what is stored keeps its sharing
    saved = {name: copy.deepcopy(kernel.namespace[name], memo) for name in sorted(plan.stored)}
    restored = _follow(kernel, plan.steps, saved)
    assert restored.keys() == names.keys() - lost
    assert _picture(restored, restored) == _picture(names, restored)


@given(program=programs)
def test_rerunning_the_requirement_of_each_name_alone_gives_its_value(program: list[str | int]) -> None:
    kernel = Kernel()
    for line in program:
        kernel.run(line if isinstance(line, str) else "a = [0]")
    for name, value in _bound(kernel.namespace).items():
        cells = kernel.history.requirement([name], available=frozenset())
        restored = _follow(kernel, schedule(kernel.history, stored=(), cells=cells), {})
        assert _picture(restored, [name]) == _picture({name: value}, [name])
