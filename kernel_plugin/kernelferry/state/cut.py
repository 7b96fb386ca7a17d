"""The cheapest choice of what to recompute: a minimum cut, exactly.

Each *item* is either stored, at its price, or recomputed, for which all its cells have to run, each of them once and at
its price however many items need it. As a network (ElasticNotebook, section 5.4): source → item with the price of
storing; item → its writers and cell → the cells that it needs, without a limit; cell → sink with the price of running.
The items on the source's side of a minimum cut are recomputed. (The paper draws an arc from an item to every cell that
it needs; through the cells' own needs it is the same network with far fewer arcs.) Of several minimum cuts it is the
one with the smallest source's side, which is unique: what is equally dear is stored.

networkx finds the cut, but it needs most of a second to be imported, and a thousand variables keep it busy for a third
of a second more, while for nearly all of them the answer is plain. So flow is pushed first by simple searches, and what
that leaves in doubt (mostly nothing) is cut out and handed over. This rests on a property of flows: a path that can
still be augmented runs through nodes that the source reaches, and that reach the sink, in the residual network. All
other nodes keep their arcs as they are, for good, so their side of the cut follows from the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_ROUNDS = 12
"""Of pushing, before networkx takes over. A guess: a round costs about a hundredth of the import of networkx."""

# A node is a cell, by its index, or an item, by the complement of its place: so nodes are numbers and cannot collide.
_Node = int


@dataclass(frozen=True, slots=True)
class Item:
    """What is stored or recomputed as one: the price of storing it, and the cells that wrote it."""

    price: int
    writers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The answer: which items to recompute, by their place; and how much was left for networkx to decide."""

    recomputed: frozenset[int]
    nodes: int = 0
    edges: int = 0


def choose(items: Sequence[Item], needs: Mapping[int, Collection[int]], prices: Mapping[int, int]) -> Choice:
    """Choose what to recompute, at the least total price; among equals, what recomputes least.

    Args:
        items: what there is to choose from.
        needs: for each cell that matters, the earlier cells that it needs.
        prices: of running each of them; 0 for those that run in any case.
    """
    network = _Residual(items, needs, prices)
    seeds = {~place for place, item in enumerate(items) if item.price}
    doubtful = network.doubtful(seeds)
    for _ in range(_ROUNDS if doubtful else 0):
        network.push_round(doubtful)
        seeds = {node for node in seeds if network.left[node]}
        doubtful = network.doubtful(seeds)
        if not doubtful:
            break
    side, edges = _cut(network, doubtful) if doubtful else (set[_Node](), 0)
    # Doubt is over: of the doubtful nodes, only those on the source's side may be passed through.
    side = network.reached_from(side | (seeds - doubtful), barred=doubtful - side)
    return Choice(frozenset(~node for node in side if node < 0), len(doubtful), edges)


class _Residual:
    """The network with a flow in it: what is left of each limit, and what could be taken back."""

    def __init__(self, items: Sequence[Item], needs: Mapping[int, Collection[int]], prices: Mapping[int, int]) -> None:
        # The nearest cells first: fewest others need them, so flow that goes there is in nobody's way.
        self.arcs: dict[_Node, list[_Node]] = {cell: sorted(needed, reverse=True) for cell, needed in needs.items()}
        self.arcs.update((~place, sorted(item.writers, reverse=True)) for place, item in enumerate(items))
        # What can still flow from the source to an item, or from a cell to the sink.
        self.left: dict[_Node, int] = {cell: prices[cell] for cell in needs}
        self.left.update((~place, item.price) for place, item in enumerate(items))
        # What flows into a node from others, and so can be taken back.
        self.inflow: dict[_Node, dict[_Node, int]] = defaultdict(dict)

    def push_round(self, nodes: set[_Node]) -> None:
        """Push through some nodes what is found when none is left twice without success: in about linear time."""
        tried = dict.fromkeys(nodes, 0)
        blocked = self.arcs.keys() - nodes
        # Items whose cells came first have the fewest to choose from.
        for item in sorted((node for node in nodes if node < 0), key=lambda node: self.arcs[node][:1]):
            self._push(item, tried, blocked)

    def _push(self, item: _Node, tried: dict[_Node, int], blocked: set[_Node]) -> None:
        path = [item]
        blocked.add(item)  # nodes on the path are blocked against going in circles
        while path and self.left[item]:
            node = path[-1]
            if node >= 0 and self.left[node]:
                kept = self._augment(path)
                blocked.difference_update(path[kept:])
                del path[kept:]
            elif (onward := self._open_arc(node, tried, blocked)) is not None:
                path.append(onward)
                blocked.add(onward)
            else:
                path.pop()  # it stays blocked: from here nothing leads on
        blocked.difference_update(path)

    def _open_arc(self, node: _Node, tried: dict[_Node, int], blocked: set[_Node]) -> _Node | None:
        arcs = self.arcs[node]
        while tried[node] < len(arcs):
            if arcs[tried[node]] not in blocked:
                return arcs[tried[node]]
            tried[node] += 1
        return next((back for back in self.inflow[node] if back not in blocked), None)

    def _augment(self, path: list[_Node]) -> int:
        """Push along a path as much as it takes; gives how much of the path is still open."""
        arcs = list(pairwise(path))
        # Flow that is taken back; whatever goes forward has no limit between an item and the last cell.
        returning = [
            (self.inflow[start][end], place) for place, (start, end) in enumerate(arcs, 1) if end in self.inflow[start]
        ]
        amount = min([self.left[path[0]], self.left[path[-1]], *(flow for flow, _ in returning)])
        self.left[path[0]] -= amount
        self.left[path[-1]] -= amount
        for start, end in arcs:
            if end not in self.inflow[start]:
                self.inflow[end][start] = self.inflow[end].get(start, 0) + amount
            elif self.inflow[start][end] > amount:
                self.inflow[start][end] -= amount
            else:
                del self.inflow[start][end]
        return next((place for flow, place in returning if flow == amount), len(path))

    def doubtful(self, seeds: Iterable[_Node]) -> set[_Node]:
        """The nodes through which more could flow, from some items to the sink."""
        return self.reached_from(seeds) & self._reaching_sink()

    def reached_from(self, starts: Iterable[_Node], *, barred: Collection[_Node] = ()) -> set[_Node]:
        """All nodes to which more could flow from some."""
        return _reach(starts, self.onward, barred)

    def _reaching_sink(self) -> set[_Node]:
        backward: dict[_Node, list[_Node]] = defaultdict(list)
        for node in self.arcs:
            for onward in self.onward(node):
                backward[onward].append(node)
        return _reach((node for node, left in self.left.items() if node >= 0 and left), backward.__getitem__, ())

    def onward(self, node: _Node) -> list[_Node]:
        """The arcs of the residual network: those of the network, and back along each flow."""
        return [*self.arcs[node], *self.inflow.get(node, ())]


def _reach(
    starts: Iterable[_Node], onward: Callable[[_Node], Iterable[_Node]], barred: Collection[_Node]
) -> set[_Node]:
    found = set(starts)
    pending = list(found)
    while pending:
        new = [node for node in onward(pending.pop()) if node not in found and node not in barred]
        found.update(new)
        pending.extend(new)
    return found


def _cut(network: _Residual, doubtful: set[_Node]) -> tuple[set[_Node], int]:
    """Let networkx cut the doubtful part; gives the nodes on the source's side, and the number of edges."""
    import networkx as nx  # noqa: PLC0415 - see the module's docstring
    from networkx.algorithms.flow import shortest_augmenting_path  # noqa: PLC0415 - likewise

    # networkx returns the largest source's side among the minimum cuts. We want the smallest, so the network is built
    # the other way round, and its answer is the side from which the goal can still be reached.
    graph: nx.DiGraph[int | str] = nx.DiGraph()
    for node in doubtful:
        for onward in network.arcs[node]:
            if onward in doubtful:
                graph.add_edge(onward, node)
        for back, flow in network.inflow.get(node, {}).items():
            if back in doubtful:
                graph.add_edge(back, node, capacity=flow)
        if network.left[node]:
            graph.add_edge(*(("sink", node) if node >= 0 else (node, "source")), capacity=network.left[node])
    _, (_, side) = nx.minimum_cut(graph, "sink", "source", flow_func=shortest_augmenting_path)
    return {node for node in side if isinstance(node, int)}, graph.number_of_edges()
