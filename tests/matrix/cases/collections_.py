"""Containers of the standard library, and subclasses of the built-in ones."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = (
    Case(
        "deques keep their limit, their rotation and themselves",
        make=r"""
        from collections import deque
        ring = deque([1, 2, 3], maxlen=3)
        ring.rotate(1)
        endless = deque()
        endless.append(endless)
        class History(deque): pass
        past = History("ab", maxlen=2)
        past.note = "n"
        """,
        check=r"""
        ring.append(9)
        assert list(ring) == [1, 2, 9] and endless[0] is endless
        past.append("c")
        assert list(past) == ["b", "c"] and past.note == "n" and type(past) is History
        """,
    ),
    Case(
        "ordered dictionaries keep their order, and plain ones theirs",
        make=r"""
        from collections import OrderedDict
        ordered = OrderedDict(a=1, b=2, c=3)
        ordered.move_to_end("a")
        ordered.tag = "attribute"
        plain_order = {"z": 1, "a": 2}
        plain_order["z"] = plain_order.pop("z")
        """,
        check=r"""
        assert list(ordered) == ["b", "c", "a"]
        assert ordered.popitem(last=False) == ("b", 2) and ordered.tag == "attribute"
        assert list(plain_order) == ["a", "z"]
        """,
    ),
    Case(
        "a defaultdict calls the user's factory, also one that refers to the dictionary itself",
        make=r"""
        from collections import defaultdict
        nested = lambda: defaultdict(nested)
        deep_dict = nested()
        deep_dict["a"]["b"]["c"] = 1
        numbering = defaultdict(lambda: len(numbering))
        numbering["x"], numbering["y"]
        """,
        check=r"""
        assert deep_dict["a"]["b"]["c"] == 1 and deep_dict["new"]["deep"] == {} and deep_dict.default_factory is nested
        assert numbering["z"] == 2 and numbering == {"x": 0, "y": 1, "z": 2}
        """,
    ),
    Case(
        "counters, chain maps and their shared maps go on working",
        make=r"""
        from collections import ChainMap, Counter
        letters = Counter("banana")
        letters.subtract("n")
        defaults, overrides = {"a": 1}, {}
        chain = ChainMap(overrides, defaults)
        """,
        check=r"""
        assert letters.most_common(1) == [("a", 3)] and letters["zzz"] == 0 and letters["n"] == 1
        chain["a"] = 5
        assert overrides == {"a": 5} and defaults == {"a": 1} and chain.maps[1] is defaults
        """,
    ),
    Case(
        "UserDict, UserList and UserString subclasses keep data and behaviour",
        make=r"""
        from collections import UserDict, UserList, UserString
        class Upper(UserDict):
            def __setitem__(self, key, value): super().__setitem__(key.upper(), value)
        class Rows(UserList): pass
        class Name(UserString): pass
        upper, rows, name = Upper(a=1), Rows([1]), Name("x")
        rows.append(rows)
        """,
        check=r"""
        upper["b"] = 2
        assert dict(upper) == {"A": 1, "B": 2} and rows[1] is rows and name + "y" == "xy" and type(name + "y") is Name
        """,
    ),
    Case(
        "subclasses of built-in types keep value, attributes and class",
        make=r"""
        class Money(int):
            def __repr__(self): return f"{int(self)} €"
        class Text(str): pass
        class Bytes(bytearray): pass
        class Ratio(float): __slots__ = ()
        class Tags(frozenset): pass
        class Table(dict):
            def __missing__(self, key): return f"no {key}"
        money, text, raw, ratio, tags, table = Money(3), Text("t"), Bytes(b"r"), Ratio(0.5), Tags("ab"), Table(a=1)
        money.owner = text; text.owner = money; raw.more = tags; tags.of = table; table.self = table
        """,
        check=r"""
        assert repr(money) == "3 €" and money + 1 == 4 and money.owner is text and text.owner is money
        assert raw == b"r" and raw.more is tags and tags.of is table and table.self is table and table["b"] == "no b"
        assert [type(x).__name__ for x in (money, text, raw, ratio, tags, table)] == [
            "Money", "Text", "Bytes", "Ratio", "Tags", "Table"]
        """,
    ),
    Case(
        "a list subclass that contains itself, and overrides append, is not appended to by the move",
        make=r"""
        class Audited(list):
            appended = 0
            def append(self, item): Audited.appended += 1; super().append(item)
            def extend(self, items): raise AssertionError("extend is not for a move")
        audited = Audited([1])
        audited.append(audited)
        """,
        check=r"""
        assert audited[1] is audited and len(audited) == 2
        assert type(audited) is Audited and Audited.appended == 1
        """,
    ),
    Case(
        "a dict subclass whose __setitem__ has side effects is filled without them",
        make=r"""
        class Logged(dict):
            def __init__(self, *a, **k): self.log = []; super().__init__(*a, **k)
            def __setitem__(self, key, value): self.log.append(key); super().__setitem__(key, value)
        logged = Logged(a=1)
        logged["b"] = 2
        """,
        check="assert logged == {'a': 1, 'b': 2} and logged.log == ['b'] and type(logged) is Logged",
    ),
    Case(
        "arrays, bytearrays, memory views and what shares memory with them still share it",
        make=r"""
        import array
        numbers = array.array("d", [1.5, 2.5])
        buffer = bytearray(b"hello")
        window = memoryview(buffer)[1:3]
        number_view = memoryview(numbers)
        """,
        check=r"""
        window[0] = ord("E")
        assert buffer == b"hEllo" and window.tobytes() == b"El"
        number_view[0] = 9.0
        assert numbers[0] == 9.0 and numbers.typecode == "d" and number_view.format == "d"
        """,
    ),
    Case(
        "a heap, a bisected list and a priority queue of tuples with callbacks keep their order",
        make=r"""
        import heapq, itertools
        heap, tie_break = [], itertools.count()
        for priority, job in [(2, len), (1, str.upper), (2, abs)]:
            heapq.heappush(heap, (priority, next(tie_break), job))
        """,
        check=r"""
        heapq.heappush(heap, (0, next(tie_break), max))
        assert [heapq.heappop(heap)[2] for _ in range(4)] == [max, str.upper, len, abs] and next(tie_break) == 4
        """,
    ),
    Case(
        "key views of a dictionary follow it",
        make=r"""
        viewed = {"a": 1}
        key_view, item_view, value_view = viewed.keys(), viewed.items(), viewed.values()
        """,
        check=r"""
        viewed["b"] = 2
        assert list(key_view) == ["a", "b"] and ("b", 2) in item_view and list(value_view) == [1, 2]
        """,
    ),
    Case(
        "graphlib sorters, chained comparisons of mixed keys and frozensets of frozensets survive",
        make=r"""
        from graphlib import TopologicalSorter
        sorter = TopologicalSorter({"c": {"b"}, "b": {"a"}})
        sorter.prepare()
        sorter.done(*sorter.get_ready())
        mixed = {1: "int", "1": "str", (1, "1"): "tuple", frozenset([frozenset([1])]): "sets", None: 0, 1.5: 1}
        """,
        check=r"""
        assert sorter.get_ready() == ("b",)
        assert mixed[frozenset([frozenset([1])])] == "sets" and mixed[(1, "1")] == "tuple" and mixed[True] == "int"
        """,
    ),
)
