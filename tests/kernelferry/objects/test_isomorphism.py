"""What shares what, within a variable or across them, does so after a move, and nothing else does."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernelferry.objects import grouping, pickling, sharing
from kernelferry.objects.definitions import Registry
from kernelferry.objects.dumping import Dumped, Root
from kernelferry.objects.grouping import Grouped, dump_grouped
from kernelferry.objects.loading import Loader, Stored, dump_skeletons
from kernelferry.objects.pickling import Session
from tests.kernelferry.objects.graphs import MADE, MUTABLE, STUCK, VIEWS, Node, build, new_space, nodes
from tests.kernelferry.objects.graphs import space_with_classes as new_session
from tests.kernelferry.objects.pictures import picture

EXAMPLES = max(300, int(os.environ.get("KERNELFERRY_SOAK", "0")) * 10)
CONTAINERS = ("list", "dict", "set", "tuple", "frozenset", "plain", "int", "text")
ARRAYS = ("list", "tuple", "numbers", "fortran", "permuted", "cube", "objects", "bytearray", *VIEWS)
OF_OBJECTS = ("objects", "cube")
DEFINITIONS = ("list", "dict", "plain", "class", "closure", "default", "method", "private", "tuple")
kinds = st.sampled_from([(*MUTABLE, *MADE), CONTAINERS, ARRAYS, DEFINITIONS])
graphs = kinds.flatmap(nodes)
# An array of objects that shows a part of what another one shows is written as that part of the whole.
stuck_graphs = kinds.flatmap(lambda found: nodes((*(kind for kind in found if kind not in OF_OBJECTS), STUCK, STUCK)))
roots = st.lists(st.integers(0, 255), min_size=1, max_size=6)


@dataclass(frozen=True)
class Sizes:
    """Where the engine begins to go another way, for larger things: small, so that it does so here."""

    worth_asking: int = grouping._WORTH_ASKING
    large: int = sharing.LARGE
    small_buffer: int = pickling.SMALL_BUFFER


sizes = st.sampled_from([Sizes(), Sizes(worth_asking=0), Sizes(large=3), Sizes(0, 3, 8)])


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = (grouping._WORTH_ASKING, sharing.LARGE, pickling.SMALL_BUFFER)
    yield
    grouping._WORTH_ASKING, sharing.LARGE, pickling.SMALL_BUFFER = before


@dataclass(frozen=True)
class Moved:
    """What came of a move.

    Args:
        variables: those that were loaded.
        lost: those that could not be stored.
    """

    variables: dict[str, Any]
    lost: set[str]


def move(variables: Mapping[str, Any], space: dict[str, Any], chosen: Sizes = Sizes()) -> Moved:
    """Store variables, and load them beside the originals."""
    grouping._WORTH_ASKING, sharing.LARGE, pickling.SMALL_BUFFER = (
        chosen.worth_asking, chosen.large, chosen.small_buffer
    )  # fmt: skip
    session = Session(Registry(space))
    grouped = dump_grouped([Root(f"={name}", value) for name, value in variables.items()], session)
    check_ties(grouped)
    parts = enumerate(grouped.components)
    stored = {str(number): Stored(part.marks, lambda part=part: opened(part)) for number, part in parts}  # type: ignore[misc]
    loader = Loader(new_space(), dump_skeletons(session), stored)
    found: dict[str, Any] = {}
    for key in stored:
        found.update(loader.load(key))
    return Moved(
        {name: found[name] for name in variables if name in found},
        {key[1:] for key in grouped.failures if key[0] == "="},
    )


def opened(part: Dumped) -> tuple[io.BytesIO, list[bytearray]]:
    return io.BytesIO(bytes(part.stream)), [bytearray(buffer.raw()) for buffer in part.buffers]


def check_ties(grouped: Grouped) -> None:
    tied = [key for tie in grouped.ties for key in tie]
    assert len(tied) == len(set(tied)), "a root in two ties"
    marks = [mark for part in grouped.components for mark in part.marks if mark[0] not in "!#"]
    assert not any(part.needs & grouped.failures.keys() for part in grouped.components), "what is stored can be made"
    assert sorted([*marks, *grouped.failures]) == sorted(tied), "each root is stored once, or has failed"


def variables_of(graph: list[Node], chosen: list[int], space: dict[str, Any]) -> dict[str, Any]:
    made = build(graph, space)
    return {f"v{number}": made[place % len(made)] for number, place in enumerate(chosen)}


@settings(max_examples=EXAMPLES)
@given(graph=graphs, chosen=roots, size=sizes)
def test_what_is_loaded_is_isomorphic_to_what_was_stored(graph: list[Node], chosen: list[int], size: Sizes) -> None:
    space = new_session()
    variables = variables_of(graph, chosen, space)
    before = picture(variables)
    moved = move(variables, space, size)
    assert moved.lost == set()
    assert picture(moved.variables) == before
    assert picture(variables) == before, "the session itself"


@settings(max_examples=EXAMPLES)
@given(graph=stuck_graphs, chosen=roots, size=sizes)
def test_what_cannot_be_stored_spoils_nothing_that_does_not_hold_it(
    graph: list[Node], chosen: list[int], size: Sizes
) -> None:
    space = new_session()
    variables = variables_of(graph, chosen, space)
    holders = {
        name for name, value in variables.items() if any("generator" in each for each in picture({"": value}).objects)
    }
    moved = move(variables, space, size)
    assert moved.lost == holders
    free = {name: value for name, value in variables.items() if name not in holders}
    assert picture(moved.variables) == picture(free)


# --- what these have found --------------------------------------------------------------------------------------------


def test_an_array_of_objects_may_hold_a_view_of_itself() -> None:
    array = np.empty(3, object)
    array[0] = array[1:]
    array[1] = array
    array[2] = np.empty(0, object)
    check({"view": array[:2], "array": array})


@pytest.mark.parametrize("kind", [int, object])
def test_views_of_an_array_in_another_order_than_c_and_fortran_show_the_same_elements(kind: type) -> None:
    array = np.arange(24).astype(kind).reshape(2, 3, 4).transpose(1, 0, 2).copy(order="K")
    check({"array": array, "view": array[1:]})
    check({"one": array[1:], "other": array[:2, 1]})
    check({"array": array})


@pytest.mark.parametrize("large", [3, sharing.LARGE])
def test_deep_graphs_share_their_ends(large: int) -> None:
    end = [1]
    one: Any = end
    other: Any = {"end": end}
    for _ in range(30_000):
        one, other = [one], (other,)
    check({"one": one, "other": other, "end": end}, Sizes(large=large))


def test_one_object_in_many_variables_ties_them_all() -> None:
    shared: list[Any] = []
    variables: dict[str, Any] = {f"v{number}": {"own": [number], "shared": shared} for number in range(300)}
    shared.extend([variables["v0"], variables["v299"]])
    check({**variables, "alone": [shared[:0]]})


def test_an_array_that_holds_what_cannot_be_stored_is_lost_alone() -> None:
    shared = [1]
    array = np.array([shared, None], dtype=object)
    array[1] = (each for each in shared)
    other = np.array([shared, None], dtype=object)
    moved = move({"array": array, "shared": shared, "other": other, "same": array}, new_session())
    assert moved.lost == {"array", "same"}
    assert picture(moved.variables) == picture({"shared": shared, "other": other})


def check(variables: dict[str, Any], size: Sizes = Sizes()) -> None:
    before = picture(variables)
    moved = move(variables, new_session(), size)
    assert moved.lost == set()
    assert picture(moved.variables) == before


def test_what_is_shared_with_something_that_needs_a_lost_function_is_stored() -> None:
    space = new_session()
    shared = [1]
    lost = space["make_closure"](each for each in shared)
    other = space["make_closure"]([lost])
    moved = move({"holder": [shared, other], "shared": shared, "also": [shared]}, space)
    assert moved.lost == {"holder"}
    assert picture(moved.variables) == picture({"shared": shared, "also": [shared]})
