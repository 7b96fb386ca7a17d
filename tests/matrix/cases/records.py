"""Dataclasses, enumerations, named tuples and what typing makes."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = (
    Case(
        "dataclasses with factories, InitVar, inheritance and fields are complete",
        make=r"""
        import dataclasses
        from dataclasses import InitVar, dataclass, field
        @dataclass
        class Item:
            name: str
            tags: list = field(default_factory=list)
            seed: InitVar[int] = 0
            total: int = field(init=False, repr=False, metadata={"unit": "kg"})
            def __post_init__(self, seed): self.total = seed + 1
        @dataclass(order=True, kw_only=True)
        class Priced(Item):
            price: float = 0.0
        item, priced = Item("a", seed=4), Priced(name="b", price=2.0)
        """,
        check=r"""
        assert item.total == 5 and repr(item) == "Item(name='a', tags=[])" and Item("z").tags is not Item("z").tags
        assert [f.name for f in dataclasses.fields(priced)] == ["name", "tags", "total", "price"]
        assert dataclasses.fields(Item)[2].metadata["unit"] == "kg"
        assert priced < dataclasses.replace(priced, price=3.0, seed=1)
        assert dataclasses.asdict(item) == {"name": "a", "tags": [], "total": 5} and dataclasses.is_dataclass(Priced)
        """,
    ),
    Case(
        "frozen dataclasses with slots are frozen, hashable and have slots",
        make=r"""
        from dataclasses import dataclass
        @dataclass(frozen=True, slots=True)
        class Pos:
            x: int
            y: int = 0
            def moved(self): return Pos(self.x + 1, self.y)
            def same(self): return __class__ if False else type(self)
        pos = Pos(1)
        pos_index = {pos: "here", Pos(2): "there"}
        """,
        check=r"""
        assert pos_index[Pos(1)] == "here" and pos.moved() == Pos(2) and not hasattr(pos, "__dict__")
        try:
            pos.x = 3
        except AttributeError:
            pass
        else:
            raise AssertionError("not frozen")
        assert Pos.__slots__ == ("x", "y") and next(iter(pos_index)) is pos
        """,
    ),
    Case(
        "dataclass machinery recognises its own marks after the move",
        make=r"""
        from dataclasses import KW_ONLY, MISSING, dataclass, field, fields
        @dataclass(eq=False)
        class WithMarks:
            a: int
            _: KW_ONLY
            b: int = 2
        """,
        check=r"""
        assert fields(WithMarks)[0].default is MISSING and fields(WithMarks)[1].kw_only
        @dataclass
        class Sub(WithMarks):
            c: int = 3
        assert Sub(1, c=5).c == 5 and [f.name for f in fields(Sub)] == ["a", "b", "c"]
        """,
    ),
    Case(
        "members of enumerations are identical wherever they are",
        make=r"""
        import enum
        class Colour(enum.Enum):
            RED = enum.auto()
            GREEN = "g"
            CRIMSON = RED
            @property
            def hex(self): return f"#{self.name}"
            @classmethod
            def default(cls): return cls.GREEN
        red = Colour.RED
        colours = {"a": [Colour.RED], Colour.GREEN: 2}
        """,
        check=r"""
        assert red is Colour.RED is colours["a"][0] is Colour(1) is Colour["CRIMSON"] and colours[Colour("g")] == 2
        assert list(Colour) == [Colour.RED, Colour.GREEN] and list(Colour.__members__) == ["RED", "GREEN", "CRIMSON"]
        assert red.hex == "#RED" and Colour.default() is Colour.GREEN and isinstance(red, Colour)
        """,
    ),
    Case(
        "IntEnum, Flag, IntFlag and enumerations of texts keep their arithmetic",
        make=r"""
        import enum
        class Level(enum.IntEnum): LOW = 1; HIGH = 5
        class Perm(enum.Flag): R = 4; W = 2; X = 1
        class Bits(enum.IntFlag, boundary=enum.KEEP): A = 1; B = 2
        class Word(str, enum.Enum): HI = "hi"
        class Word2(enum.StrEnum): HELLO_YOU = enum.auto()
        level, perms, bits, word, word2 = Level.HIGH, Perm.R | Perm.X, Bits(11), Word.HI, Word2.HELLO_YOU
        """,
        check=r"""
        assert level is Level.HIGH and level > 3 and level + 1 == 6
        assert perms is Perm.R | Perm.X and Perm.R in perms and ~perms is Perm.W and bits == 11 and bits & 1
        assert word is Word.HI and word.upper() == "HI" and word2 is Word2.HELLO_YOU and word2 == "hello_you"
        """,
    ),
    Case(
        "enumerations with __new__, _missing_, tuples as values and mutable members work",
        make=r"""
        from enum import Enum, unique
        @unique
        class Planet(Enum):
            EARTH = (5.97, 6.37)
            MARS = (0.64, 3.39)
            def __new__(cls, mass, radius):
                self = object.__new__(cls)
                self._value_ = round(mass)
                self.mass, self.visits = mass, []
                return self
            @classmethod
            def _missing_(cls, value): return cls.MARS
        Planet.EARTH.visits.append("us")
        earth_visits = Planet.EARTH.visits
        """,
        check=r"""
        assert Planet(6) is Planet.EARTH and Planet(99) is Planet.MARS
        assert Planet.EARTH.visits is earth_visits == ['us']
        """,
    ),
    Case(
        "an enumeration made by a call, and one whose values are functions of the session, work",
        make=r"""
        from enum import Enum, member
        Animal = Enum("Animal", "CAT DOG")
        def plus(a, b): return a + b
        class Op(Enum):
            PLUS = member(plus)
            def __call__(self, *args): return self.value(*args)
        animals = [Animal.DOG, Op.PLUS]
        """,
        check=r"""
        assert animals == [Animal(2), Op.PLUS] and animals[0] is Animal.DOG
        assert Op.PLUS(1, 2) == 3 and Op.PLUS.value is plus
        """,
    ),
    Case(
        "named tuples, of both kinds, keep class, defaults and methods",
        make=r"""
        from collections import namedtuple
        from typing import NamedTuple
        Row = namedtuple("Row", "id name", defaults=["?"])
        class Cell(NamedTuple):
            "a cell"
            row: Row
            col: int = 0
            def shifted(self): return self._replace(col=self.col + 1)
        row = Row(1)
        cell = Cell(row)
        """,
        check=r"""
        assert row == (1, "?") and type(cell.row) is Row and cell.row is row and cell.shifted() == Cell(row, 1)
        assert Row._field_defaults == {"name": "?"} and Cell.__doc__ == "a cell" and Cell.__annotations__["row"] is Row
        assert row._asdict() == {"id": 1, "name": "?"} and Row._make([3, 4]).name == 4
        """,
    ),
    Case(
        "TypedDict, Protocol, NewType, Literal and aliases keep their meaning",
        make=r"""
        from typing import Literal, NewType, Protocol, TypedDict, Union, runtime_checkable
        class Movie(TypedDict, total=False):
            title: str
        @runtime_checkable
        class Closable(Protocol):
            def close(self) -> None: ...
        UserId = NewType("UserId", int)
        Json = Union[dict[str, "Json"], list["Json"], str, None]
        Mode = Literal["r", "w"]
        """,
        check=r"""
        import io, typing
        assert Movie(title="x") == {"title": "x"} and Movie.__optional_keys__ == {"title"} and not Movie.__total__
        assert isinstance(io.StringIO(), Closable) and not isinstance(3, Closable)
        assert UserId(3) == 3 and UserId.__supertype__ is int
        assert Mode.__args__ == ("r", "w") and type(None) in Json.__args__
        """,
    ),
    Case(
        "generic user classes, their type variables and parametrised aliases are the same",
        make=r"""
        from typing import Callable, Generic, ParamSpec, TypeVar, TypeVarTuple, get_args, get_type_hints
        T = TypeVar("T", bound="Comparable")
        K = TypeVar("K", int, str)
        P = ParamSpec("P")
        Ts = TypeVarTuple("Ts")
        class Comparable: pass
        class Stack(Generic[T, K]):
            def push(self, item: T) -> "Stack[T, K]": return self
        class IntStack(Stack[Comparable, int]): pass
        stack_alias, stack = Stack[Comparable, int], IntStack()
        Handler = Callable[P, T]
        """,
        check=r"""
        assert Stack.__parameters__ == (T, K) and Stack.__parameters__[0] is T and K.__constraints__ == (int, str)
        assert get_args(stack_alias) == (Comparable, int) and stack_alias() .push(1) is not None
        assert IntStack.__orig_bases__ == (stack_alias,) and type(stack) is IntStack
        assert Handler.__parameters__ == (P, T) and get_type_hints(Stack.push)["item"] is T
        """,
    ),
    Case(
        "a dataclass that names itself in its annotations works, and so does the flag of the cell that asked for it",
        make=r"""
        from __future__ import annotations
        import typing
        from dataclasses import dataclass, field
        @dataclass
        class Tree:
            value: int
            left: Tree | None = None
            right: Tree | None = None
            parent: Tree | None = field(default=None, repr=False, compare=False)
        tree = Tree(1)
        tree.left = Tree(0, parent=tree)
        """,
        check=r"""
        assert tree.left.parent is tree and typing.get_type_hints(Tree)["left"] == Tree | None
        assert repr(tree) == "Tree(value=1, left=Tree(value=0, left=None, right=None), right=None)"
        # %%
        def annotated(x: not_defined_anywhere): return x
        assert annotated.__annotations__ == {"x": "not_defined_anywhere"}
        """,
        alone=True,
    ),
    Case(
        "a dataclass made by make_dataclass and one that uses descriptors as defaults work",
        make=r"""
        import dataclasses
        Made = dataclasses.make_dataclass("Made", [("a", int), ("b", list, dataclasses.field(default_factory=list))])
        made = Made(1)
        made.b.append(made)
        """,
        check=r"""
        assert made.b[0] is made and type(made) is Made
        assert Made(1) == Made(1) and repr(made) == 'Made(a=1, b=[...])'
        """,
    ),
    Case(
        "simple namespaces, mapping proxies and modules made by the user hold what they held",
        make=r"""
        import types
        settings = types.SimpleNamespace(depth=1, inner=types.SimpleNamespace())
        settings.inner.outer = settings
        backing = {"a": [1]}
        read_only = types.MappingProxyType(backing)
        plugin_module = types.ModuleType("plugin_module", "made here")
        exec("state = []\ndef push(x):\n    state.append(x)\n    return state", plugin_module.__dict__)
        plugin_module.push(1)
        """,
        check=r"""
        assert settings.inner.outer is settings and read_only["a"] is backing["a"]
        backing["b"] = 2
        assert read_only["b"] == 2
        assert plugin_module.push(2) == [1, 2] and plugin_module.state == [1, 2]
        assert plugin_module.__doc__ == "made here"
        """,
    ),
)
