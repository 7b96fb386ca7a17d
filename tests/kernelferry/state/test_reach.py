"""What a cell can touch through the objects that it can reach, in bounded time."""

from __future__ import annotations

import functools
import time
from typing import Any

import numpy as np
import pytest

from kernelferry.state.code_names import GlobalNames
from kernelferry.state.reach import MISSING, reachable_globals

SESSION = """
import functools, operator, itertools, collections, weakref
def leaf(): return target
lam = lambda: target
part = functools.partial(leaf, 1)
cached = functools.lru_cache(leaf)
def wrapper():
    @functools.wraps(leaf)
    def inner(): return leaf()
    return inner
wrapped = wrapper()
def closed(function): return lambda: function()
closure = closed(leaf)
def default(f=leaf): return f()
def keyword(*, f=leaf): return f()
class Plain:
    def method(self): return target
class Child(Plain): pass
class Meta(type):
    def __call__(cls): return target
class Made(metaclass=Meta): pass
class Slots:
    __slots__ = ('callback',)
instance = Child()
bound = instance.method
slotted = Slots(); slotted.callback = leaf
holder = Plain.__new__(Plain); holder.callback = leaf
listed = [[{'k': (leaf,)}]]
mapped = map(leaf, ())
chained = itertools.chain([leaf])
deque = collections.deque([leaf])
default_dict = collections.defaultdict(leaf)
def generator(): yield target
suspended = generator()
class Static:
    call = staticmethod(leaf)
class Prop:
    @property
    def value(self): return target
prop = Prop()
@functools.singledispatch
def dispatch(x): return 0
@dispatch.register
def _(x: int): return target
single = dispatch
class Sub(dict): pass
sub = Sub(); sub.callback = leaf
subbed = Sub(k=leaf)
append = [leaf].append
def even(k): return odd(k)
def odd(k): return even(k) or target
cyclic = []; cyclic.append(cyclic); cyclic.append(leaf)
indirect = closed(closed(closed(leaf)))
plain = [1, 'a', {'b': (2.0, None)}]
module = functools
space = globals()
spaces = [globals()]
big = list(range(100_000))
def keeps(thing): return lambda: thing
keeper = keeps(globals())
def unfilled():
    def inner(): return later and target
    if target is inner: later = 1
    return inner
target = 0
half = unfilled()
class Node: pass
tree = root = Node()
for _ in range(10_000):
    root.below = Node()
    root = root.below
del root
dicts = [{'a': i, 'b': [i]} for i in range(10_000)]
"""
REACHING = [
    "lam", "part", "cached", "wrapped", "closure", "default", "keyword", "Plain", "Child", "Made", "instance",
    "bound", "slotted", "holder", "listed", "mapped", "chained", "deque", "default_dict", "suspended", "Static",
    "prop", "Prop", "single", "sub", "subbed", "append", "half", "even", "odd", "cyclic", "indirect",
]  # fmt: skip


@pytest.fixture(scope="module")
def session() -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(SESSION, namespace)  # noqa: S102 - as a kernel does
    return namespace


def _reach(session: dict[str, Any], *names: str, **options: Any) -> GlobalNames:
    return reachable_globals(names, lambda name: session.get(name, MISSING), session, **options)


@pytest.mark.parametrize("name", REACHING)
def test_the_function_inside_is_found(session: dict[str, Any], name: str) -> None:
    found = _reach(session, name)
    assert "target" in found.reads
    assert found.opaque == ()


@pytest.mark.parametrize("name", ["plain", "module", "big", "target", "unbound"])
def test_what_holds_no_function_reaches_nothing(session: dict[str, Any], name: str) -> None:
    assert _reach(session, name) == GlobalNames(reads=frozenset({name}))


@pytest.mark.parametrize("name", ["space", "spaces", "keeper"])
def test_who_holds_the_namespace_itself_is_opaque(session: dict[str, Any], name: str) -> None:
    assert _reach(session, name).opaque == ("holds the notebook's namespace itself",)


def test_functions_of_other_modules_are_not_read_for_names(session: dict[str, Any]) -> None:
    session["foreign"] = functools.wraps
    assert _reach(session, "foreign").reads == {"foreign"}


@pytest.mark.parametrize("name", ["dicts", "tree"])
def test_a_search_that_is_cut_short_is_opaque_without_a_fallback(session: dict[str, Any], name: str) -> None:
    assert _reach(session, name).opaque == ("holds more objects than can be searched for functions",)


def test_a_search_that_is_cut_short_adds_what_any_function_can_do(session: dict[str, Any]) -> None:
    fallback = GlobalNames(reads=frozenset({"leaf"}), binds=frozenset({"count"}))
    found = _reach(session, "dicts", fallback=fallback)
    assert found.opaque == ()
    assert {"leaf", "target"} <= found.reads  # followed from there, too
    assert found.binds == {"count"}


def test_an_array_of_objects_is_searched_for_functions(session: dict[str, Any]) -> None:
    session["array"] = np.array([None, session["leaf"]])
    assert "target" in _reach(session, "array").reads
    session["texts"] = np.array(["text"] * 50_000, dtype=object)
    assert _reach(session, "texts") == GlobalNames(reads=frozenset({"texts"}))


@pytest.mark.parametrize("array", [np.zeros(100_001, dtype=object), np.zeros(2, dtype=[("field", object)])])
def test_an_array_that_cannot_be_searched_is_taken_for_one_that_holds_functions(
    session: dict[str, Any], array: object
) -> None:
    session["array"] = array
    assert _reach(session, "array").opaque == (
        "holds an array of objects, which is too large to be searched for functions",
    )


def test_what_the_cell_binds_itself_is_followed_only_where_functions_read_it(session: dict[str, Any]) -> None:
    session["fresh"] = session["lam"]
    renewed = {"fresh"}
    assert _reach(session, "fresh", renewed=renewed) == GlobalNames()
    reader = {"reader": GlobalNames(reads=frozenset({"fresh"}))}
    found = _reach(session, "fresh", "reader", renewed=renewed, deferred=reader)
    assert {"fresh", "target"} <= found.reads


def test_the_time_is_bounded_whatever_the_size(session: dict[str, Any]) -> None:
    start = time.process_time()
    _reach(session, "dicts", "big", fallback=GlobalNames())
    assert time.process_time() - start < 0.5  # some milliseconds, and room for slow machines and coverage


def test_a_hundred_thousand_plain_values_are_no_reason_to_give_up(session: dict[str, Any]) -> None:
    assert _reach(session, "big", limit=10).opaque == ()
