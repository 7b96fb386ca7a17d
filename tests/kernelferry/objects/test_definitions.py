"""Claims about functions and classes of the session: made in one process, at work in another."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("roundtrip", Path(__file__).with_name("roundtrip.py"))
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
round_trip = _module.round_trip

CASES = {
    "a function sees later rebindings of globals": ("K = 3\ndef f(x): return x * K", "K = 10\nassert f(2) == 20"),
    "a closure keeps its cell, and shares it": (
        """
        def counter():
            n = 0
            def more():
                nonlocal n
                n += 1
                return n
            def now(): return n
            return more, now
        more, now = counter()
        more()
        """,
        "assert more() == 2\nassert now() == 2",
    ),
    "a function keeps defaults, attributes, annotations and doc": (
        """
        def f(a, b=[1], *, c={'k': 2}) -> int:
            'Doc.'
            return a, b, c
        f.extra = b = f.__defaults__[0]
        """,
        """
        assert f(0) == (0, [1], {'k': 2}) and f.__doc__ == 'Doc.' and f.__annotations__ == {'return': int}
        assert f.extra is f.__defaults__[0] is b
        """,
    ),
    "recursive and mutually recursive functions find each other": (
        "def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)",
        "assert even(10) and odd(7)",
    ),
    "one class object for all its instances, whichever component they are in": (
        "class A: pass\nx, y, held = A(), A(), [A]",
        "assert type(x) is type(y) is A is held[0]",
    ),
    "super, properties, class and static methods work": (
        """
        class A:
            count = 0
            def __init__(self, v): self.v = v
            def who(self): return 'A'
            @property
            def double(self): return 2 * self.v
            @classmethod
            def make(cls): return cls(7)
            @staticmethod
            def plain(): return 's'
        class B(A):
            def who(self): return super().who() + 'B'
        b = B(4)
        """,
        "assert (b.who(), b.double, B.make().v, type(B.make()), b.plain()) == ('AB', 8, 7, B, 's')",
    ),
    "a class may hold its own instances": (
        """
        class A:
            all = []
            def __init__(self): A.all.append(self)
            def __hash__(self): return 42
            def __eq__(self, other): return self is other
        a = A()
        pool = {a, A()}
        """,
        "assert A.all[0] is a and a in pool and len(pool) == 2 and A.all[1] in pool",
    ),
    "an instance's own __setstate__ is there when it is needed": (
        """
        class A:
            def __init__(self): self.v = 1
            def __getstate__(self): return {'v': self.v}
            def __setstate__(self, state): self.v = self.twice(state['v'])
            def twice(self, v): return 2 * v
        a = A()
        """,
        "assert a.v == 2",
    ),
    "dataclasses work, with defaults and factories": (
        """
        import dataclasses
        @dataclasses.dataclass(order=True, frozen=True)
        class D:
            x: int
            y: list = dataclasses.field(default_factory=list)
        d = D(1)
        """,
        "assert d == D(1) < D(2) and D(3).y is not D(3).y and dataclasses.replace(d, x=4) == D(4)",
    ),
    "enumerations keep the identity of their members": (
        """
        import enum
        class Color(enum.Enum):
            RED = 1
            CRIMSON = 1
            BLUE = 'b'
            def nice(self): return self.name.lower()
        class Number(enum.IntEnum):
            TWO = 2
        class Right(enum.Flag):
            READ = 1
            WRITE = 2
        color, number, right = Color.BLUE, Number.TWO, Right.READ | Right.WRITE
        """,
        """
        assert color is Color.BLUE is Color('b') and Color.CRIMSON is Color.RED and color.nice() == 'blue'
        assert list(Color) == [Color.RED, Color.BLUE] and number is Number(2) and number + 1 == 3
        assert right is Right.READ | Right.WRITE and Right.READ in right
        """,
    ),
    "named tuples work": (
        "import collections\nP = collections.namedtuple('P', 'x y', defaults=[9])\np = P(1)",
        "assert p == (1, 9) and type(p) is P and P(3).y == 9 and p._replace(x=5).x == 5 and P._make([1, 2]).y == 2",
    ),
    "abstract classes stay abstract, and remember whom they registered": (
        """
        import abc
        class Base(abc.ABC):
            @abc.abstractmethod
            def go(self): ...
        class Impl(Base):
            def go(self): return 'went'
        class Stranger: pass
        Base.register(Stranger)
        impl = Impl()
        """,
        """
        assert impl.go() == 'went' and isinstance(Stranger(), Base)
        try:
            Base()
        except TypeError:
            pass
        else:
            raise AssertionError
        """,
    ),
    "metaclasses work on": (
        """
        class Meta(type):
            made = []
            def __new__(mcs, *args):
                cls = super().__new__(mcs, *args)
                Meta.made.append(cls)
                return cls
            def __call__(cls, *args):
                it = super().__call__(*args)
                it.tag = 'meta'
                return it
        class M(metaclass=Meta): pass
        m = M()
        """,
        "assert type(M) is Meta and m.tag == M().tag == 'meta' and Meta.made == [M]",
    ),
    "slots hold": (
        "class S:\n    __slots__ = ('a', 'b')\ns = S()\ns.a = 4",
        "assert s.a == 4 and not hasattr(s, 'b') and not hasattr(s, '__dict__')",
    ),
    "decorators, partials, bound methods and caches work": (
        """
        import functools
        def twice(f):
            @functools.wraps(f)
            def wrapper(*args): return 2 * f(*args)
            return wrapper
        @twice
        def f(x): return x + 1
        @functools.lru_cache(maxsize=None)
        def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
        class C:
            @functools.cached_property
            def v(self): return object()
            def me(self): return self
        c = C()
        v, part, bound = c.v, functools.partial(f, 4), c.me
        """,
        """
        assert f(1) == 4 and f.__wrapped__(1) == 2 and f.__name__ == 'f' and part() == 10
        assert fib(30) == 832040 and bound() is c and c.v is v and C().v is not v
        """,
    ),
    "an exception class of the session is caught as itself": (
        "class Oops(ValueError):\n    pass\noops = Oops('why')",
        "try:\n    raise oops\nexcept Oops as e:\n    assert str(e) == 'why' and type(e) is Oops",
    ),
    "weak references, free locks, modules and lambdas come along": (
        """
        import collections, json as j, threading, types, weakref
        class A: pass
        a = A()
        w, lock, rlock = weakref.ref(a), threading.Lock(), threading.RLock()
        made = types.ModuleType('made')
        made.value = [a]
        pick = lambda q, w=[1]: (q, w)
        """,
        """
        assert w() is a and not lock.locked() and j.loads('[1]') == [1] and made.value[0] is a and pick(0) == (0, [1])
        with lock, rlock: pass
        """,
    ),
}


@pytest.mark.parametrize("claim", CASES)
def test_after_the_move(claim: str, tmp_path: Path) -> None:
    assert sys.version_info >= (3, 10)
    round_trip(tmp_path, *CASES[claim])
