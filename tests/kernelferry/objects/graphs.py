"""Graphs of objects that share each other in every way there is.

A graph is drawn as a list of plain specifications, so that hypothesis can make it smaller. It is built in three rounds:
first all objects that can be filled later, then, in their order, those that must be made of others, then the contents.
So cycles go through anything that can change.
"""

from __future__ import annotations

import types
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

# As cells of a notebook would define them: no import brings these back.
_CLASSES = """
class Plain:
    pass

class Slotted:
    __slots__ = ('first', 'second', 'tag')

class Both(Slotted):
    def __init__(self):
        self.first = None

class Private:
    __slots__ = ('__hidden', '__dict__')
    def hide(self, value):
        self.__hidden = value

class MyList(list):
    pass

class MyDict(dict):
    pass

class Shared:
    held = None

def make_closure(held):
    def closure():
        return held
    return closure

def make_default():
    def default(held=None):
        return held
    return default

def make_stuck(held):
    return (each for each in [held])
"""

MUTABLE = (
    "list", "dict", "set", "deque", "ordered", "bytearray", "plain", "slotted", "both", "private", "mylist", "mydict",
    "class", "default", "objects", "numbers", "fortran", "permuted", "cube",
)  # fmt: skip
VIEWS = ("view", "reversed", "transposed", "bytes_view", "field", "readonly")
MADE = (
    *VIEWS, "tuple", "frozenset", "closure", "method", "int", "text", "bytes", "float", "none", "large", "scalar",
    "true",
)  # fmt: skip
STUCK = "stuck"


@dataclass(frozen=True)
class Node:
    """One object of a graph.

    Args:
        kind: what it is.
        children: what it holds: numbers that are taken modulo what there is.
        seed: what else there is to choose.
    """

    kind: str
    children: tuple[int, ...] = ()
    seed: int = 0


def nodes(kinds: Sequence[str], *, most: int = 16) -> st.SearchStrategy[list[Node]]:
    """Draw the objects of a graph."""
    numbers = st.integers(0, 255)
    one = st.builds(Node, st.sampled_from(kinds), st.lists(numbers, max_size=4).map(tuple), st.integers(0, 3))
    return st.lists(one, min_size=1, max_size=most)


def new_space() -> dict[str, Any]:
    """Make a namespace as a notebook has one."""
    return {"__name__": "__main__", "__builtins__": __builtins__}


def space_with_classes() -> dict[str, Any]:
    """Make one in which the classes are defined."""
    space = new_space()
    exec(compile(_CLASSES, "<cell>", "exec"), space)  # noqa: S102 - as a kernel does
    return space


def build(specified: Sequence[Node], space: Mapping[str, Any]) -> list[Any]:
    """Make the objects of a graph, in the order of their specifications."""
    return _Building(specified, space).objects()


class _Building:
    def __init__(self, specified: Sequence[Node], space: Mapping[str, Any]) -> None:
        self._nodes = specified
        self._space = space
        self._made: dict[int, Any] = {}

    def objects(self) -> list[Any]:
        for place, node in enumerate(self._nodes):
            if node.kind in MUTABLE:
                self._made[place] = self._shell(place, node)
        for place, node in enumerate(self._nodes):
            if node.kind not in MUTABLE:
                self._made[place] = self._whole(place, node)
        for place, node in enumerate(self._nodes):
            if node.kind in MUTABLE:
                self._fill(self._made[place], node)
        return [self._made[place] for place in range(len(self._nodes))]

    def _shell(self, place: int, node: Node) -> Any:
        empty: dict[str, Callable[[], Any]] = {
            "list": list, "dict": dict, "set": set, "ordered": OrderedDict,
            "deque": lambda: deque(maxlen=3 if node.seed == 1 else None),
            "bytearray": lambda: bytearray(range(place, place + 8)),
            "objects": lambda: np.full((2, 2) if node.seed % 2 else (4,), None, dtype=object),
            "numbers": lambda: np.arange(12).astype(("i8", "f4", "u1", "M8[s]")[node.seed]).reshape(3, 4),
            "fortran": lambda: np.asfortranarray(np.arange(12.0).reshape(3, 4)),
            "permuted": lambda: np.arange(12).reshape(3, 2, 2).transpose(1, 0, 2).copy(order="K"),
            "cube": lambda: np.full((3, 2, 2), None, dtype=object).transpose(1, 0, 2).copy(order="K"),
            "class": lambda: type(self._space["Shared"])(f"Made{place}", (self._space["Shared"],),
                                                         {"__module__": "__main__"}),
            "default": self._space["make_default"],
            "plain": self._space["Plain"], "slotted": self._space["Slotted"],
            "both": self._space["Both"], "private": self._space["Private"],
            "mylist": self._space["MyList"], "mydict": self._space["MyDict"],
        }  # fmt: skip
        made = empty[node.kind]()
        if isinstance(made, types.FunctionType):
            made.__qualname__ = f"made{place}"
        elif node.kind in {"plain", "slotted", "both", "private"}:
            made.tag = place
        return made

    def _whole(self, place: int, node: Node) -> Any:  # noqa: PLR0911 - one for each kind
        there = list(self._made.values())
        children = [there[child % len(there)] for child in node.children] if there else []
        first = children[0] if children else None
        if node.kind == "tuple":
            return tuple(children)
        if node.kind == "frozenset":
            return frozenset(filter(is_hashable, children))
        if node.kind == "closure":
            made = self._space["make_closure"](first)
            made.__qualname__ = f"made{place}"
            return made
        if node.kind == "method":
            held = [each for each in there if isinstance(each, self._space["Private"])]
            return held[node.seed % len(held)].hide if held else None
        if node.kind == "stuck":
            return self._space["make_stuck"](first)
        if node.kind in VIEWS:
            return _view_of([each for each in there if isinstance(each, (np.ndarray, bytearray))], node)
        return _ATOM_OF[node.kind](place, node.seed)

    def _fill(self, made: Any, node: Node) -> None:
        children = [self._made[child % len(self._made)] for child in node.children]
        first = children[0] if children else None
        if isinstance(made, np.ndarray):
            for index, child in enumerate(children if made.dtype.hasobject else ()):
                made[np.unravel_index(index, made.shape)] = child
        elif isinstance(made, (list, deque)):
            made.extend(children)
        elif isinstance(made, dict):
            keys = [child for child in children if is_hashable(child)]
            made.update(zip(keys, children, strict=False))
            made.update((str(index), child) for index, child in enumerate(children))
        elif isinstance(made, set):
            made.update(filter(is_hashable, children))
        elif isinstance(made, type):
            made.held = first  # type: ignore[attr-defined]
        elif isinstance(made, types.FunctionType):
            made.__defaults__ = (first,)
            made.of_mine = children[-1:]  # type: ignore[attr-defined]
        elif not isinstance(made, bytearray):
            _fill_instance(made, children)
        if type(made).__name__ in {"MyList", "MyDict"}:
            made.note = first


def _fill_instance(made: Any, children: Sequence[Any]) -> None:
    for name, child in zip(("first", "second", "third", "_fourth"), children, strict=False):
        if type(made).__name__ == "Private" and name == "first":
            made.hide(child)
        elif type(made).__name__ != "Slotted" or name in {"first", "second"}:
            setattr(made, name, child)


def _view_of(memory: Sequence[Any], node: Node) -> Any:
    if not memory:
        return None
    base = memory[(node.children[0] if node.children else 0) % len(memory)]
    if isinstance(base, bytearray):
        return np.frombuffer(base, np.uint8)[node.seed :]
    if node.kind == "field" and not base.dtype.hasobject and base.flags.c_contiguous:
        return base.reshape(-1).view(np.uint8)[node.seed :: 2]
    shown = base[:, node.seed % 2] if base.ndim == 3 else base[node.seed % max(1, len(base)) :]
    shown = {"reversed": base[::-1], "transposed": base.T, "readonly": base.view()}.get(node.kind, shown)
    if node.kind == "readonly":
        shown.flags.writeable = False
    return shown


_ATOM_OF: dict[str, Callable[[int, int], Any]] = {
    "int": lambda _, seed: seed - 1,
    "text": lambda _, seed: "ab"[: seed % 3] + "é" * (seed == 3),
    "bytes": lambda _, seed: b"xy"[:seed],
    "float": lambda _, seed: (0.0, -0.0, 1.0, float("inf"))[seed],
    "none": lambda _place, _seed: None,
    "large": lambda place, _: (1 << 70) + place,
    "scalar": lambda _, seed: (np.float64(1), np.int8(1), np.bool_(True), np.str_("s"))[seed],
    "true": lambda _, seed: seed % 2 == 0,
}


def is_hashable(thing: Any) -> bool:
    """Say whether a thing can be in a set; arrays deep inside of a tuple cannot."""
    try:
        hash(thing)
    except TypeError:
        return False
    # Which of two equal ones a set holds is chance, and some are equal without looking the same.
    return not isinstance(thing, (float, np.generic, bool, types.MethodType))
