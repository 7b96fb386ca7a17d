"""What runs when classes are made, and what classes do with attributes."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = (
    Case(
        "a metaclass that registers its classes registers them once",
        make=r"""
        class Registering(type):
            registry = []
            def __init__(cls, name, bases, namespace, **options):
                super().__init__(name, bases, namespace)
                Registering.registry.append(cls)
                cls.options = options
            def __new__(mcls, name, bases, namespace, **options): return super().__new__(mcls, name, bases, namespace)
            def __call__(cls, *args):
                made = super().__call__(*args)
                made.born_of = cls
                return made
            def __len__(cls): return len(Registering.registry)
        class PluginA(metaclass=Registering, priority=1): pass
        class PluginB(PluginA, priority=2): pass
        plugin = PluginB()
        """,
        check=r"""
        assert Registering.registry == [PluginA, PluginB] and len(PluginA) == 2 and PluginB.options == {"priority": 2}
        assert plugin.born_of is PluginB and type(PluginB) is Registering and PluginB().born_of is PluginB
        class PluginC(PluginA): pass
        assert Registering.registry[-1] is PluginC
        """,
    ),
    Case(
        "a metaclass with __prepare__ keeps what it recorded",
        make=r"""
        class Recording(type):
            @classmethod
            def __prepare__(mcls, name, bases): return {"order": []}
            def __new__(mcls, name, bases, namespace):
                namespace["order"] = [k for k in namespace if not k.startswith("__") and k != "order"]
                return super().__new__(mcls, name, bases, dict(namespace))
        class Form(metaclass=Recording):
            zeta = 1
            alpha = 2
        """,
        check=r"""
        assert Form.order == ["zeta", "alpha"]
        class Later(metaclass=Recording):
            b = a = 0
        assert Later.order == ["b", "a"]
        """,
    ),
    Case(
        "__init_subclass__ does not run again for what has been made",
        make=r"""
        class Shape:
            kinds = {}
            def __init_subclass__(cls, /, kind="none", **rest):
                super().__init_subclass__(**rest)
                assert kind not in cls.kinds, "a kind twice"
                cls.kinds[kind] = cls
        class Square(Shape, kind="square"): pass
        class Circle(Shape, kind="circle"): pass
        shape = Shape.kinds["square"]()
        """,
        check=r"""
        assert Shape.kinds == {"square": Square, "circle": Circle} and type(shape) is Square
        class Star(Shape, kind="star"): pass
        assert Shape.kinds["star"] is Star
        """,
    ),
    Case(
        "descriptors know their names, and keep what they hold for instances",
        make=r"""
        from weakref import WeakKeyDictionary
        class Positive:
            def __init__(self): self.values, self.named = WeakKeyDictionary(), []
            def __set_name__(self, owner, name): self.name = name; self.named.append(name)
            def __get__(self, instance, owner): return self if instance is None else self.values[instance]
            def __set__(self, instance, value):
                if value <= 0: raise ValueError(self.name)
                self.values[instance] = value
        class Order:
            amount, price = Positive(), Positive()
        order = Order()
        order.amount, order.price = 3, 4
        """,
        check=r"""
        assert order.amount * order.price == 12 and Order.amount.named == ["amount"]
        try:
            order.price = -1
        except ValueError as error:
            assert str(error) == "price"
        assert len(Order.amount.values) == 1
        """,
    ),
    Case(
        "__getattr__, __getattribute__ and __setattr__ of a class do not confuse the move",
        make=r"""
        class Dynamic:
            def __init__(self): object.__setattr__(self, "store", {"x": 1})
            def __getattr__(self, name):
                try:
                    return self.store[name]
                except KeyError:
                    raise AttributeError(name) from None
            def __setattr__(self, name, value): self.store[name] = value
        class Proxy:
            def __init__(self, target): object.__setattr__(self, "_target", target)
            def __getattribute__(self, name): return getattr(object.__getattribute__(self, "_target"), name)
        dynamic = Dynamic()
        dynamic.y = 2
        dynamic_proxy = Proxy(dynamic)
        """,
        check=r"""
        assert (dynamic.x, dynamic.y, vars(dynamic)) == (1, 2, {"store": {"x": 1, "y": 2}})
        dynamic.z = 3
        assert dynamic_proxy.z == 3 and type(dynamic_proxy) is Proxy
        assert object.__getattribute__(dynamic_proxy, "_target") is dynamic
        """,
    ),
    Case(
        "an object that answers every attribute, and is callable, stays what it is",
        make=r"""
        class Anything:
            def __getattr__(self, name):
                if name.startswith("__"): raise AttributeError(name)
                return f"got {name}"
            def __call__(self, *args): return args
        class TrulyAnything:
            def __getattr__(self, name): return lambda *a, **k: name
        anything, truly_anything = Anything(), TrulyAnything()
        """,
        check=r"""
        assert anything.spam == "got spam" and anything(1) == (1,) and truly_anything.eggs() == "eggs"
        """,
    ),
    Case(
        "__class_getitem__ and subscripted user classes work",
        make=r"""
        class Shelf:
            def __class_getitem__(cls, item): return f"{cls.__name__} of {item}"
        class Bag(list): pass
        list_of_bags = list[Bag]
        union_of_bags = Bag | None
        """,
        check=r"""
        assert Shelf[int] == "Shelf of <class 'int'>" and list_of_bags.__args__ == (Bag,)
        assert union_of_bags == Bag | None and isinstance(Bag(), union_of_bags)
        """,
    ),
    Case(
        "an abstract class still forbids instances, and knows whom it has registered",
        make=r"""
        from abc import ABC, abstractmethod
        class Storage(ABC):
            @property
            @abstractmethod
            def size(self): ...
            @classmethod
            def __subclasshook__(cls, other): return True if "duck" in vars(other) else NotImplemented
        class Disk(Storage):
            size = 3
        @Storage.register
        class Foreign: pass
        class Quacking: duck = 1
        class Unrelated: pass
        disk = Disk()
        isinstance(1, Storage)
        """,
        check=r"""
        assert isinstance(disk, Storage) and issubclass(Foreign, Storage) and issubclass(Quacking, Storage)
        assert not issubclass(Unrelated, Storage) and Storage.__abstractmethods__ == {"size"}
        try:
            Storage()
        except TypeError:
            pass
        else:
            raise AssertionError("it is abstract no more")
        """,
    ),
    Case(
        "a user class registered with an abstract class of the library is still its subclass",
        make=r"""
        import collections.abc, numbers
        class OwnSequence: pass
        collections.abc.Sequence.register(OwnSequence)
        class OwnNumber: pass
        numbers.Real.register(OwnNumber)
        """,
        check="assert isinstance(OwnSequence(), collections.abc.Sequence) and issubclass(OwnNumber, numbers.Real)",
    ),
    Case(
        "class attributes that are instances, functions and classes of the session are those objects",
        make=r"""
        def helper(self): return self.tag
        class Part:
            def __init__(self, tag): self.tag = tag
        shared_part = Part("shared")
        class Machine:
            part, kind, tag, help = shared_part, Part, "machine", helper
            parts = [shared_part]
            ranks = {Part: 1}
        machine = Machine()
        """,
        check=r"""
        assert Machine.part is shared_part is machine.parts[0] and Machine.kind is Part and machine.ranks[Part] == 1
        assert machine.help() == "machine" and Machine.__dict__["help"] is helper
        """,
    ),
    Case(
        "a class decorated into another one keeps both",
        make=r"""
        def with_extra(cls):
            class Extended(cls):
                wrapped_class = cls
                def extra(self): return super().base() + 1
            return Extended
        @with_extra
        class Decorated:
            def base(self): return 1
        decorated = Decorated()
        """,
        check=r"""
        assert decorated.extra() == 2 and type(decorated) is Decorated
        assert Decorated.wrapped_class is not Decorated
        """,
    ),
    Case(
        "in-place and reflected operators of user classes work, also __matmul__ and __format__",
        make=r"""
        class Vec(tuple):
            __slots__ = ()
            def __add__(self, o): return Vec(a + b for a, b in zip(self, o))
            __radd__ = __add__
            def __matmul__(self, o): return sum(a * b for a, b in zip(self, o))
            def __format__(self, spec): return "<" + ",".join(format(x, spec) for x in self) + ">"
        vec = Vec((1, 2))
        """,
        check=r"""
        assert vec + (1, 1) == Vec((2, 3)) and vec @ vec == 5
        assert f'{vec:.1f}' == '<1.0,2.0>' and type(vec) is Vec
        """,
    ),
    Case(
        "a type-level cache of weak references to instances works",
        make=r"""
        import weakref
        class Flyweight:
            pool = weakref.WeakValueDictionary()
            def __new__(cls, key):
                found = cls.pool.get(key)
                if found is None:
                    found = cls.pool[key] = super().__new__(cls)
                    found.key = key
                return found
        fly_a, fly_b = Flyweight("a"), Flyweight("b")
        """,
        check=r"""
        assert Flyweight("a") is fly_a and Flyweight("b") is fly_b and len(Flyweight.pool) == 2
        Flyweight("gone")
        assert len(Flyweight.pool) == 2
        """,
    ),
    Case(
        "properties made by functions, and a property of the metaclass, work",
        make=r"""
        def tracked(name):
            def get(self): return self.__dict__[f"_{name}"]
            def set_(self, value): self.__dict__[f"_{name}"] = value; self.changes += 1
            return property(get, set_, doc=name)
        class HasSize(type):
            @property
            def size(cls): return len(vars(cls)["parts"])
        class Body(metaclass=HasSize):
            parts = ["a"]
            changes = 0
            head, foot = tracked("head"), tracked("foot")
        body = Body()
        body.head = 1
        """,
        check=r"""
        body.foot = body.head + 1
        assert body.foot == 2 and body.changes == 2 and Body.size == 1 and Body.head.__doc__ == "head"
        """,
    ),
)
