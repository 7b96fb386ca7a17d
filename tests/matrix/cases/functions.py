"""Functions: what they close over, what they see, what hangs on them."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = (
    Case(
        "a closure goes on counting where it was",
        make=r"""
        def counter_from(start):
            count = start
            def step():
                nonlocal count
                count += 1
                return count
            return step
        counter = counter_from(10)
        counter()
        # %%
        counter()
        """,
        check="assert counter() == 13 and counter() == 14 and counter_from(0)() == 1",
    ),
    Case(
        "two closures over one cell still share it, also across containers",
        make=r"""
        def accessors():
            kept = []
            def put(item): kept.append(item)
            def peek(): return kept
            return put, peek
        put, peek = accessors()
        accessor_box = {"put": put}
        put("before")
        """,
        check=r"""
        accessor_box["put"]("after")
        assert peek() == ["before", "after"] and accessor_box["put"] is put
        assert put.__closure__[0] is peek.__closure__[0]
        """,
    ),
    Case(
        "a recursive function calls the one that its name stands for later",
        make="def factorial(n): return 1 if n < 2 else n * factorial(n - 1)",
        check=r"""
        assert factorial(20) == 2432902008176640000 and factorial.__globals__ is globals()
        original_factorial, factorial = factorial, lambda n: 0
        assert original_factorial(5) == 0
        """,
    ),
    Case(
        "functions that call each other do so in another kernel",
        make=r"""
        def is_even(n): return n == 0 or is_odd(n - 1)
        def is_odd(n): return n != 0 and is_even(n - 1)
        """,
        check="assert is_even(10) and not is_even(7) and is_odd(3)",
    ),
    Case(
        "a function sees a later rebinding of a global, and a global that it makes is the session's",
        make=r"""
        rate = 2
        def scaled(x): return x * rate
        def set_rate(new):
            global rate
            rate = new
        """,
        check=r"""
        assert scaled(3) == 6
        rate = 5
        assert scaled(3) == 15
        set_rate(7)
        assert rate == 7 and scaled(1) == 7
        """,
    ),
    Case(
        "a mutable default is kept with what it has gathered",
        make=r"""
        def remember(item, seen=[]):
            seen.append(item)
            return seen
        remembered = remember(1)
        """,
        check="assert remember(2) == [1, 2] and remember.__defaults__[0] is remembered",
    ),
    Case(
        "a default that is a unique sentinel is still the one that the name has",
        make=r"""
        MISSING = object()
        def pick(value=MISSING, *, other=MISSING): return value is MISSING, other is MISSING
        """,
        check="assert pick() == (True, True) and pick(MISSING) == (True, True) and pick(None) == (False, True)",
    ),
    Case(
        "signature, annotations, docstring and attributes of a function are kept",
        make=r"""
        def described(a, /, b: int = 2, *rest: str, c, d: "float" = 4.0, **more) -> bool:
            "says what it does"
            return True
        described.calls = {"n": 1}
        described.itself = described
        """,
        check=r"""
        import inspect
        shown = "(a, /, b: int = 2, *rest: str, c, d: 'float' = 4.0, **more) -> bool"
        assert str(inspect.signature(described)) == shown
        assert described.__doc__ == "says what it does" and described.calls == {"n": 1}
        assert described.itself is described and described.__name__ == described.__qualname__ == "described"
        assert described.__module__ == "__main__"
        """,
    ),
    Case(
        "the source of a function can still be read",
        make=r"""
        def readable(x):
            # a comment that only the source has
            return x + 1
        """,
        check=r"""
        import inspect
        assert "a comment that only the source has" in inspect.getsource(readable) and readable(1) == 2
        """,
    ),
    Case(
        "a traceback through a moved function still shows its line",
        make=r"""
        def explode():
            raise ValueError("from inside explode")
        """,
        check=r"""
        import traceback
        try:
            explode()
        except ValueError:
            shown = traceback.format_exc()
        assert 'raise ValueError("from inside explode")' in shown, shown
        """,
    ),
    Case(
        "lambdas in containers each keep what they bound",
        make=r"""
        early = [lambda x, i=i: x + i for i in range(3)]
        late = [lambda x: x + i for i in range(3)]
        dispatch = {"double": lambda x: 2 * x, "apply": lambda f, *a: f(*a)}
        """,
        check=r"""
        assert [f(10) for f in early] == [10, 11, 12] and [f(10) for f in late] == [12, 12, 12]
        assert late[0].__closure__[0] is late[1].__closure__[0]
        assert dispatch["apply"](dispatch["double"], 4) == 8
        """,
    ),
    Case(
        "an empty cell is still empty, and filled by whoever fills it",
        make=r"""
        def late_bound():
            def reader(): return value
            def writer(new):
                nonlocal value
                value = new
            if False: value = None
            return reader, writer
        cell_reader, cell_writer = late_bound()
        """,
        check=r"""
        try:
            cell_reader()
        except NameError:
            pass
        else:
            raise AssertionError("the cell was not empty")
        cell_writer(3)
        assert cell_reader() == 3
        """,
    ),
    Case(
        "two functions made from one definition have one code object",
        make=r"""
        def twin_of(x):
            def twin(): return x
            return twin
        first_twin, second_twin = twin_of(1), twin_of(2)
        """,
        check=r"""
        assert (first_twin(), second_twin()) == (1, 2) and first_twin is not second_twin
        assert first_twin.__code__ == second_twin.__code__
        """,
    ),
    Case(
        "a function whose module and name were changed is still itself",
        make=r"""
        def disguised(): return "me"
        disguised.__module__ = "json"
        disguised.__qualname__ = disguised.__name__ = "dumps"
        """,
        check=r"""
        import json
        assert disguised() == "me" and disguised is not json.dumps and disguised.__module__ == "json"
        """,
    ),
    Case(
        "a function with globals of its own does not see the session's",
        make=r"""
        island_globals = {"__builtins__": __builtins__, "rule": 3}
        exec("def on_island(): return rule\ndef set_rule(new):\n    global rule\n    rule = new", island_globals)
        on_island, set_rule = island_globals["on_island"], island_globals["set_rule"]
        """,
        check=r"""
        rule = 99
        assert on_island() == 3
        set_rule(4)
        assert on_island() == 4 and island_globals["rule"] == 4 and rule == 99
        """,
        limit="a dictionary that is a function's globals is not the variable's any more",
    ),
    Case(
        "a replaced code object, and a replaced default, stay replaced",
        make=r"""
        def patched(x=1): return x
        def donor(x=1): return -x
        patched.__code__ = donor.__code__
        patched.__defaults__ = (8,)
        """,
        check="assert patched() == -8 and donor() == -1",
    ),
    Case(
        "a function deep within functions keeps every level",
        make=r"""
        def level_one(a):
            def level_two(b):
                def level_three(c):
                    class Local:
                        def total(self): return a + b + c
                    return Local
                return level_three
            return level_two
        LocalClass = level_one(1)(2)(3)
        local_object = LocalClass()
        """,
        check=r"""
        assert local_object.total() == 6 and type(local_object) is LocalClass
        assert LocalClass.__qualname__.endswith("level_three.<locals>.Local")
        """,
    ),
    Case(
        "a function that imports inside, and one that uses a submodule by its parent's name, work",
        make=r"""
        import os.path, xml.etree.ElementTree, collections.abc
        def imports_inside(text):
            import json as j
            return j.loads(text)
        def uses_submodule(): return xml.etree.ElementTree.fromstring("<a><b/></a>")[0].tag
        """,
        check="assert imports_inside('[1]') == [1] and uses_submodule() == 'b'",
    ),
    Case(
        "a function that was deleted lives on in the container that holds it",
        make=r"""
        def hidden_helper(x): return x + 1
        helpers = [hidden_helper]
        del hidden_helper
        """,
        check=r"""
        assert helpers[0](1) == 2 and "hidden_helper" not in globals()
        """,
    ),
    Case(
        "builtin functions, methods of builtins and bound builtin methods are what they were",
        make=r"""
        builtin_list = []
        bound_append = builtin_list.append
        unbound_upper, plain_len, class_method = str.upper, len, dict.fromkeys
        bound_join = ", ".join
        slot_wrapper, method_wrapper = int.__add__, (5).__add__
        """,
        check=r"""
        bound_append(1)
        assert builtin_list == [1] and bound_append.__self__ is builtin_list
        assert unbound_upper is str.upper and plain_len is len and class_method("ab", 1) == {"a": 1, "b": 1}
        assert bound_join(["a", "b"]) == "a, b" and slot_wrapper(1, 2) == 3 and method_wrapper(2) == 7
        """,
    ),
)
