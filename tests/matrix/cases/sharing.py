"""Identity across variables, containers and cells; depth, cycles and size."""

from __future__ import annotations

from tests.matrix.case import EITHER, Case

CASES = (
    Case(
        "two names for one list are one list, two equal lists are two",
        make=r"""
        one_list = [1, 2]
        same_list = one_list
        # %%
        equal_list = [1, 2]
        """,
        check=r"""
        one_list.append(3)
        assert same_list is one_list and equal_list == [1, 2] and equal_list is not one_list
        """,
    ),
    Case(
        "a name that was bound anew in a later cell to an equal value shares with nobody",
        make=r"""
        old_value = {"k": [1]}
        holder_of_old = [old_value]
        # %%
        old_value = {"k": [1]}
        """,
        check=r"""
        old_value["k"].append(2)
        assert holder_of_old == [{"k": [1]}] and holder_of_old[0] is not old_value
        """,
    ),
    Case(
        "an alias made in a later cell to a part of a value stays a part of it",
        make=r"""
        whole = {"part": {"deep": [1]}}
        # %%
        deep_part = whole["part"]["deep"]
        # %%
        whole["part"]["deep"] += [2]
        """,
        check=r"""
        deep_part.append(3)
        assert whole == {"part": {"deep": [1, 2, 3]}} and whole["part"]["deep"] is deep_part
        """,
    ),
    Case(
        "an object shared by instances, closures, defaults and class attributes is one object",
        make=r"""
        hub = {"n": 0}
        class UsesHub:
            hub = hub
            def __init__(self): self.mine = hub
        def hub_closure():
            inner = hub
            return lambda: inner
        def hub_default(h=hub): return h
        hub_user, hub_from_closure = UsesHub(), hub_closure()
        import functools
        hub_partial = functools.partial(id, hub)
        """,
        check=r"""
        assert hub is UsesHub.hub is hub_user.mine is hub_from_closure() is hub_default() is hub_partial.args[0]
        """,
    ),
    Case(
        "a knot of list, dict, tuple, set, function and instance comes back as the same knot",
        make=r"""
        class Knot: pass
        knot = Knot()
        knot_list, knot_dict = [], {}
        knot_tuple = (knot_list, knot_dict, knot)
        knot.loop = lambda: knot_tuple
        knot_list += [knot_tuple, knot_list]
        knot_dict[knot] = knot_set = {knot}
        knot_dict["self"] = knot_dict
        """,
        check=r"""
        assert knot_list[0] is knot_tuple and knot_tuple[0] is knot_list is knot_list[1] and knot.loop() is knot_tuple
        assert knot_dict[knot] is knot_set and knot_dict["self"] is knot_dict and knot_set == {knot}
        """,
    ),
    Case(
        "lists nested a hundred thousand deep move, without the recursion limit",
        make=r"""
        deep_list = []
        for _ in range(100_000):
            deep_list = [deep_list]
        """,
        check=r"""
        depth, inner = 0, deep_list
        while inner:
            depth, inner = depth + 1, inner[0]
        assert depth == 100_000
        """,
        alone=True,
    ),
    Case(
        "a linked list of user instances, twenty thousand long, moves with both directions",
        make=r"""
        class Link:
            def __init__(self, value, before): self.value, self.before, self.after = value, before, None
        first_link = last_link = Link(0, None)
        for link_number in range(1, 20_000):
            last_link.after = Link(link_number, last_link)
            last_link = last_link.after
        """,
        check=r"""
        length, here = 1, first_link
        while here.after:
            assert here.after.before is here
            length, here = length + 1, here.after
        assert length == 20_000 and here is last_link
        """,
        alone=True,
    ),
    Case(
        "deeply nested dicts, tuples and closures move together",
        make=r"""
        deep_dicts, deep_tuple, deep_function = {}, (), lambda: 0
        def wrapped(function): return lambda: function
        for nesting in range(5000):
            deep_dicts, deep_tuple, deep_function = {nesting: deep_dicts}, (deep_tuple,), wrapped(deep_function)
        """,
        check=r"""
        level, opened_dict, opened_tuple, called = 5000, deep_dicts, deep_tuple, deep_function
        while level:
            level -= 1
            opened_dict, (opened_tuple,), called = opened_dict[level], opened_tuple, called()
        assert opened_dict == {} and opened_tuple == () and called() == 0
        """,
        alone=True,
    ),
    Case(
        "what a cell changed in place, with length and type unchanged, is the changed value",
        make=r"""
        in_place = [1, 2, 3]
        in_place_dict = {"a": 1}
        # %%
        in_place[1] = 20
        in_place_dict["a"] = 10
        """,
        check="assert in_place == [1, 20, 3] and in_place_dict == {'a': 10}",
    ),
    Case(
        "many names for parts of one large structure stay parts of it",
        make=r"""
        forest = [{"id": i, "kids": []} for i in range(2000)]
        for tree_entry in forest[1:]:
            forest[tree_entry["id"] // 2]["kids"].append(tree_entry)
        tree_top, tree_mid = forest[0], forest[1000]
        """,
        check=r"""
        tree_mid["mark"] = True
        assert tree_top is forest[0] and forest[500]["kids"][0] is tree_mid is forest[1000]
        assert sum(len(each["kids"]) for each in forest) == 1999 and tree_entry is forest[-1]
        """,
    ),
    Case(
        "shared tuples with mutable parts, and a tuple in itself by way of a list, are the same",
        make=r"""
        mutable_part = []
        shared_tuple = (1, mutable_part)
        tuple_holders = [shared_tuple, shared_tuple]
        mutable_part.append(shared_tuple)
        """,
        check=r"""
        assert tuple_holders[0] is tuple_holders[1] is shared_tuple is mutable_part[0]
        assert shared_tuple[1] is mutable_part
        """,
    ),
    Case(
        "a dictionary whose keys are tuples holding the dictionary's owner is found by them",
        make=r"""
        class Graph:
            def __init__(self): self.edges = {}
            def link(self, a, b): self.edges[(self, a, b)] = {"from": a}
        graph_owner = Graph()
        graph_owner.link("x", "y")
        """,
        check="assert graph_owner.edges[(graph_owner, 'x', 'y')] == {'from': 'x'} and len(graph_owner.edges) == 1",
    ),
    Case(
        "an instance whose hash needs attributes is a key in its own dictionary",
        make=r"""
        class SelfKey:
            def __init__(self, name): self.name = name; self.index = {self: name}
            def __hash__(self): return hash(self.name)
            def __eq__(self, other): return self is other
        self_key = SelfKey("me")
        """,
        check="assert self_key.index[self_key] == 'me'",
    ),
    Case(
        "a value that cannot be stored does not take those with it that only look at the same class or module",
        make=r"""
        # ferry: never-replay
        import json
        class SharedKind: registry = {"a": 1}
        bad_value = {"kind": SharedKind, "gen": (x for x in [1]), "module": json}
        good_value = {"kind": SharedKind, "module": json, "made": SharedKind()}
        """,
        check="assert good_value['kind'] is SharedKind is type(good_value['made']) and SharedKind.registry == {'a': 1}",
        expected={"bad_value": "skipped"},
        reasons={"bad_value": "generator"},
    ),
    Case(
        "a random value beside something that cannot be stored keeps its value",
        make=r"""
        import random
        drawn = [random.random() for _ in range(3)]
        drawn_copy = list(drawn)
        drawn_gen = (x for x in drawn)
        """,
        check=r"""
        assert drawn == drawn_copy and len(set(drawn)) == 3
        if "drawn_gen" in globals():
            assert list(drawn_gen) == drawn_copy
        """,
        expected=dict.fromkeys(("drawn", "drawn_copy", "drawn_gen"), EITHER),
        alone=True,
    ),
)
