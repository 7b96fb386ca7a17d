"""What functools, operator and the like wrap around functions."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = (
    Case(
        "a decorated function has one wrapper, and the original below it",
        make=r"""
        import functools
        def counted(function):
            @functools.wraps(function)
            def wrapper(*args):
                wrapper.calls += 1
                return function(*args)
            wrapper.calls = 0
            return wrapper
        @counted
        def added(a, b): "adds"; return a + b
        added(1, 2)
        """,
        check=r"""
        assert added(3, 4) == 7 and added.calls == 2 and added.__doc__ == "adds"
        assert added.__wrapped__(1, 1) == 2 and added.calls == 2
        assert added.__closure__[0].cell_contents in (added.__wrapped__, added)
        """,
    ),
    Case(
        "a decorator that registers functions keeps register and functions the same objects",
        make=r"""
        handlers = {}
        def handles(event):
            def register(function):
                handlers[event] = function
                return function
            return register
        @handles("start")
        def on_start(): return "started"
        """,
        check=r"""
        assert handlers["start"] is on_start
        @handles("stop")
        def on_stop(): return "stopped"
        assert sorted(handlers) == ["start", "stop"]
        """,
    ),
    Case(
        "lru_cache computes right, and keeps its limit",
        make=r"""
        from functools import lru_cache
        cached_calls = []
        @lru_cache(maxsize=2, typed=True)
        def squared(x):
            cached_calls.append(x)
            return x * x
        squared(2), squared(2)
        """,
        check=r"""
        assert squared(2) == 4 and squared(3) == 9 and squared.cache_parameters() == {"maxsize": 2, "typed": True}
        before = len(cached_calls)
        squared(3)
        assert len(cached_calls) == before
        """,
    ),
    Case(
        "a cache that hands out identical objects goes on to do so",
        make=r"""
        from functools import cache
        @cache
        def interned_config(name): return {"name": name}
        main_config = interned_config("main")
        """,
        check=r"""
        assert interned_config("main") is main_config
        assert interned_config("other") is interned_config("other")
        """,
        limit="`lru_cache` comes back empty",
    ),
    Case(
        "a recursive cached function finds its own cache",
        make=r"""
        import functools
        @functools.cache
        def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
        fib_30 = fib(30)
        """,
        check="assert fib(80) == 23416728348467685 and fib.__wrapped__.__globals__['fib'] is fib",
    ),
    Case(
        "a partial of a user function keeps arguments, attributes and the function itself",
        make=r"""
        from functools import partial
        def power(base, exponent, *, offset=0): return base ** exponent + offset
        options = {"offset": 1}
        cube = partial(power, exponent=3, **options)
        cube.label = "cube"
        nested_partial = partial(cube, 2)
        """,
        check=r"""
        assert cube(2) == 9 and cube.func is power and cube.label == "cube"
        assert nested_partial() == 9 and nested_partial.func in (power, cube)
        """,
    ),
    Case(
        "partialmethod and cached_property work on moved instances",
        make=r"""
        from functools import cached_property, partialmethod
        class Lamp:
            computed = 0
            def set(self, state): self.state = state; return self
            on, off = partialmethod(set, True), partialmethod(set, False)
            @cached_property
            def spectrum(self):
                type(self).computed += 1
                return [self.computed]
        lamp, dark_lamp = Lamp().on(), Lamp().off()
        lamp_spectrum = lamp.spectrum
        """,
        check=r"""
        assert lamp.state is True and lamp.off().state is False
        assert lamp.spectrum is lamp_spectrum and Lamp.computed == 1
        assert dark_lamp.spectrum == [2] and Lamp.computed == 2
        """,
    ),
    Case(
        "singledispatch finds the handlers of user classes, and takes new ones",
        make=r"""
        from functools import singledispatch
        class Celsius(float): pass
        @singledispatch
        def shown_as(x): return "something"
        @shown_as.register
        def _(x: int): return "int"
        @shown_as.register(Celsius)
        def shown_as_celsius(x): return "warm"
        shown_as(True)
        """,
        check=r"""
        assert (shown_as("a"), shown_as(1), shown_as(Celsius(2))) == ("something", "int", "warm")
        shown_as.register(str, lambda x: "text")
        assert shown_as("a") == "text" and shown_as.dispatch(Celsius) is shown_as_celsius
        """,
    ),
    Case(
        "singledispatchmethod dispatches on moved instances",
        make=r"""
        from functools import singledispatchmethod
        class Formatter:
            @singledispatchmethod
            def format(self, x): return f"?{x}"
            @format.register
            def _(self, x: int): return f"i{x}"
        formatter = Formatter()
        """,
        check="assert formatter.format(1) == 'i1' and formatter.format('a') == '?a'",
    ),
    Case(
        "total_ordering, cmp_to_key and reduce work with user classes",
        make=r"""
        import functools
        @functools.total_ordering
        class Version:
            def __init__(self, n): self.n = n
            def __eq__(self, other): return self.n == other.n
            def __lt__(self, other): return self.n < other.n
        versions = [Version(2), Version(1)]
        by_last = functools.cmp_to_key(lambda a, b: (a[-1] > b[-1]) - (a[-1] < b[-1]))
        key_of_az = by_last("az")
        """,
        check=r"""
        assert versions[0] > versions[1] and versions[1] <= versions[0] and max(versions) is versions[0]
        assert sorted(["ab", "ba"], key=by_last) == ["ba", "ab"]
        assert by_last("xa") < key_of_az
        """,
    ),
    Case(
        "itemgetter, attrgetter and methodcaller get the same",
        make=r"""
        from operator import attrgetter, itemgetter, methodcaller
        by_two, by_path = itemgetter(1, 0), attrgetter("real", "__class__.__name__")
        by_call = methodcaller("split", ";")
        """,
        check="assert by_two('ab') == ('b', 'a') and by_path(3) == (3, 'int') and by_call('a;b') == ['a', 'b']",
    ),
    Case(
        "a decorator class with state is one object for all that it decorates",
        make=r"""
        class Tally:
            def __init__(self): self.counts = {}
            def __call__(self, function):
                def run(*args):
                    self.counts[function.__name__] = self.counts.get(function.__name__, 0) + 1
                    return function(*args)
                return run
        tally = Tally()
        @tally
        def task_a(): return "a"
        @tally
        def task_b(): return "b"
        task_a()
        """,
        check=r"""
        assert task_a() + task_b() == "ab" and tally.counts == {"task_a": 2, "task_b": 1}
        """,
    ),
    Case(
        "a decorator class used as a descriptor still binds",
        make=r"""
        import types
        class logged:
            def __init__(self, function): self.function, self.log = function, []
            def __call__(self, *args): self.log.append(args[1:]); return self.function(*args)
            def __get__(self, instance, owner=None):
                return self if instance is None else types.MethodType(self, instance)
        class Robot:
            @logged
            def move(self, by): return by
        robot = Robot()
        robot.move(1)
        """,
        check="assert robot.move(2) == 2 and Robot.move.log == [(1,), (2,)]",
    ),
    Case(
        "a context manager made of a generator function can be used again",
        make=r"""
        from contextlib import ExitStack, contextmanager, nullcontext, suppress
        journal = []
        @contextmanager
        def entry(name):
            journal.append(f"+{name}")
            try:
                yield name
            finally:
                journal.append(f"-{name}")
        with entry("a"): pass
        quiet, nothing = suppress(ZeroDivisionError), nullcontext(5)
        """,
        check=r"""
        with entry("b") as entered:
            assert entered == "b"
        assert journal == ["+a", "-a", "+b", "-b"]
        with quiet, nothing as five:
            assert five == 5
            1 / 0
        """,
    ),
    Case(
        "an exit stack runs the callbacks that were pushed before the move",
        make=r"""
        from contextlib import ExitStack
        closed_by_stack = []
        exit_stack = ExitStack()
        exit_stack.callback(closed_by_stack.append, "first")
        exit_stack.callback(lambda: closed_by_stack.append("second"))
        """,
        check=r"""
        exit_stack.close()
        assert closed_by_stack == ["second", "first"]
        """,
    ),
    Case(
        "a memoising dictionary in a closure of a decorator with arguments is kept",
        make=r"""
        def memo(limit):
            def decorate(function):
                known = {}
                def inner(x):
                    if x not in known and len(known) < limit:
                        known[x] = function(x)
                    return known.get(x)
                inner.known = known
                return inner
            return decorate
        @memo(limit=2)
        def slowly(x): return [x]
        slow_one = slowly(1)
        """,
        check=r"""
        assert slowly(1) is slow_one and slowly(2) == [2] and slowly(3) is None
        assert slowly.known is slowly.__closure__[1].cell_contents
        """,
    ),
    Case(
        "a curried pipeline of composed functions is the same function of its input",
        make=r"""
        import functools
        def compose(*functions): return functools.reduce(lambda f, g: lambda x: g(f(x)), functions)
        pipeline = compose(str.strip, lambda s: s.split(","), functools.partial(map, int), list, sum)
        """,
        check="assert pipeline(' 1,2,3 ') == 6",
    ),
)
