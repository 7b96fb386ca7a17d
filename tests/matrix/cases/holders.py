"""Shared objects and shared memory where they are seldom looked for."""

from __future__ import annotations

from tests.matrix.case import Case

_NUMPY = ("numpy",)

CASES = (
    Case(
        "an array seen by a closure, a default, a partial and a class attribute is one memory",
        make=r"""
        import functools, numpy as np
        samples = np.zeros(50)
        def tail_reader():
            tail = samples[-5:]
            return lambda: tail
        read_tail = tail_reader()
        def head(part=samples[:5]): return part
        class Plot: data = samples[10:20]
        total_of_samples = functools.partial(np.sum, samples[::2])
        """,
        check=r"""
        samples[:] = 1
        assert read_tail().sum() == 5 and head().sum() == 5 and Plot.data.sum() == 10 and total_of_samples() == 25
        """,
        needs=_NUMPY,
    ),
    Case(
        "the real part, the diagonal and the flat view of an array write into it",
        make=r"""
        import numpy as np
        complex_array = np.zeros(3, dtype=complex)
        real_part, imaginary_part = complex_array.real, complex_array.imag
        square = np.zeros((3, 3))
        diagonal = np.einsum("ii->i", square)
        flat_square, expanded = square.reshape(-1), square[:, None, :]
        """,
        check=r"""
        real_part[0], imaginary_part[0] = 2, 3
        assert complex_array[0] == 2 + 3j
        diagonal[:] = 4
        flat_square[1] = 5
        assert square[2, 2] == 4 and square[0, 1] == 5 and expanded[0, 0, 1] == 5
        """,
        needs=_NUMPY,
    ),
    Case(
        "arrays in data classes, dictionaries and tuples of later cells are views of the first",
        make=r"""
        import dataclasses, numpy as np
        arena = np.arange(100)
        # %%
        @dataclasses.dataclass(eq=False)
        class Block:
            data: np.ndarray
            next: "Block | None" = None
        block_chain = Block(arena[:50], Block(arena[50:]))
        # %%
        arena_parts = {"odd": (arena[1::2],), "grid": arena.reshape(10, 10)[2:4, 3:5]}
        """,
        check=r"""
        arena[51] = -1
        arena[23] = -2
        assert block_chain.next.data[1] == -1 and arena_parts["odd"][0][25] == -1 and arena_parts["grid"][0, 0] == -2
        """,
        needs=_NUMPY,
    ),
    Case(
        "an object array shared by two frames' cells and a list holds the same objects",
        make=r"""
        import numpy as np, pandas as pd
        shared_cell = {"n": 0}
        frame_of_objects = pd.DataFrame({"o": pd.Series([shared_cell, shared_cell], dtype=object)})
        series_of_objects = pd.Series({"x": shared_cell}, dtype=object)
        list_of_objects = [shared_cell]
        """,
        check=r"""
        shared_cell["n"] = 1
        assert frame_of_objects["o"][0] is frame_of_objects["o"][1] is series_of_objects["x"] is list_of_objects[0]
        """,
        needs=("pandas",),
    ),
    Case(
        "an object reachable only through a bound method, a property's closure or a default is the same object",
        make=r"""
        class Sink:
            def __init__(self): self.items = []
            def take(self, item): self.items.append(item); return self
        only_in_method = Sink().take
        def property_over(store): return property(lambda self: store, doc="over")
        store_of_property = []
        class Windowed: window = property_over(store_of_property)
        callbacks_of = {"a": only_in_method, "b": only_in_method.__self__}
        """,
        check=r"""
        only_in_method(1)
        assert callbacks_of["b"].items == [1] and callbacks_of["a"].__self__ is callbacks_of["b"]
        assert Windowed().window is store_of_property
        """,
    ),
    Case(
        "a memory view of an array, and the array made of it, see what the array sees",
        make=r"""
        import numpy as np
        pixels = np.zeros((2, 3), dtype="u1")
        pixel_view = memoryview(pixels)
        round_trip = np.asarray(pixel_view)
        byte_view = pixel_view.cast("B")
        """,
        check=r"""
        pixels[1, 2] = 9
        assert pixel_view[1, 2] == 9 and round_trip[1, 2] == 9 and byte_view[5] == 9
        """,
        needs=_NUMPY,
    ),
    Case(
        "values of an instance shared by key with its class's other instances are its own",
        make=r"""
        class Sibling:
            def __init__(self, n): self.n, self.shared = n, Sibling.common
            common = []
        siblings = [Sibling(i) for i in range(3)]
        siblings[0].extra = "only mine"
        sibling_state = vars(siblings[1])
        """,
        check=r"""
        siblings[2].shared.append(1)
        assert Sibling.common == [1] and [s.n for s in siblings] == [0, 1, 2] and not hasattr(siblings[1], "extra")
        sibling_state["late"] = True
        assert siblings[1].late and vars(siblings[1]) is sibling_state
        """,
    ),
    Case(
        "an event system of bound methods in weak and strong sets calls each listener once",
        make=r"""
        import weakref
        class Bus:
            def __init__(self): self.strong, self.weak = {}, weakref.WeakSet()
            def fire(self, x):
                for listener in self.strong.values(): listener(x)
                for listener in self.weak: listener.on(x)
        class Listener:
            def __init__(self): self.heard = []
            def on(self, x): self.heard.append(x)
        bus, listener_a, listener_b = Bus(), Listener(), Listener()
        bus.strong["a"] = listener_a.on
        bus.weak.add(listener_b)
        bus.fire(1)
        """,
        check=r"""
        bus.fire(2)
        assert listener_a.heard == [1, 2] == listener_b.heard and len(bus.weak) == 1
        """,
    ),
    Case(
        "a linked structure of a user's own LRU cache keeps order, links and lookups",
        make=r"""
        class Node:
            __slots__ = ("key", "value", "prev", "next")
            def __init__(self, key, value): self.key, self.value, self.prev, self.next = key, value, None, None
        class OwnLRU:
            def __init__(self, limit): self.limit, self.map, self.head = limit, {}, Node(None, None); self._ring()
            def _ring(self): self.head.prev = self.head.next = self.head
            def put(self, key, value):
                node = self.map[key] = Node(key, value)
                node.prev, node.next = self.head.prev, self.head
                node.prev.next = node.next.prev = node
                if len(self.map) > self.limit:
                    old = self.head.next
                    old.prev.next, old.next.prev = old.next, old.prev
                    del self.map[old.key]
        own_lru = OwnLRU(2)
        for lru_key in "abc": own_lru.put(lru_key, [lru_key])
        """,
        check=r"""
        own_lru.put("d", own_lru)
        assert list(own_lru.map) == ["c", "d"] and own_lru.head.next is own_lru.map["c"]
        assert own_lru.map["d"].value is own_lru and own_lru.map["d"].next is own_lru.head
        """,
    ),
    Case(
        "a user's proxy object, an adapter and a stack of wrappers end at the same target",
        make=r"""
        class Wrapper:
            def __init__(self, inner): self.__dict__["inner"] = inner
            def __getattr__(self, name):
                if name == "inner" or name.startswith("__"): raise AttributeError(name)
                return getattr(self.inner, name)
            def __setattr__(self, name, value): setattr(self.inner, name, value)
        class Innermost: level = 0
        innermost = Innermost()
        stacked = Wrapper(Wrapper(Wrapper(innermost)))
        stacked.level = 5
        """,
        check=r"""
        assert innermost.level == 5 == stacked.level and stacked.inner.inner.inner is innermost
        stacked.fresh = "new"
        assert innermost.fresh == "new"
        """,
    ),
)
