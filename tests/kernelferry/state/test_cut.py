"""The choice is a minimum cut of the paper's network, whoever finds it, and of several the one that stores most."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernelferry.state import cut
from kernelferry.state.cut import Choice, Item, choose

Network = tuple[list[Item], dict[int, list[int]], dict[int, int]]


@st.composite
def networks(draw: st.DrawFn, cells: int = 7, items: int = 6) -> Network:
    count = draw(st.integers(1, cells))
    needs = {cell: draw(st.lists(st.sampled_from(range(cell)), unique=True)) if cell else [] for cell in range(count)}
    writers = st.lists(st.integers(0, count - 1), min_size=1, max_size=2, unique=True).map(tuple)
    chosen = draw(st.lists(st.builds(Item, st.integers(0, 9), writers), max_size=items))
    return chosen, needs, {cell: draw(st.integers(0, 9)) for cell in needs}


def _cells_of(recomputed: frozenset[int], network: Network) -> set[int]:
    items, needs, _ = network
    pending = [writer for place in recomputed for writer in items[place].writers]
    found = set(pending)
    while pending:
        new = set(needs[pending.pop()]) - found
        found |= new
        pending.extend(new)
    return found


def _price(recomputed: frozenset[int], network: Network) -> int:
    items, _, prices = network
    stored = sum(item.price for place, item in enumerate(items) if place not in recomputed)
    return stored + sum(prices[cell] for cell in _cells_of(recomputed, network))


def _price_of_paper_network(network: Network) -> int:
    items, _, prices = network
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(("source", "sink"))
    for place, item in enumerate(items):
        graph.add_edge("source", f"item {place}", capacity=item.price)
        for cell in _cells_of(frozenset({place}), network):
            graph.add_edge(f"item {place}", f"cell {cell}")
    for cell, price in prices.items():
        graph.add_edge(f"cell {cell}", "sink", capacity=price)
    return int(nx.minimum_cut_value(graph, "source", "sink"))


@given(networks())
def test_no_other_choice_is_cheaper_and_equally_cheap_ones_recompute_more(network: Network) -> None:
    places = range(len(network[0]))
    choices = [frozenset(some) for count in range(len(places) + 1) for some in combinations(places, count)]
    least = min(_price(choice, network) for choice in choices)
    found = choose(*network).recomputed
    assert _price(found, network) == least
    assert all(found <= choice for choice in choices if _price(choice, network) == least)


@given(networks(cells=40, items=30))
def test_the_price_is_that_of_the_network_in_the_paper(network: Network) -> None:
    assert _price(choose(*network).recomputed, network) == _price_of_paper_network(network)


@given(networks(cells=40, items=30))
def test_it_does_not_matter_how_much_is_left_to_networkx(network: Network) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cut, "_ROUNDS", 0)
        all_of_it = choose(*network).recomputed
        patch.setattr(cut, "_ROUNDS", 1)
        some_of_it = choose(*network).recomputed
    assert all_of_it == some_of_it == choose(*network).recomputed


def test_networkx_decides_what_pushing_leaves_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cut, "_ROUNDS", 0)
    choice = choose([Item(5, (1,)), Item(1, (2,))], {0: [], 1: [0], 2: [0]}, {0: 1, 1: 1, 2: 1})
    assert choice == Choice(frozenset({0}), nodes=5, edges=9)


def test_a_cell_that_runs_anyway_costs_nobody_anything() -> None:
    assert choose([Item(1, (0,))], {0: []}, {0: 0}).recomputed == {0}


def test_what_costs_nothing_to_store_is_stored() -> None:
    assert choose([Item(0, (0,))], {0: []}, {0: 0}).recomputed == frozenset()


def test_two_items_share_a_cell_that_neither_would_pay_for_alone() -> None:
    shared = [Item(6, (0,)), Item(6, (0,))]
    assert choose(shared, {0: []}, {0: 10}).recomputed == {0, 1}
    assert choose(shared[:1], {0: []}, {0: 10}).recomputed == frozenset()
