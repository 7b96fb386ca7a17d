"""Two looks at an object that agree prove that it is unchanged; in doubt they disagree."""

from __future__ import annotations

import array
import collections
import datetime as dt
import functools
import sys
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kernelferry.kernel.contents import FIXED, OPAQUE, Footprint, Look, unchanged
from kernelferry.kernel.layouts import layout_of

NOTEBOOK: dict[str, Any] = {"__name__": "__main__"}
SOURCE = """
class Plain:
    def __init__(self, value):
        self.value = value

class Slotted:
    __slots__ = ("value",)
    def __init__(self, value):
        self.value = value

class Hostile:
    'Runs code whenever it is looked at in an ordinary way.'
    def __getattribute__(self, name):
        raise AssertionError(name)
    def __eq__(self, other):
        raise AssertionError
    def __hash__(self):
        raise AssertionError
    def __len__(self):
        raise AssertionError

class Keeper(list):
    pass
"""
exec(SOURCE, NOTEBOOK)  # noqa: S102 - as a kernel does
Plain, Slotted, Hostile, Keeper = (NOTEBOOK[name] for name in ("Plain", "Slotted", "Hostile", "Keeper"))


def look(value: object, steps: int = 1000) -> tuple[Footprint, Look]:
    found = Look(NOTEBOOK, steps)
    return found.at(value), found


def proves_unchanged(value: object, change: Callable[[], object] = lambda: None) -> bool:
    footprint, before = look(value)
    change()
    _, after = look(value)
    return footprint.complete and all(
        unchanged(before.contents[identity], after.contents.get(identity)) for identity in footprint.ids
    )


@pytest.mark.parametrize(
    "value",
    [1, "text", None, 1.5, (1, ("a",)), frozenset({1}), range(3), dt.date(2026, 1, 1), len, np.float64(1),
     np.dtype("i4"), dict, sys, OPAQUE],
)  # fmt: skip
def test_what_cannot_change_has_no_footprint(value: object) -> None:
    assert look(value)[0].fixed or value is OPAQUE


@pytest.mark.parametrize(
    "value",
    [[1, [2]], {"a": {1, 2}}, Plain([1]), Slotted([1]), np.arange(10), np.zeros(0), (1, [2]), [Hostile()],
     [float("nan")], np.arange(10)[2:], Plain.__init__, ["x" * 1000], {(1, 2): Plain(3)}],
)  # fmt: skip
def test_what_stays_the_same_is_proved_to(value: object) -> None:
    assert proves_unchanged(value)


HELD: list[Any] = []
CHANGES: list[tuple[Any, Callable[[Any], object]]] = [
    ([1], lambda v: v.append(2)),
    ([1], lambda v: v.__setitem__(0, True)),
    ([0.0], lambda v: v.__setitem__(0, -0.0)),
    ([1, 2], lambda v: v.reverse()),
    ([[1]], lambda v: v[0].append(2)),
    ({"a": 1}, lambda v: v.update(a=2)),
    ({"a": 1, "b": 2}, lambda v: v.update(a=v.pop("a"))),
    ({1}, lambda v: v.add(2)),
    (Plain(1), lambda v: setattr(v, "value", 2)),
    (Plain(1), lambda v: vars(v).update(other=vars(v).pop("value"))),
    (Slotted([1]), lambda v: v.value.append(2)),
    (Slotted(1), lambda v: delattr(v, "value")),
    (np.arange(3), lambda v: v.__setitem__(0, 9)),
    (np.arange(4), lambda v: v.resize(2, refcheck=False)),
    (lambda held=HELD: held, lambda v: v().append(1)),
    ((1, [2]), lambda v: v[1].append(3)),
    (["x" * 100_000], lambda v: v.append(1)),
    (collections.deque([1, 2]), lambda v: v.rotate()),
    (collections.OrderedDict(a=1, b=2), lambda v: v.move_to_end("a")),
    (collections.defaultdict(list), lambda v: v["k"]),
]


@pytest.mark.parametrize(("value", "change"), CHANGES)
def test_what_changes_is_never_proved_unchanged(value: Any, change: Callable[[Any], object]) -> None:
    assert not proves_unchanged(value, lambda: change(value))


@pytest.mark.parametrize(
    "value",
    [bytearray(b"1"), iter([1]), (i for i in "ab"), functools.lru_cache(len), Keeper([1]),
     array.array("i", [1]), np.zeros(100_000), np.array([[]], dtype=object), np.random.default_rng(0),
     collections.Counter("a"), functools.partial(print, [1])],
)  # fmt: skip
def test_what_hides_its_content_is_opaque(value: object) -> None:
    assert not proves_unchanged(value)


def test_views_share_a_footprint_with_their_base() -> None:
    base = np.zeros(10)
    assert look(base)[0].ids <= look(base[2:][1:])[0].ids


@pytest.mark.parametrize(
    "wrap", [iter, lambda v: v.append, weakref.ref, lambda v: (x for x in v), lambda v: {"k": (v,)}, Plain]
)
def test_who_leads_to_an_object_shares_its_footprint(wrap: Callable[[Any], object]) -> None:
    held = collections.UserList([1]) if wrap is weakref.ref else [1]
    assert look(held)[0].ids <= look(wrap(held))[0].ids


def test_large_containers_of_numbers_are_complete_and_others_are_not() -> None:
    assert look(list(range(10_000)), steps=500)[0].complete
    assert look({i: str(i) for i in range(10_000)}, steps=500)[0].complete
    assert not look({i: [i] for i in range(10_000)}, steps=500)[0].complete
    assert not look([[i] for i in range(10_000)], steps=500)[0].complete
    assert not look(list(range(10_000_000)), steps=500)[0].complete
    assert not look(Plain([[i] for i in range(600)]), steps=500)[0].complete


def test_a_look_keeps_no_object_alive() -> None:
    class Weak:
        pass

    value = [Weak()]
    gone = weakref.ref(value[0])
    _, kept = look(value)
    contents = kept.contents
    del kept
    value.clear()
    assert gone() is None
    assert contents


def test_the_notebook_itself_is_no_content() -> None:
    namespace: dict[str, object] = {}
    namespace["x"] = [namespace]
    found = Look(namespace, 100).at(namespace["x"])
    assert found == Footprint(frozenset({id(namespace["x"])}))


def test_classes_with_hidden_state_are_told_from_others() -> None:
    assert not layout_of(Plain).hides
    assert not layout_of(Slotted).hides
    assert not layout_of(Hostile).hides
    for cls in (
        Keeper,
        collections.deque,
        collections.OrderedDict,
        functools.partial,
        np.ndarray,
        type("T", (dict,), {}),
    ):
        assert layout_of(cls).hides, cls
    assert look(1)[0] is FIXED
